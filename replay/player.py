"""Where a replay stands: position, step, seek, markers, and the statement there. No clock, no UI."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from replay.format import Frame, RowBatch
from replay.index import Recording
from replay.statements import Marker, Statement, Summary, Unfolding

WINDOW = 500


class Player:
    """Plays a sequence of frames, a `Recording` or a list. It begins before the first frame, at position -1.

    `window` is how many rows of the current statement are kept. Frames appended to the sequence later (a live session)
    are taken in by `extend`.
    """

    def __init__(self, frames: Sequence[Frame], *, window: int = WINDOW) -> None:
        self.frames = frames
        self.position = -1
        self._window = window
        self._known = 0
        self._places: dict[str, int] = {}  # operation → its place among the statements
        self._summaries: list[Summary] = []
        self._begins: list[int] = []
        self._markers: list[Marker] = []
        self._terminals: set[str] = set()  # operations whose terminal's size was told
        self._folded: tuple[int, int, Unfolding] | None = None  # statement's begin, position reached, its state
        self.extend()

    def extend(self) -> None:
        """Take in frames that were appended since."""
        for position, frame in self._new_events():
            self._index(position, frame)
        self._known = len(self.frames)

    @property
    def at(self) -> float:
        """The time of the present position."""
        return self.frames[self.position].at if self.position >= 0 else 0.0

    @property
    def duration(self) -> float:
        """The time of the last frame."""
        return self.frames[-1].at if self.frames else 0.0

    @property
    def frame(self) -> Frame | None:
        """The frame at the present position."""
        return self.frames[self.position] if self.position >= 0 else None

    @property
    def is_at_end(self) -> bool:
        """Whether nothing follows."""
        return self.position >= len(self.frames) - 1

    @property
    def markers(self) -> Sequence[Marker]:
        """Every marker of the recording, in order."""
        return self._markers

    @property
    def has_terminals(self) -> bool:
        """Whether any operation of the recording had a terminal."""
        return bool(self._terminals)

    @property
    def statements(self) -> Sequence[Summary]:
        """The statements begun so far, as the whole recording knows them."""
        return self._summaries[: bisect_right(self._begins, self.position)]

    @property
    def all_statements(self) -> Sequence[Summary]:
        """Every statement of the recording."""
        return self._summaries

    @property
    def current(self) -> Summary | None:
        """The statement whose frame this is, else the last one begun."""
        frame = self.frame
        if frame is None:
            return None
        place = self._places.get(_operation(frame))
        if place is not None and self._begins[place] <= self.position:
            return self._summaries[place]
        begun = bisect_right(self._begins, self.position)
        return self._summaries[begun - 1] if begun else None

    @property
    def statement(self) -> Statement | None:
        """The current statement as far as it has come."""
        summary = self.current
        return None if summary is None else self._fold(summary).statement

    def step(self) -> bool:
        """One frame on; False at the end."""
        return self.go(self.position + 1)

    def back(self) -> bool:
        """One frame back; False at the beginning."""
        return self.go(self.position - 1)

    def go(self, position: int) -> bool:
        """To that frame, -1 for before the first; False when there is no such frame."""
        if not -1 <= position < len(self.frames):
            return False
        self.position = position
        return True

    def seek(self, at: float) -> None:
        """To the last frame not later than this time."""
        self.position = self.due(at)

    def due(self, at: float) -> int:
        """The position a replay whose clock shows `at` has reached."""
        if isinstance(self.frames, Recording):
            return self.frames.at(at)
        return bisect_right(self.frames, at, key=lambda frame: frame.at) - 1

    def until_next(self) -> float | None:
        """Seconds of the recording to the next frame, None at the end."""
        return None if self.is_at_end else max(0.0, self.frames[self.position + 1].at - self.at)

    def next_marker(self, kind: str | None = None) -> bool:
        """On to the next marker, of that kind if one is given; False when there is none."""
        place = bisect_right(self._markers, self.position, key=lambda marker: marker.position)
        return self._go_to(self._markers[place:], kind)

    def previous_marker(self, kind: str | None = None) -> bool:
        """Back to the marker before; False when there is none."""
        place = bisect_left(self._markers, self.position, key=lambda marker: marker.position)
        return self._go_to(self._markers[:place][::-1], kind)

    def _go_to(self, markers: Sequence[Marker], kind: str | None) -> bool:
        return any(self.go(marker.position) for marker in markers if kind is None or marker.kind == kind)

    def _new_events(self) -> Iterator[tuple[int, Frame]]:
        if isinstance(self.frames, Recording) and self._known == 0:
            yield from self.frames.events()
            return
        for position in range(self._known, len(self.frames)):
            frame = self.frames[position]
            if frame.code != "R":
                yield position, frame

    def _index(self, position: int, frame: Frame) -> None:
        data = frame.data
        if isinstance(data, RowBatch):
            return
        operation = _operation(frame)
        if frame.code == "q":
            self._places[operation] = len(self._summaries)
            self._begins.append(position)
            self._summaries.append(_summary(len(self._summaries) + 1, position, frame.at, data))
        place = self._places.get(operation)
        summary = self._summaries[place] if place is not None else None
        if summary is not None:
            summary.events.append(position)
            summary.was_reviewed = summary.was_reviewed or frame.code == "w"
            if frame.code == "e":
                _conclude(summary, position, frame.at, data)
        self._markers.extend(_markers(position, frame, data, summary))
        if frame.code == "t":
            if operation in self._terminals:
                label = f"{data.get('cols')} × {data.get('rows')}"
                self._markers.append(Marker(position, frame.at, "resize", label, operation))
            self._terminals.add(operation)

    def _fold(self, summary: Summary) -> Unfolding:
        """Apply the statement's frames up to here: on from the last look, else from its beginning.

        Of its rows only as many batches as fill the window are applied: each says how many rows came before it.
        """
        unfolding, start = Unfolding(self._window), summary.begins
        if self._folded is not None:
            begins, position, before = self._folded
            if begins == summary.begins and position <= self.position:
                unfolding, start = before, position + 1
        stop = self.position if summary.ends is None else min(self.position, summary.ends)
        events = summary.events[bisect_left(summary.events, start) : bisect_right(summary.events, stop)]
        for position in sorted([*events, *self._last_rows(summary, start, stop)]):
            unfolding.apply(self.frames[position])
        self._folded = (summary.begins, self.position, unfolding)
        return unfolding

    def _last_rows(self, summary: Summary, start: int, stop: int) -> Iterator[int]:
        found = 0
        for position in range(stop, start - 1, -1):
            data = self.frames[position].data
            if isinstance(data, RowBatch) and data.operation == summary.operation and data.kind != "input":
                yield position
                found += data.rows
                if found >= self._window and not data.continues:
                    return


def _operation(frame: Frame) -> str:
    data = frame.data
    return data.operation if isinstance(data, RowBatch) else str(data.get("operation") or "")


def _summary(number: int, position: int, at: float, data: Mapping[str, Any]) -> Summary:
    return Summary(
        number,
        str(data.get("operation") or ""),
        position,
        at,
        str(data.get("verb") or ""),
        str(data.get("verdict") or ""),
        str(data.get("rule") or ""),
    )


def _conclude(summary: Summary, position: int, at: float, data: Mapping[str, Any]) -> None:
    summary.ends, summary.ended = position, at
    summary.status, summary.tag = str(data.get("status") or ""), str(data.get("tag") or "")
    summary.rows, summary.masked = _count(data.get("rows")), _count(data.get("masked"))
    changed = data.get("changed")
    summary.changed = changed if isinstance(changed, int) else None


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def _markers(position: int, frame: Frame, data: Mapping[str, Any], summary: Summary | None) -> Iterator[Marker]:
    verb = summary.verb if summary is not None else ""

    def marker(kind: str, label: str) -> Marker:
        return Marker(position, frame.at, kind, label.strip(), str(data.get("operation") or ""))

    match frame.code, data.get("status"):
        case "q", _ if data.get("inferred"):
            yield marker("line", str(data.get("text") or ""))
        case "w", _:
            yield marker("review", f"{verb} {data.get('state') or ''}")
        case "g", _:
            yield marker("gap", str(data.get("why") or ""))
        case "e", "denied":
            yield marker("denial", f"{verb} denied")
        case "e", "failed" | "lost" | "cancelled" as status:
            yield marker("error", f"{verb} {status}")
    if frame.code == "e" and (masked := _count(data.get("masked"))):
        yield marker("mask", f"{masked} values masked")
