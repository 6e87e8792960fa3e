"""Statements as highlighted lines, exactly as they were sent."""

from __future__ import annotations

from functools import lru_cache

from hoopterm.console.lines import BLANK, Line, Span, wrap
from hoopterm.console.text import clean, clean_block

_HIGHLIGHTED = 32_768  # longer texts are shown plain: a lexer must not hold up a screen
_CONTINUED: Line = (Span("↪ ", "dim"),)

# Pygments' token names, most specific first.
_ROLES = (
    ("Comment", "comment"),
    ("Literal.String.Name", ""),
    ("Literal.String", "string"),
    ("Literal.Number", "number"),
    ("Keyword", "keyword"),
    ("Name.Variable", "parameter"),
    ("Name.Builtin", "keyword"),
    ("Operator.Word", "keyword"),
)


def _role(token: str) -> str:
    return next((role for prefix, role in _ROLES if token.startswith(prefix)), "")


@lru_cache(maxsize=64)
def highlight(text: str, most: int = 262_144) -> tuple[Line, ...]:
    """The statement's lines, unwrapped; of a longer text only the first `most` characters."""
    if len(text) > _HIGHLIGHTED:
        return tuple((Span(piece),) if piece else BLANK for piece in clean_block(text, most))
    out: list[list[Span]] = [[]]
    for token, value in _tokens(text):
        role = _role(token)
        for index, piece in enumerate(value.split("\n")):
            if index:
                out.append([])
            if piece:
                out[-1].append(Span(clean(piece.replace("\t", "    ")), role))
    return tuple(tuple(spans) for spans in out)


def _tokens(text: str) -> list[tuple[str, str]]:
    """(token name, text) pairs that join to the exact text."""
    from pygments.lexers.sql import PostgresLexer  # late: the first paint does not need it

    found: list[tuple[str, str]] = []
    for _, token, value in PostgresLexer().get_tokens_unprocessed(text):
        found.append((str(token).removeprefix("Token."), value))
    if "".join(value for _, value in found) != text:
        return [("Text", text)]  # what is approved must be what is shown, whatever the lexer makes of it
    return found


def wrapped(text: str, cells: int, *, indent: str = "") -> list[Line]:
    """The statement folded to a width; folded lines are marked, and nothing is left out."""
    lead = (Span(indent),) if indent else BLANK
    out: list[Line] = []
    for spans in highlight(text):
        out += [(*lead, *piece) for piece in wrap(spans, cells - len(indent), indent=_CONTINUED)]
    return out


def one_line(text: str, most: int = 400) -> Line:
    """The statement's beginning on one line, runs of white space as one space."""
    return (Span(clean(" ".join(text[: most * 2].split()), most)),)
