"""Lines become strips here and nowhere else, and every span passes `text.clean` on the way."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from hoopterm.console.lines import Line, fit
from hoopterm.console.text import clean
from hoopterm.console.themes import style


def strip(line: Line, cells: int, theme: str, base: Style, over: Style | None = None) -> Strip:
    """The line in exactly so many cells; `over` is laid upon everything, as a cursor is."""
    safe = tuple(span._replace(text=clean(span.text)) for span in line)
    segments = []
    for span in fit(safe, cells):
        look = base + style(theme, span.role)
        segments.append(Segment(span.text, look + over if over is not None else look))
    return Strip(segments, cells)
