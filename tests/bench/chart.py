"""The chart of a run as an SVG: a bar a figure, a mark where its target is."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from tests.bench.figures import Figure
from tests.bench.report import shown

_WIDTH, _LABEL, _ROW, _HEAD = 900, 430, 19, 34
_BAR = _WIDTH - _LABEL - 90
_VALUE, _CLEAR = 70, 8  # room for a bar's value, which the mark should not cross
_CAPTION = 125  # characters a line
_INK, _QUIET = "#24292f", "#6e7781"
_COLOURS = {True: "#2da44e", False: "#d4761a", None: "#8c959f"}
# scenario, unit → what the bars of it show
_PANELS = {
    ("statements", "×"): "Transactions a second as a share of PgBouncer's (more is better)",
    ("statements", "µs"): "Added to a statement's average (less is better)",
    ("bulk", "×"): "Speed as a share of the direct connection's (more is better)",
    ("ssh", "×"): "SSH: times what ssh -J through an OpenSSH bastion takes, or a share of its speed",
}


def svg(figures: Sequence[Figure], caption: str) -> str:
    """Shares and latencies, in the order they were measured; `caption` says where."""
    parts: list[str] = []
    y = 0.0
    for panel, title in _PANELS.items():
        bars = [figure for figure in figures if (figure.scenario, figure.unit) == panel]
        if bars:
            parts += _panel(title, bars, y)
            y += _HEAD + _ROW * len(bars) + 12
    for line in textwrap.wrap(f"{caption}. A line marks the target.", _CAPTION):
        y += 16
        parts.append(_text(12, y, line, _QUIET))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y + 14:g}" width="{_WIDTH}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="12">'
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="#ffffff"/>', *parts, "</svg>\n"])


def _panel(title: str, figures: Sequence[Figure], top: float) -> Iterator[str]:
    most = max(max(figure.measured, figure.target or 0.0) for figure in figures) or 1.0
    yield _text(12, top + 22, title, _INK, "bold")
    for number, figure in enumerate(figures):
        y = top + _HEAD + _ROW * number
        length = max(0.0, figure.measured) / most * _BAR
        yield _text(_LABEL - 8, y + 11, figure.short, _INK, anchor="end")
        yield f'<rect x="{_LABEL}" y="{y:g}" width="{length:.1f}" height="14" fill="{_COLOURS[figure.holds]}"/>'
        if figure.target is not None:
            x = _LABEL + figure.target / most * _BAR
            yield f'<path d="M{x:.1f} {y - 2:g}v18" stroke="{_INK}" stroke-width="2"/>'
            if length - _CLEAR < x - _LABEL < length + _VALUE:
                length = x - _LABEL
        yield _text(_LABEL + length + 6, y + 11, shown(figure.measured, figure.unit), _QUIET)


def _text(x: float, y: float, text: str, colour: str, weight: str = "normal", anchor: str = "start") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" fill="{colour}" font-weight="{weight}" text-anchor="{anchor}">{escape(text)}</text>'
    )
