"""Tables of values as they were answered. A masked value is visibly masked, never blank."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hoopterm.console.lines import Line, Span, fit
from hoopterm.console.text import MASK, clean, width

_STARS = re.compile(r"\*{4,}")
_NUMBERS = frozenset({"int2", "int4", "int8", "oid", "numeric", "float4", "float8", "money"})
_WIDEST = 48
_NARROWEST = 6
_GAP = "  "
_LOOKED_AT = 200  # characters of a value; more never fits a cell


def cell(value: str | None, is_masked: bool) -> Line:
    """One value. Of a masked column nothing looks like data: redactions are shaded, replacements are marked."""
    if is_masked:
        if value is None or not value.strip("* "):
            return (Span(MASK * max(len(value or ""), 4), "mask"),)
        return (Span(MASK + " ", "mask"), Span(_STARS.sub(_shade, clean(value, _LOOKED_AT)), "mask"))
    if value is None:
        return (Span("NULL", "faint"),)
    shown = clean(value, _LOOKED_AT)
    if "****" not in shown:
        return (Span(shown),)
    out: list[Span] = []
    last = 0
    for found in _STARS.finditer(shown):
        out += [Span(shown[last : found.start()]), Span(MASK * len(found[0]), "mask")]
        last = found.end()
    return tuple(span for span in (*out, Span(shown[last:])) if span.text)


def _shade(found: re.Match[str]) -> str:
    return MASK * len(found[0])


def grid(columns: Sequence[Mapping[str, Any]], rows: Sequence[Sequence[str | None]], cells: int) -> list[Line]:
    """The rows as a table: numbers to the right, wide columns give way, and columns that do not fit are counted."""
    count = max(len(columns), max((len(row) for row in rows), default=0))
    titles = [clean(str(columns[i].get("name") or "?column?"), 64) if i < len(columns) else "" for i in range(count)]
    masked = [bool(columns[i].get("masked")) if i < len(columns) else False for i in range(count)]
    right = [str(columns[i].get("type")) in _NUMBERS if i < len(columns) else False for i in range(count)]
    table = [[cell(value, masked[i]) for i, value in enumerate(row)] for row in rows]
    widths = _widths(titles, table, cells)
    more = count - len(widths)
    head = _joined([fit((Span(titles[i], "dim"),), size, right=right[i]) for i, size in enumerate(widths)])
    if more:
        head = (*head, Span(f"{_GAP}+{more}", "dim"))
    out: list[Line] = [head] if any(titles) else []
    for row in table:
        shown = [fit(row[i] if i < len(row) else (), size, right=right[i]) for i, size in enumerate(widths)]
        out.append(_joined(shown))
    return out


def _joined(values: Sequence[Line]) -> Line:
    out: list[Span] = []
    for index, value in enumerate(values):
        if index:
            out.append(Span(_GAP))
        out += value
    return tuple(out)


def _widths(titles: Sequence[str], table: Sequence[Sequence[Line]], cells: int) -> list[int]:
    natural = [width(title) for title in titles]
    for row in table:
        for i, value in enumerate(row):
            natural[i] = max(natural[i], sum(width(span.text) for span in value))
    natural = [min(max(size, 1), max(_WIDEST, cells // 2)) for size in natural]
    kept = len(natural)
    while kept > 1 and sum(min(size, _NARROWEST) + 2 for size in natural[:kept]) - 2 > cells - (
        4 if kept < len(natural) else 0
    ):
        kept -= 1
    room = cells - 2 * (kept - 1) - (4 if kept < len(natural) else 0)
    widths = natural[:kept]
    while sum(widths) > room and max(widths) > 1:
        widest = max(widths)
        second = max((size for size in widths if size < widest), default=1)
        many = widths.count(widest)
        over = sum(widths) - room
        lower = max(second, widest - max(over // many, 1), 1)
        widths = [lower if size == widest else size for size in widths]
    return widths
