"""Styled lines as plain data: spans of text and role, no widgets and no colours.

A role says what a text means (`waiting`, `danger`, `dim` …); `themes` turns it into a style. Several roles may be
joined by spaces.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from hoopterm.console.text import ELLIPSIS, take, width


class Span(NamedTuple):
    """Text and what it means."""

    text: str
    role: str = ""


Line = tuple[Span, ...]
BLANK: Line = ()


class Item(NamedTuple):
    """A line of a board, and the key of what it stands for; without one it cannot be chosen."""

    line: Line
    key: str = ""


def line(*parts: str | Span | tuple[str, str]) -> Line:
    """A line from texts, spans, or (text, role) pairs."""
    return tuple(Span(part) if isinstance(part, str) else Span(*part) for part in parts)


def plain(spans: Line) -> str:
    """The line's text alone."""
    return "".join(span.text for span in spans)


def measure(spans: Line) -> int:
    """Cells the line takes."""
    return sum(width(span.text) for span in spans)


def fit(spans: Line, cells: int, *, right: bool = False) -> Line:
    """The line in exactly so many cells: cut with an ellipsis, or padded."""
    used = measure(spans)
    if used > cells:
        return shorten(spans, cells)
    pad = Span(" " * (cells - used))
    return (pad, *spans) if right else (*spans, pad)


def row(*cells: tuple[Line, int]) -> Line:
    """Cells side by side, two apart, each as wide as it says: a negative width is one of numbers, to the right."""
    out: list[Span] = []
    for value, width_of in cells:
        if out:
            out.append(Span("  "))
        out.extend(fit(value, abs(width_of), right=width_of < 0))
    return tuple(out)


def shorten(spans: Line, cells: int) -> Line:
    """The line in at most so many cells; a cut is padded to exactly that, since a wide character may not fit."""
    if measure(spans) <= cells:
        return spans
    if cells <= 0:
        return BLANK
    kept: list[Span] = []
    left = cells - 1
    for span in spans:
        text = take(span.text, left)
        kept.append(Span(text, span.role))
        left -= width(text)
        if text != span.text:
            break
    kept.append(Span(ELLIPSIS, kept[-1].role))
    return (*kept, Span(" " * left)) if left else tuple(kept)


def ends(left: Line, right: Line, cells: int) -> Line:
    """One line with something at both ends; the left gives way."""
    room = max(cells - measure(right), 0)
    return (*fit(left, room), *right) if room else shorten(right, cells)


def wrap(spans: Line, cells: int, *, indent: Line = BLANK) -> list[Line]:
    """The line folded at spaces where it can be, anywhere where it must; later lines begin with `indent`.

    No character is dropped: what a person approves is what is shown.
    """
    if measure(spans) <= cells:
        return [spans]
    room = max(cells - measure(indent), 8)
    out: list[Line] = []
    current: list[Span] = []
    used, most = 0, max(cells, 8)
    for piece in _words(spans):
        text = piece.text
        head = take(text, most - used)
        if used and len(head) < len(text):
            out.append(tuple(current))
            current, used, most = list(indent), 0, room
            head = take(text, most)
        while len(head) < len(text):  # only heads are measured: a megabyte in one line is folded in one pass
            head = head or text[0]
            out.append((*current, Span(head, piece.role)))
            text = text[len(head) :]
            current, used, most = list(indent), 0, room
            head = take(text, most)
        if text:
            current.append(Span(text, piece.role))
            used += width(text)
    if used:
        out.append(tuple(current))
    return out


def _words(spans: Line) -> Iterable[Span]:
    """The spans cut after each run of spaces."""
    for text, role in spans:
        start = 0
        for index in range(1, len(text)):
            if text[index - 1] == " " and text[index] != " ":
                yield Span(text[start:index], role)
                start = index
        if start < len(text):
            yield Span(text[start:], role)


def labelled(cells: int, *facts: tuple[str, Line]) -> list[Line]:
    """Facts under each other, each behind its label and folded to the width."""
    out: list[Line] = []
    for label, value in facts:
        for index, piece in enumerate(wrap(value, max(cells - 12, 20))):
            out.append((Span((label if not index else "").ljust(12), "dim"), *piece))
    return out


_DOT = Span(" · ", "dim")


def joined(parts: Iterable[Line], separator: Span = _DOT) -> Line:
    """Phrases joined into one line; empty ones are left out."""
    out: list[Span] = []
    for part in parts:
        if part:
            if out:
                out.append(separator)
            out.extend(part)
    return tuple(out)
