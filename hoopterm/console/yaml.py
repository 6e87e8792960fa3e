"""YAML as it is typed: the parts of each line, and which key a place is under. Half a text is as good as a whole one.

A line is scanned by itself, with what the lines before it left open, so that a keystroke costs a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple


class Kind(StrEnum):
    """What a part of a line is."""

    KEY = "key"
    COLON = "colon"
    DASH = "dash"
    OPEN = "open"
    CLOSE = "close"
    COMMA = "comma"
    PLAIN = "plain"
    LITERAL = "literal"  # a number, true, false or null
    QUOTED = "quoted"
    BLOCK = "block"  # the `|` or `>` of a block of text
    TEXT = "text"  # a line of such a block
    TAG = "tag"  # a tag, an anchor or an alias
    MARKER = "marker"  # of a document or a directive
    COMMENT = "comment"


ROLES = {
    Kind.KEY: "keyword",
    Kind.COLON: "dim",
    Kind.DASH: "dim",
    Kind.OPEN: "dim",
    Kind.CLOSE: "dim",
    Kind.COMMA: "dim",
    Kind.LITERAL: "number",
    Kind.QUOTED: "string",
    Kind.BLOCK: "dim",
    Kind.TEXT: "string",
    Kind.TAG: "parameter",
    Kind.MARKER: "dim",
    Kind.COMMENT: "comment",
}
VALUES = frozenset({Kind.PLAIN, Kind.LITERAL, Kind.QUOTED})


class Token(NamedTuple):
    """A part of a line, in characters."""

    kind: Kind
    start: int
    end: int


class State(NamedTuple):
    """What a line leaves open for the next: a quote, brackets, a block of text deeper than a column."""

    quote: str = ""
    flow: int = 0
    block: int = -2


START = State()
_SHUT = -2
_CLOSED = frozenset({Kind.COMMENT, Kind.TEXT, Kind.MARKER, Kind.QUOTED})  # no word goes on after these
_QUOTED = {'"': re.compile(r'(?:[^"\\]|\\.)*"'), "'": re.compile(r"(?:[^']|'')*'(?!')")}
_BLOCK = re.compile(r"[|>][-+0-9]{0,2}(?=\s*(?:#|$))")
_TAG = re.compile(r"[&*!][^\s,\[\]{}]*")
_PLAIN = re.compile(r"(?:[^:#]|:(?!\s|$)|(?<!\s)#)+")
_FLOW_PLAIN = re.compile(r"(?:[^:#,\[\]{}]|:(?!\s|$|[,\[\]{}])|(?<!\s)#)+")
_COLON = re.compile(r"\s*:(?=\s|$)")
_FLOW_COLON = re.compile(r"\s*:(?=\s|$|[,\[\]{}])")
_QUOTED_FLOW_COLON = re.compile(r"\s*:")
_LITERAL = re.compile(r"true|false|null|~|[-+]?\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?|0[xo][0-9a-fA-F]+", re.IGNORECASE)
_MARKER = re.compile(r"(?:---|\.\.\.)(?=\s|$)|%.*")


class _Scan:
    def __init__(self, text: str, state: State) -> None:
        self.text = text
        self.at = 0
        self.quote, self.flow, self.block = state
        self.column = -1  # of the innermost key or dash of this line
        self.tokens: list[Token] = []

    def add(self, kind: Kind, end: int) -> None:
        self.tokens.append(Token(kind, self.at, end))
        self.at = end

    def run(self) -> State:
        indent = len(self.text) - len(self.text.lstrip(" "))
        if self.block != _SHUT:
            if indent == len(self.text) or indent > self.block:
                self.at = min(indent, len(self.text))
                if self.at < len(self.text):
                    self.add(Kind.TEXT, len(self.text))
                return State("", self.flow, self.block)
            self.block = _SHUT
        if self.quote:
            self.quoted(self.quote, self.at)
        elif not self.flow and (found := _MARKER.match(self.text)):
            self.add(Kind.MARKER, found.end())
        while self.at < len(self.text):
            self.step()
        return State(self.quote, self.flow, self.block)

    def step(self) -> None:
        text, at = self.text, self.at
        character = text[at]
        if character in " \t":
            self.at += 1
        elif character == "#" and (at == 0 or text[at - 1] in " \t"):
            self.add(Kind.COMMENT, len(text))
        elif character in _QUOTED:
            self.quoted(character, at + 1)
        elif character in "[{":
            self.flow += 1
            self.add(Kind.OPEN, at + 1)
        elif self.flow and character in "]}":
            self.flow -= 1
            self.add(Kind.CLOSE, at + 1)
        elif self.flow and character == ",":
            self.add(Kind.COMMA, at + 1)
        elif not self.flow and character == "-" and text[at + 1 : at + 2] in ("", " ") and self.may_nest():
            self.column = at
            self.add(Kind.DASH, at + 1)
        elif not self.flow and (found := _BLOCK.match(text, at)):
            self.block = self.column
            self.add(Kind.BLOCK, found.end())
        elif character in "&*!" and (found := _TAG.match(text, at)):
            self.add(Kind.TAG, found.end())
        elif character == ":" and (_FLOW_COLON if self.flow else _COLON).match(text, at):
            self.add(Kind.COLON, at + 1)
        else:
            self.plain()

    def may_nest(self) -> bool:
        return all(token.kind is Kind.DASH for token in self.tokens)

    def plain(self) -> None:
        found = (_FLOW_PLAIN if self.flow else _PLAIN).match(self.text, self.at)
        end = max(found.end() if found else 0, self.at + 1)
        end = self.at + max(len(self.text[self.at : end].rstrip()), 1)
        if (_FLOW_COLON if self.flow else _COLON).match(self.text, end) and self.may_be_key():
            self.key(end)
        else:
            word = self.text[self.at : end]
            self.add(Kind.LITERAL if _LITERAL.fullmatch(word) else Kind.PLAIN, end)

    def quoted(self, quote: str, begin: int) -> None:
        found = _QUOTED[quote].match(self.text, begin)
        self.quote = "" if found else quote
        end = found.end() if found else len(self.text)
        colon = _QUOTED_FLOW_COLON if self.flow else _COLON
        if found and colon.match(self.text, end) and self.may_be_key():
            self.key(end)
        else:
            self.add(Kind.QUOTED, end)

    def may_be_key(self) -> bool:
        return bool(self.flow) or all(token.kind in (Kind.DASH, Kind.TAG) for token in self.tokens)

    def key(self, end: int) -> None:
        if not self.flow:
            self.column = self.at
        self.add(Kind.KEY, end)


@lru_cache(maxsize=16_384)
def scan(text: str, state: State = START) -> tuple[tuple[Token, ...], State]:
    """A line's parts, and what it leaves open."""
    scanning = _Scan(text, state)
    after = scanning.run()
    return tuple(scanning.tokens), after


class Part(NamedTuple):
    """A key or a value of a text and the keys it lies under; sequences have no name in `path`."""

    path: tuple[str, ...]
    row: int
    token: Token
    text: str


class Spot(NamedTuple):
    """A place in a text: the keys it lies under, what of a word is typed before it, and whether it may be a key.

    `is_item` is so where a value of a sequence may stand, `beside` are the keys of the same mapping so far.
    """

    path: tuple[str, ...]
    start: int
    typed: str
    is_key: bool
    is_item: bool
    beside: frozenset[str] = frozenset()


class _Level(NamedTuple):
    column: int
    name: str  # "-" for an item
    keys: set[str]


class _Walk:
    """Where one is, told from the parts that were met."""

    def __init__(self) -> None:
        self.block: list[_Level] = []
        self.flow: list[tuple[str, list[str], set[str]]] = []  # bracket, its key if there is one, its keys so far
        self.top: set[str] = set()

    def meet(self, token: Token, text: str) -> None:
        if token.kind is Kind.OPEN:
            self.flow.append((text, [], set()))
        elif token.kind is Kind.CLOSE:
            if self.flow:
                self.flow.pop()
        elif token.kind is Kind.COMMA and self.flow:
            self.flow[-1][1].clear()
        elif token.kind is Kind.KEY and self.flow:
            self.flow[-1][1][:] = [bare(text)]
            self.flow[-1][2].add(bare(text))
        elif token.kind is Kind.KEY:
            keys = self.close(token.start)
            keys.add(bare(text))
            self.block.append(_Level(token.start, bare(text), keys))
        elif token.kind is Kind.DASH:
            while self.block and (self.block[-1].column > token.start or self._is_item_at(token.start)):
                self.block.pop()
            self.block.append(_Level(token.start, "-", set()))

    def _is_item_at(self, column: int) -> bool:
        return self.block[-1].column == column and self.block[-1].name == "-"

    def close(self, column: int) -> set[str]:
        """Leave what ends where something begins at a column; the keys of the mapping that goes on there."""
        beside: set[str] | None = None
        while self.block and self.block[-1].column >= column:
            level = self.block.pop()
            beside = level.keys if level.column == column and level.name != "-" else None
        return set() if beside is None else beside

    @property
    def path(self) -> tuple[str, ...]:
        names = [level.name for level in self.block if level.name != "-"]
        return (*names, *(key[0] for _, key, _ in self.flow if key))


def bare(text: str) -> str:
    """A scalar without its quotes."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].replace("''", "'") if text[0] == "'" else text[1:-1]
    return text


def parts(lines: Sequence[str]) -> Iterator[Part]:
    """Every key and every value of a text."""
    walk, state = _Walk(), START
    for row, line in enumerate(lines):
        tokens, state = scan(line, state)
        for token in tokens:
            text = line[token.start : token.end]
            if token.kind is Kind.KEY:
                walk.meet(token, text)
                yield Part(walk.path[:-1], row, token, bare(text))
            elif token.kind in VALUES:
                yield Part(walk.path, row, token, bare(text))
            else:
                walk.meet(token, text)


def spot(lines: Sequence[str], row: int, column: int) -> Spot | None:
    """What may stand at a place; None inside of comments and texts."""
    walk, state = _Walk(), START
    for line in lines[:row]:
        tokens, state = scan(line, state)
        for token in tokens:
            walk.meet(token, line[token.start : token.end])
    line = lines[row][:column]
    tokens, after = scan(line, state)
    if (
        after.quote
        or after.block != _SHUT
        or (tokens and tokens[-1].kind in (Kind.COMMENT, Kind.TEXT, Kind.MARKER, Kind.QUOTED))
    ):
        return None
    start = column
    if tokens and tokens[-1].kind in (Kind.PLAIN, Kind.LITERAL) and tokens[-1].end == column:
        start, tokens = tokens[-1].start, tokens[:-1]
    for token in tokens:
        walk.meet(token, line[token.start : token.end])
    return _spot(walk, tokens, start, line[start:])


def _spot(walk: _Walk, tokens: Sequence[Token], start: int, typed: str) -> Spot | None:
    if walk.flow:
        bracket, key, keys = walk.flow[-1]
        is_key = bracket == "{" and not key
        return Spot(walk.path, start, typed, is_key, bracket == "[", frozenset(keys) if is_key else frozenset())
    after_dash = bool(tokens) and tokens[-1].kind is Kind.DASH
    if not tokens or after_dash:
        beside = walk.close(start)
        return Spot(walk.path, start, typed, True, after_dash, frozenset(beside))
    if tokens[-1].kind is Kind.COLON:
        return Spot(walk.path, start, typed, False, False)
    return None
