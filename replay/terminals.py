"""The terminals of a recording: what each one's screen showed at any frame.

An index of screens is made in one pass (`Terminals.extend`, in a thread of its own if there is much) and kept in
memory, beside the recording and never in it. It may grow while `Projection` shows what it knows already.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence

from replay.format import Frame, RowBatch
from replay.screen import Screen, Snapshot

_BYTES, _FRAMES = 64 << 10, 64  # of output between two snapshots, whichever is first
_BUDGET = 64 << 20  # bytes of snapshots; beyond that every second one goes
_AT_WORK = 16  # screens kept while indexing; the others wait as snapshots


class Track:
    """One operation's terminal: where its frames lie. Steps count the frames that change the screen."""

    def __init__(self, operation: str, begins: int) -> None:
        self.operation = operation
        self.begins = begins
        self.ends: int | None = None  # the position of its `e` frame
        self._positions = array("Q")
        self._inputs = array("Q")
        self._snapshots: list[tuple[int, Snapshot]] = []  # (steps taken, the screen then)

    def __len__(self) -> int:
        return len(self._positions)

    def position(self, step: int) -> int:
        """Where the frame of a step lies; steps count from 1."""
        return self._positions[step - 1]

    def steps(self, position: int) -> int:
        """How many steps have been taken up to this position."""
        return bisect_right(self._positions, position)

    def is_open(self, position: int) -> bool:
        """Whether the terminal is there at this position; at its end it still shows what was left on it."""
        return self.begins <= position and (self.ends is None or position <= self.ends)

    def next(self, position: int) -> int | None:
        """The position of the next step."""
        step = self.steps(position)
        return self._positions[step] if step < len(self._positions) else None

    def previous(self, position: int) -> int | None:
        """The position of the step before the one at, or last before, this position."""
        step = bisect_left(self._positions, position)
        return self._positions[step - 1] if step else None

    def before(self, steps: int) -> tuple[int, Snapshot] | None:
        """The last snapshot of at most so many steps."""
        place = bisect_right(self._snapshots, steps, key=lambda each: each[0])
        return self._snapshots[place - 1] if place else None

    def inputs(self, position: int, most: int) -> Sequence[int]:
        """Where the last frames of what was typed lie, up to this position."""
        stop = bisect_right(self._inputs, position)
        return self._inputs[max(stop - most, 0) : stop]

    def add(self, position: int) -> None:
        """One more step lies here."""
        self._positions.append(position)

    def hear(self, position: int) -> None:
        """Something was typed here."""
        self._inputs.append(position)

    def keep(self, snapshot: Snapshot) -> None:
        """The screen after all steps known now."""
        self._snapshots.append((len(self._positions), snapshot))

    def thin(self) -> None:
        """Forget every second snapshot."""
        self._snapshots = self._snapshots[::2]

    @property
    def size(self) -> int:
        """Bytes its snapshots take."""
        return sum(snapshot.size for _, snapshot in self._snapshots)


class _AtWork:
    """A screen while it is indexed, and what it was fed since its last snapshot."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.bytes = 0
        self.frames = 0


class Terminals:
    """Every terminal of a sequence of frames, in the order in which they began."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._frames = frames
        self._at_work: OrderedDict[str, _AtWork] = OrderedDict()
        self._kept = 0  # bytes of snapshots
        self._spacing = 1
        self.tracks: dict[str, Track] = {}
        self.known = 0  # frames that were looked at

    def extend(self, is_wanted: Callable[[], bool] = lambda: True, frames: Sequence[Frame] | None = None) -> None:
        """Take in the frames that are not known yet, until all are or it is no longer wanted.

        A thread of its own reads them from `frames`, the same recording opened again.
        """
        frames = self._frames if frames is None else frames
        for position in range(self.known, len(frames)):
            if not is_wanted():
                return
            self._take(position, frames[position])
            self.known = position + 1

    @property
    def progress(self) -> float:
        """The share of the frames that is known."""
        return self.known / len(self._frames) if self._frames else 1.0

    def _take(self, position: int, frame: Frame) -> None:
        data = frame.data
        operation = data.operation if isinstance(data, RowBatch) else str(data.get("operation") or "")
        track = self.tracks.get(operation)
        if track is None and frame.code == "t":
            track = self.tracks[operation] = Track(operation, position)
        if track is None or track.ends is not None:
            return
        if frame.code == "e":
            track.ends = position
            self._at_work.pop(operation, None)
        elif isinstance(data, RowBatch) and data.kind == "input":
            track.hear(position)
        elif changes(frame):
            at_work = self._screen(track)
            apply(at_work.screen, frame)
            track.add(position)
            at_work.frames += 1
            at_work.bytes += len(data.cells) if isinstance(data, RowBatch) else 0
            if at_work.frames >= _FRAMES * self._spacing or at_work.bytes >= _BYTES * self._spacing:
                self._keep(track, at_work)

    def _screen(self, track: Track) -> _AtWork:
        at_work = self._at_work.get(track.operation)
        if at_work is None:
            last = track.before(len(track))
            at_work = self._at_work[track.operation] = _AtWork(Screen() if last is None else Screen.restore(last[1]))
            if len(self._at_work) > _AT_WORK:
                operation, longest = next(iter(self._at_work.items()))
                self._keep(self.tracks[operation], longest)
                del self._at_work[operation]
        self._at_work.move_to_end(track.operation)
        return at_work

    def _keep(self, track: Track, at_work: _AtWork) -> None:
        snapshot = at_work.screen.snapshot()
        track.keep(snapshot)
        at_work.bytes = at_work.frames = 0
        self._kept += snapshot.size
        if self._kept > _BUDGET:
            for each in self.tracks.values():
                each.thin()
            self._kept = sum(each.size for each in self.tracks.values())
            self._spacing *= 2


class Projection:
    """Shows one terminal, wherever one goes: on from the last look if that is near, else from a snapshot."""

    def __init__(self, frames: Sequence[Frame], track: Track) -> None:
        self._frames = frames
        self.track = track
        self._screen = Screen()
        self._steps = 0

    def show(self, position: int) -> Screen:
        """The screen as it is after this frame. It is valid until the next call."""
        wanted = self.track.steps(position)
        found = self.track.before(wanted)
        if wanted < self._steps or (found is not None and found[0] > self._steps):
            self._steps, self._screen = (0, Screen()) if found is None else (found[0], Screen.restore(found[1]))
        while self._steps < wanted:
            self._steps += 1
            apply(self._screen, self._frames[self.track.position(self._steps)])
        return self._screen


def changes(frame: Frame) -> bool:
    """Whether a frame of a terminal changes its screen."""
    return frame.code == "t" or (isinstance(frame.data, RowBatch) and frame.data.kind in ("stdout", "stderr"))


def apply(screen: Screen, frame: Frame) -> None:
    """Let a screen take in a frame that `changes` it."""
    data = frame.data
    if isinstance(data, RowBatch):
        screen.feed(data.cells)
        return
    columns, rows = data.get("cols"), data.get("rows")
    if isinstance(columns, int) and isinstance(rows, int) and (columns, rows) != (screen.columns, screen.rows):
        screen.resize(columns, rows)


def search(
    frames: Sequence[Frame],
    track: Track,
    words: str,
    position: int,
    *,
    forward: bool = True,
    is_wanted: Callable[[], bool] = lambda: True,
) -> int | None:
    """The next position, or the last one before, at which these words come up on the screen, in whatever case."""
    if forward:
        return next(_come_up(frames, track, words.lower(), track.steps(position), len(track), is_wanted), None)
    stop = track.steps(position - 1)
    while stop > 0 and is_wanted():
        found = track.before(stop - 1)
        start = 0 if found is None else found[0]
        hits = list(_come_up(frames, track, words.lower(), start, stop, is_wanted))
        if hits:
            return hits[-1]
        stop = start
    return None


def _come_up(
    frames: Sequence[Frame], track: Track, words: str, first: int, last: int, is_wanted: Callable[[], bool]
) -> Iterator[int]:
    """Each position after `first` steps where more rows have the words than before."""
    projection, having = Projection(frames, track), set[int]()
    for step in range(first, last + 1):
        if not is_wanted():
            return
        if step == 0:
            continue
        screen, before = projection.show(track.position(step)), len(having)
        fresh = {row for row in screen.changed() if row < screen.rows}
        having = {row for row in having if row < screen.rows} - fresh
        having |= {row for row in fresh if words in screen.text_of(row).lower()}
        if step > first and len(having) > before:
            yield track.position(step)
