"""Statements as highlighted lines, exactly as they were sent."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

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
)

# The lexer takes every word PostgreSQL knows for a keyword, `name` and `city` too; these are the ones that steer.
_WORDS = """
    abort all alter analyze and any as asc at atomic authorization begin between both by call cascade case cast check
    close cluster collate column commit concurrently conflict constraint copy create cross cube current cursor database
    deallocate declare default deferrable delete desc discard distinct do drop else end enum except exclude execute
    exists explain extension fetch filter first following for foreign from full function grant group grouping having
    if ilike in index inner insert instead intersect into is isnull join key lateral leading left like limit listen
    load local lock materialized merge move natural no not notify nothing notnull null nulls of off offset on only or
    order outer over overlaps partition policy preceding prepare primary procedure program reassign recursive
    references refresh reindex release rename reset restrict returning revoke right role rollback row rows savepoint
    schema security select sequence session set similar some start stdin stdout symmetric table tablesample temp
    temporary then to trailing transaction trigger true false truncate union unique unlisten unlogged update using
    vacuum values variadic view when where window with within without
"""
_STEERING = frozenset(_WORDS.split())


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
        if role == "keyword" and value.lower() not in _STEERING:
            role = ""
        for index, piece in enumerate(value.split("\n")):
            if index:
                out.append([])
            if piece:
                out[-1].append(Span(clean(piece.replace("\t", "    ")), role))
    return tuple(tuple(spans) for spans in out)


def _tokens(text: str) -> list[tuple[str, str]]:
    """(token name, text) pairs that join to the exact text."""
    from pygments.lexers.sql import PostgresLexer  # late: the first paint does not need it

    lexer: Any = PostgresLexer()
    found = [(str(token).removeprefix("Token."), str(value)) for _, token, value in lexer.get_tokens_unprocessed(text)]
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
