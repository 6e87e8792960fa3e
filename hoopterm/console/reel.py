"""A replay as the console shows it: the player's place, a clock with its speed, and statements to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hoopterm.console.statements import Conversation, Statement, copied
from replay.format import Frame, RowBatch
from replay.index import Recording
from replay.player import Player
from replay.statements import Statement as Unfolded
from replay.statements import Summary

_SILENT = frozenset({"c"})  # frames that change nothing one could see
IDLE = 3.0  # seconds of nothing that are played at most
_LISTED = 256


class Reel:
    """One recording being replayed. It begins before its first frame."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self.player = Player(recording)
        self.damage = str(recording.damage) if recording.damage is not None and not recording.damage.is_torn else ""
        meta = recording.header.get("hoopterm")
        self.header: dict[str, Any] = meta if isinstance(meta, dict) else {}
        self.clock = 0.0
        self.speed = 1.0
        self.is_playing = False
        self._listed: dict[tuple[int, str], Statement] = {}

    @classmethod
    def open(cls, path: Path) -> Reel:
        """Read a recording's index. Raises OSError, and Damaged for a file that is none."""
        return cls(Recording.open(path))

    def close(self) -> None:
        """Let go of the file."""
        self._recording.close()

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
        summary, unfolded = self.player.current, self.player.statement
        return None if summary is None or unfolded is None else _seen(summary, unfolded)

    def has_begun(self, index: int) -> bool:
        """Whether a statement has begun at this place."""
        return self.player.all_statements[index].begins <= self.player.position

    def listed(self, index: int) -> Statement:
        """A statement for a list, as it is at this place, without its rows."""
        summary = self.player.all_statements[index]
        if summary.ends is not None and summary.ends <= self.player.position:
            state = "ended"
        elif index == self.current and (found := self.statement) is not None:
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
        """To the first statement."""
        if self.player.all_statements:
            self.player.go(self.player.all_statements[0].begins)
            self.clock = self.player.at

    def step(self, by: int = 1) -> None:
        """To the next frame that shows, or the one before."""
        position = self.player.position + by
        while 0 <= position < len(self._recording) and self._recording[position].code in _SILENT:
            position += by
        self.player.go(position)
        self.clock = self.player.at

    def show(self, index: int) -> None:
        """To the end of a statement; of one without an end, to its beginning."""
        summary = self.player.all_statements[index]
        self.player.go(summary.begins if summary.ends is None else summary.ends)
        self.clock = self.player.at

    def seek(self, at: float) -> None:
        """To a time."""
        self.clock = min(max(at, 0.0), self.player.duration)
        self.player.seek(self.clock)

    def mark(self, *, forward: bool) -> bool:
        """To the next marker, or the one before; False when there is none."""
        found = self.player.next_marker() if forward else self.player.previous_marker()
        self.clock = self.player.at
        return found

    def advance(self, seconds: float) -> bool:
        """Let time pass, faster by `speed`; long silences are cut. Gives whether another frame happened."""
        self.clock += seconds * self.speed
        upcoming = self.player.until_next()
        if upcoming is not None:
            self.clock = max(self.clock, self.player.at + upcoming - IDLE)
        self.clock = min(self.clock, self.player.duration)
        due = self.player.due(self.clock)
        return due > self.player.position and self.player.go(due)

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
