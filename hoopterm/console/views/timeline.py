"""A recording's time on one line: where things happened, where people had to decide, where one is."""

from __future__ import annotations

from hoopterm.console import phrases
from hoopterm.console.lines import Line, Span, line, measure
from hoopterm.console.reel import Reel

MARKS = {
    "denial": ("✗", "danger", 5),
    "gap": ("✗", "danger", 5),
    "error": ("✗", "red", 4),
    "review": ("▲", "waiting", 3),
    "mask": ("▒", "mask", 2),
    "resize": ("↔", "dim", 1.5),
    "line": ("›", "bright", 1.2),
}
_STATEMENT = ("·", "dim", 1)
_HELD = ("═", "amber", 0.5)


def timeline(reel: Reel, cells: int) -> Line:
    """Time, marks, the head, duration, speed."""
    state = ("▶", "running") if reel.is_playing else ("■", "dim") if reel.player.is_at_end else ("‖", "dim")
    speed = f"{reel.speed:g}×"
    left = line(" ", (phrases.timecode(reel.clock), "bright"), " ")
    right = line(
        (f" {phrases.timecode(reel.player.duration)}  ", "dim"),
        (f"{speed:>4} ", "" if reel.speed != 1 else "dim"),
        state,
        " ",
    )
    room = max(cells - measure(left) - measure(right) - 2, 4)
    return (*left, Span("├", "faint"), *_track(reel, room), Span("┤", "faint"), *right)


def _track(reel: Reel, room: int) -> Line:
    length = max(reel.player.duration, 1e-9)

    def column(at: float) -> int:
        return min(int(at / length * room), room - 1)

    slots: list[tuple[str, str, float]] = [("─", "faint", 0.0)] * room

    def put(place: int, mark: tuple[str, str, float]) -> None:
        if mark[2] >= slots[place][2]:
            slots[place] = mark

    for found in reel.player.all_statements:
        first = column(found.at)
        if found.was_reviewed and found.ended is not None:
            for place in range(first, column(found.ended) + 1):
                put(place, _HELD)
        put(first, _STATEMENT)
    for marker in reel.player.markers:
        put(column(marker.at), MARKS[marker.kind])
    head = column(reel.clock)
    out: list[Span] = []
    for place, (glyph, role, _) in enumerate(slots):
        if place == head:
            out.append(Span("●", "running" if reel.is_playing else "strong"))
        else:
            out.append(Span(glyph, role))
    return tuple(out)
