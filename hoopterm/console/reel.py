"""A replay as the console shows it: the player's place, a clock with its speed, and what to look at there.

That is a statement, or the terminal of one. `index` makes the index of terminals, in a thread of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from hoopterm.console.statements import Conversation, Statement, copied
from hoopterm.console.widgets.grid import Still
from replay.format import Damaged, Frame, RowBatch
from replay.index import Recording
from replay.player import Player
from replay.statements import Statement as Unfolded
from replay.statements import Summary
from replay.terminals import Projection, Terminals, Track, search

_SILENT = frozenset({"c"})  # frames that change nothing one could see
IDLE = 3.0  # seconds of nothing that are played at most
_LISTED = 256
_SLICE = 0.2  # seconds of indexing between two looks at whether it is still wanted
_UNWRITTEN = 100  # first frames of a terminal among which one with anything on it is looked for
_TYPED = 40  # frames of what was typed that are looked at


class Reel:
    """One recording being replayed. It begins before its first frame."""

    def __init__(self, recording: Recording, path: Path) -> None:
        self._recording = recording
        self.path = path
        self._terminals = Terminals(recording)
        self._projection: Projection | None = None
        self._chosen: str | None = None  # the operation to look at, while one stays with it
        self.player = Player(recording)
        self.damage = str(recording.damage) if recording.damage is not None and not recording.damage.is_torn else ""
        meta = recording.header.get("hoopterm")
        self.header: dict[str, Any] = meta if isinstance(meta, dict) else {}
        self.clock = 0.0
        self.speed = 1.0
        self.is_playing = False
        self.cuts_idle = True
        self._listed: dict[tuple[int, str], Statement] = {}

    @classmethod
    def open(cls, path: Path) -> Reel:
        """Read a recording, and index it for a moment. Raises OSError, and Damaged for a file that is none."""
        found = cls(Recording.open(path), path)
        with suppress(Damaged):  # what does not read is told by `damage`, or where one comes to it
            found.index()
        return found

    def close(self) -> None:
        """Let go of the file."""
        self._recording.close()

    def index(self) -> None:
        """Go on with the index of terminals for a moment, or until it is whole. For a thread of its own."""
        if self.player.has_terminals:
            end = time.monotonic() + _SLICE
            with Recording.open(self.path) as frames:
                self._terminals.extend(lambda: time.monotonic() < end, frames)

    @property
    def indexed(self) -> float:
        """The share of the recording whose terminals can be shown."""
        return self._terminals.progress if self.player.has_terminals else 1.0

    @property
    def is_indexed(self) -> bool:
        """Whether what is at this place can be shown."""
        return not self.player.has_terminals or self.player.position < self._terminals.known

    @property
    def terminal(self) -> Track | None:
        """The terminal to look at here: the chosen one, else the last that began; None where it is a statement."""
        tracks, position, current = self._terminals.tracks, self.player.position, self.player.current
        if self._chosen is not None and current is not None:
            chosen = tracks.get(self._chosen)
            if chosen is None:
                return None
            if chosen.is_open(position):
                return chosen
        alive = [track for track in list(tracks.values()) if track.is_open(position)]
        if alive:
            return alive[-1]
        return tracks.get(current.operation) if current is not None else None

    @property
    def still(self) -> Still | None:
        """What the terminal showed here; None where there is none, or it is not indexed yet."""
        track = self.terminal
        if track is None or not self.is_indexed:
            return None
        if self._projection is None or self._projection.track is not track:
            self._projection = Projection(self._recording, track)
        return Still.of(self._projection.show(self.player.position))

    @property
    def typed(self) -> str:
        """What was typed into the terminal last, up to here."""
        track = self.terminal
        batches = (self._recording[each].data for each in track.inputs(self.player.position, _TYPED)) if track else ()
        cells = b"".join(batch.cells for batch in batches if isinstance(batch, RowBatch))
        return cells[-2000:].decode("utf-8", "replace")

    @property
    def summaries(self) -> list[Summary]:
        """Every statement of the recording."""
        return list(self.player.all_statements)

    @property
    def current(self) -> int:
        """The number, from 0, of the statement one is at; -1 before the first."""
        found = self.player.current
        return -1 if found is None else found.number - 1

    @property
    def statement(self) -> Statement | None:
        """The statement one is at, as far as it has come."""
        track = self.terminal
        if track is not None and (summary := self._summary(track.operation)) is not None:
            return self._look(summary, summary.ends is not None and summary.ends <= self.player.position)
        return self._here

    @property
    def line(self) -> Statement | None:
        """Beside a terminal, the other operation whose frame this is: a line typed into it, and what was decided."""
        track, current = self.terminal, self.player.current
        if track is None or current is None or current.operation == track.operation:
            return None
        return self._here

    @property
    def _here(self) -> Statement | None:
        summary, unfolded = self.player.current, self.player.statement
        return None if summary is None or unfolded is None else _seen(summary, unfolded)

    def _summary(self, operation: str) -> Summary | None:
        return next((each for each in self.player.all_statements if each.operation == operation), None)

    def has_begun(self, index: int) -> bool:
        """Whether a statement has begun at this place."""
        return self.player.all_statements[index].begins <= self.player.position

    def listed(self, index: int) -> Statement:
        """A statement for a list, as it is at this place, without its rows."""
        summary = self.player.all_statements[index]
        if summary.ends is not None and summary.ends <= self.player.position:
            state = "ended"
        elif index == self.current and (found := self._here) is not None:
            return found
        else:
            state = "open"
        known = self._listed.get((index, state))
        if known is None:
            if len(self._listed) > _LISTED:
                self._listed.clear()
            known = self._listed[index, state] = self._look(summary, state == "ended")
        return known

    def begin(self) -> None:
        """To the first statement; of one with a terminal, to the first frame on which anything is written."""
        if self.player.all_statements:
            first = self.player.all_statements[0]
            track = self._terminals.tracks.get(first.operation)
            self.go(first.begins if track is None else self._first_written(track))

    def finish(self) -> None:
        """To the end of the terminal that is shown, where its last screen still is; else, or from there, to the end."""
        track, last = self.terminal, len(self._recording) - 1
        ends = track.ends if track is not None and track.ends is not None else last
        self.go(ends if self.player.position < ends else last)

    def _first_written(self, track: Track) -> int:
        projection = Projection(self._recording, track)
        for step in range(1, min(len(track), _UNWRITTEN) + 1):
            if any(line.strip() for line in projection.show(track.position(step)).text):
                return track.position(step)
        return track.begins

    def step(self, by: int = 1) -> None:
        """To the next frame that shows, or the one before."""
        position, track = self.player.position + by, self.terminal
        while 0 <= position < len(self._recording) and not _shows(self._recording[position], track):
            position += by
        self.go(position)
        self._leave()

    def show(self, index: int) -> None:
        """To the end of a statement; of one without an end, and of a terminal, to its beginning."""
        summary = self.player.all_statements[index]
        self._chosen = summary.operation
        track = self._terminals.tracks.get(summary.operation)
        ends = summary.begins if summary.ends is None else summary.ends
        self.player.go(ends if track is None else self._first_written(track))
        self.clock = self.player.at

    def show_operation(self, operation: str) -> None:
        """Go to the end of a statement by its operation; one that is not here is ignored."""
        for index, summary in enumerate(self.summaries):
            if summary.operation == operation:
                self.show(index)
                return

    def seek(self, at: float) -> None:
        """To a time."""
        self.clock = min(max(at, 0.0), self.player.duration)
        self.player.seek(self.clock)
        self._leave()

    def mark(self, *, forward: bool) -> bool:
        """To the next marker, or the one before; False when there is none."""
        found = self.player.next_marker() if forward else self.player.previous_marker()
        self._leave()
        self.clock = self.player.at
        return found

    def advance(self, seconds: float) -> bool:
        """Let time pass, faster by `speed`; long silences are cut. Gives whether another frame happened."""
        self.clock += seconds * self.speed
        upcoming = self.player.until_next()
        if upcoming is not None and self.cuts_idle:
            self.clock = max(self.clock, self.player.at + upcoming - IDLE)
        self.clock = min(self.clock, self.player.duration)
        due = self.player.due(self.clock)
        moved = due > self.player.position and self.player.go(due)
        if moved:
            self._leave()
        return moved

    def _leave(self) -> None:
        """A statement was chosen to be looked at; a terminal is stayed with while it is there."""
        track = self._terminals.tracks.get(self._chosen or "")
        if track is None or not track.is_open(self.player.position):
            self._chosen = None

    def search(self, words: str, *, forward: bool, is_wanted: Callable[[], bool]) -> int | None:
        """The next position at which these words come up on the terminal. For a thread of its own."""
        track = self.terminal
        if track is None:
            return None
        with Recording.open(self.path) as frames:
            return search(frames, track, words, self.player.position, forward=forward, is_wanted=is_wanted)

    def go(self, position: int) -> None:
        """To a position."""
        self.player.go(position)
        self.clock = self.player.at

    def find(self, words: str, by: int = 1) -> int | None:
        """The next statement with these words, around the end and on."""
        summaries = self.player.all_statements
        wanted = words.lower()
        for distance in range(1, len(summaries) + 1):
            index = (self.current + by * distance) % len(summaries)
            if any(wanted in text.lower() for text in self._texts(summaries[index])):
                return index
        return None

    def _texts(self, summary: Summary) -> Iterator[str]:
        yield summary.verb
        yield summary.rule
        for position in (summary.begins, summary.ends):
            data = {} if position is None else self._recording[position].data
            if not isinstance(data, RowBatch):
                yield str(data.get("text") or data.get("error") or "")

    def _look(self, summary: Summary, has_ended: bool) -> Statement:
        talk = Conversation()
        talk.apply(self._recording[summary.begins])
        found = talk.statements[0]
        if has_ended and summary.ends is not None:
            talk.apply(self._recording[summary.ends])
            if summary.was_reviewed:
                found.review_state = "approved" if found.status != "denied" else "denied"
        found.number = summary.number
        return found


def _shows(frame: Frame, track: Track | None) -> bool:
    """Whether a step stops at a frame: beside a terminal not at what others wrote, nor at keys."""
    if not isinstance(frame.data, RowBatch):
        return frame.code not in _SILENT
    return frame.data.kind != "input" and (track is None or frame.data.operation == track.operation)


def _seen(summary: Summary, unfolded: Unfolded) -> Statement:
    """The player's statement as the views take it."""
    talk = Conversation()
    talk.apply(Frame(summary.at, "q", {"operation": summary.operation}))
    found = talk.statements[0]
    found.number = summary.number
    found.verb, found.text = unfolded.verb, unfolded.text
    found.effects = [(pair[0], pair[1]) for pair in unfolded.effects if len(pair) > 1]
    found.parameters = list(unfolded.parameters)
    found.verdict, found.rule, found.reason = unfolded.verdict, unfolded.rule, unfolded.reason
    found.columns, found.rows = unfolded.columns, list(unfolded.rows)
    found.first_row, found.delivered = unfolded.first_row, unfolded.total
    if found.rows and len(found.columns) > 1 and all(len(row) == 1 for row in found.rows):
        # lines of COPY
        found.rows = [copied(row[0] or "", len(found.columns)) for row in found.rows]
    operation = summary.operation
    for code, events in (("w", unfolded.reviews), ("n", unfolded.notices), ("g", unfolded.gaps)):
        for data in events:
            talk.apply(Frame(float(data.get("at") or 0.0), code, {**data, "operation": operation}))
    if unfolded.outcome is not None:
        talk.apply(Frame(unfolded.ended or summary.at, "e", {**unfolded.outcome, "operation": operation}))
    return found
