"""Room for the record: what the header says of it, and the banner where it runs out."""

from __future__ import annotations

from collections.abc import Sequence

from engine.api.schema import SpaceView
from hoopterm.console import phrases
from hoopterm.console.lines import BLANK, Line, Span, fit, line
from hoopterm.console.text import clean
from hoopterm.console.views import status as marks

_ORDER = ("ample", "low", "full")


def tightest(spaces: Sequence[SpaceView]) -> SpaceView | None:
    """The filesystem that runs out first."""
    return max(spaces, key=_need, default=None)


def _need(space: SpaceView) -> tuple[int, float]:
    return _ORDER.index(space.level) if space.level in _ORDER else 0, -space.free / max(space.total, 1)


def note(spaces: Sequence[SpaceView]) -> Line:
    """A few words for the header: how much is free, and for how long."""
    space = tightest(spaces)
    if space is None:
        return BLANK
    days = "" if space.days_left is None else f" · {int(space.days_left)}d left"
    return line("  ", marks.space(space.level).span, (f" {phrases.size(space.free)} free{days}", "dim"))


def banner(spaces: Sequence[SpaceView], cells: int) -> Line:
    """That space is low, or that operations are refused for want of it; blank while there is enough."""
    space = tightest(spaces)
    if space is None or space.level not in ("low", "full"):
        return BLANK
    mark = marks.space(space.level)
    what = "no room for the record, operations are refused" if space.level == "full" else "the record's space is low"
    role = "alarm" if space.level == "full" else "call"
    words = phrases.room(space.free, space.total, space.rate, space.days_left)
    return fit((Span(f" {mark.glyph} {what}: {words} · {clean(space.path, 120)}", role),), cells)
