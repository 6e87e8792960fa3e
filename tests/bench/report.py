"""The figures for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.bench.figures import Bound, Figure, rounded

_VERDICTS = {True: "holds", False: "FALLS SHORT", None: ""}
_SIGNS = {Bound.AT_LEAST: "≥", Bound.AT_MOST: "≤", Bound.NONE: ""}
Row = tuple[str, str, str, str]


def table(figures: Sequence[Figure]) -> str:
    """A line a figure: what, target, measured and whether it holds; below it the details."""
    rows = [_row(figure) for figure in figures]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_lines(figures, rows, widths))


def _lines(figures: Sequence[Figure], rows: Sequence[Row], widths: Sequence[int]) -> Iterator[str]:
    for figure, row in zip(figures, rows, strict=True):
        title, *cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join((title, *cells)).rstrip()
        if figure.details:
            yield "    " + ", ".join(f"{name} {rounded(value):,g}" for name, value in figure.details.items())


def _row(figure: Figure) -> Row:
    return figure.title, required(figure), shown(figure.measured, figure.unit), _VERDICTS[figure.holds]


def required(figure: Figure) -> str:
    """The target and on which side of it the figure must be."""
    return "" if figure.target is None else f"{_SIGNS[figure.bound]} {shown(figure.target, figure.unit)}"


def shown(value: float, unit: str) -> str:
    """A number with its unit."""
    if unit == "×":
        return f"{value:.2f}×"
    return f"{value:,.0f} {unit}" if abs(value) >= 100 else f"{value:.1f} {unit}"
