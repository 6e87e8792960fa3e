"""One session's recording: gathered in memory, stored by the flusher's thread, sealed into the log."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.audit.events import EventName
from engine.audit.recording import RecordingFile, Seal
from engine.errors import RecordError
from replay import streams
from replay.format import SUFFIX, FilledLines, Frame, Lines, RowBatch, as_frames

if TYPE_CHECKING:
    from engine.audit.log import Log
    from engine.bus import Bus

HIGH_WATER = 8 << 20  # bytes waiting for storage at which a producer should pause
HURRY = 1 << 20  # … at which storage does not wait for more to gather
LIMIT = 64 << 20  # … and at which rows are dropped, which the recording then says
MAX_PIECE = 8 << 20
_EVENT_COST = 256


@dataclass(slots=True)
class _Answer:
    """What has been seen of one operation's answer, `rows` of it, and `typed` lines of input. `digests`, by kind, only
    where not every row is kept; `why` tells once something was left out."""

    rows: int = 0
    typed: int = 0
    dropped: int = 0
    why: str = ""
    is_binary: bool = False
    digests: dict[str, Any] = field(default_factory=dict)


class Recorder:
    """Takes frames on the event loop without waiting; what it took is durable within 250 ms.

    `keep` is "all", "digest" or how many rows of each answer are stored; of what is left out the operation's end has
    the digest over the masked cells, and a gap frame the count.
    """

    def __init__(
        self,
        file: RecordingFile,
        *,
        log: Log,
        bus: Bus | None,
        keep: str | int,
        clock: Callable[[], float],
    ) -> None:
        self._file = file
        self._log = log
        self._bus = bus
        self._topic = f"frames:{file.session}"
        self._limit = None if keep == "all" else 0 if keep == "digest" else int(keep)
        self._why = f"the target records answers: {keep}"
        self._clock = clock
        self._opened = clock()
        self._answers: dict[str, _Answer] = {}
        self._seals: list[Seal] = []
        self._failure: str | None = None
        self._taken = 0  # bytes handed in; the file counts those stored
        self._heard = asyncio.Event()
        self._closed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.path = file.path
        self.frames = 0  # taken so far: whoever begins to watch now finds exactly these in the file

    @classmethod
    def open(
        cls,
        directory: Path,
        session_id: str,
        header: dict[str, Any],
        *,
        log: Log,
        bus: Bus | None = None,
        now: Callable[[], datetime],
        keep: str | int = "all",
        clock: Callable[[], float] = time.monotonic,
    ) -> Recorder:
        """Begin a recording. `header` is the metadata of its first line.

        Its file appears with its first frame, so that the log can know of the session by then.
        """
        opened = now()
        header = {"session": session_id, "opened": opened.isoformat(), "timestamp": opened.timestamp(), **header}
        file = RecordingFile(directory / f"{session_id}{SUFFIX}", session_id, header)
        recorder = cls(file, log=log, bus=bus, keep=keep, clock=clock)
        file.told = recorder._hear
        return recorder

    def event(self, code: str, data: dict[str, Any]) -> None:
        """Add an event frame; raises RecordError while the recording cannot be stored."""
        self._require_storage()
        if code == "c":
            columns = data.get("columns") or [{}]
            self._answer(data["operation"]).is_binary = columns[0].get("format") == 1
        elif code == "e":
            data = self._conclude(data)
        cost = _EVENT_COST + (_size(data.get("text"), *data.get("parameters", ())) if code == "q" else 0)
        self._add(Frame(self._at(), code, data), cost)

    def rows(self, operation: str, cells: bytes, rows: int, kind: str = "rows") -> None:
        """Add masked answer data as it is sent to the client; raises RecordError while nothing can be stored."""
        self._require_storage()
        answer = self._answer(operation)
        if kind == "input":
            before, answer.typed = answer.typed, answer.typed + rows
        else:
            before, answer.rows = answer.rows, answer.rows + rows
        kept = rows
        if self._limit is not None:
            if (digest := answer.digests.get(kind)) is None:
                digest = answer.digests[kind] = hashlib.sha256()
            digest.update(cells)
            size = len(cells)
            cells, kept = self._cut(cells, rows, max(0, self._limit - before), kind, answer.is_binary)
            if len(cells) < size:
                answer.why = self._why
        elif self.backlog > LIMIT:
            cells, kept, answer.why = b"", 0, "storage did not keep up with the answer"
        answer.dropped += rows - kept
        at = self._at()
        for start in range(0, len(cells), MAX_PIECE):
            is_first = start == 0
            piece = cells[start : start + MAX_PIECE]
            counted = kept if is_first else 0
            batch = RowBatch(operation, counted, piece, kind, before if is_first else before + kept, not is_first)
            self._add(Frame(at, "R", batch), len(piece))

    @property
    def keeps_all(self) -> bool:
        """Whether every row is stored as it is."""
        return self._limit is None

    def fill(self, lines: Lines, *values: bytes, size: int) -> None:
        """Add frames written in a form; `size` is about how many bytes they are. Raises RecordError as `event` does.

        Only for whole, small answers of a recorder that `keeps_all`: nothing of them is dropped or counted here.
        """
        if self._failure is not None:
            self._require_storage()
        self._add(FilledLines(self._clock() - self._opened, lines, values), _EVENT_COST + size, lines.frames)

    @property
    def backlog(self) -> int:
        """How many bytes wait for storage."""
        return self._taken - self._file.stored

    @property
    def is_behind(self) -> bool:
        """Whether a producer should pause until `drained` returns."""
        return self._taken - self._file.stored > HIGH_WATER

    async def drained(self) -> None:
        """Return once storage has caught up; raises RecordError when it failed."""
        while self.is_behind:
            self._require_storage()
            await self.news()

    async def news(self) -> None:
        """Return when storage has next stored something, or failed to."""
        self._heard.clear()
        await self._heard.wait()

    @property
    def failure(self) -> str | None:
        """Why nothing can be recorded now, or None."""
        return self._failure

    async def close(self, last: dict[str, Any] | None = None) -> None:
        """Store and seal the rest, with a `last` word on the session; returns when that is durable.

        Raises RecordError when storage failed; once it is back, what is missing is stored and sealed all the same.
        A recording without a frame leaves nothing behind.
        """
        if not self.frames:
            return
        if last is not None:
            self._add(Frame(self._at(), "s", last), _EVENT_COST)
        self._file.is_closing = True
        self._log.flusher.submit(self._file, is_urgent=True)
        await self._closed.wait()
        self._require_storage()
        if self._seals:
            raise RecordError(
                "the recording could not be sealed", "the log cannot be written", "it is sealed at the next start"
            )

    def _require_storage(self) -> None:
        if self._failure is not None:
            raise RecordError(
                "the recording cannot be written",
                self._failure,
                "free space or repair the storage; operations resume by themselves when it can be written again",
            )

    def _at(self) -> float:
        return round(self._clock() - self._opened, 6)

    def _answer(self, operation: str) -> _Answer:
        answer = self._answers.get(operation)
        if answer is None:
            answer = self._answers[operation] = _Answer()
        return answer

    def _cut(self, cells: bytes, rows: int, room: int, kind: str, is_binary: bool) -> tuple[bytes, int]:
        """The part of a batch that there is room for, and its rows. Binary COPY data has no row ends to cut at."""
        if room == 0 and kind in streams.KINDS:  # a line without an end is no room for all of it
            return b"", 0
        if rows <= room:
            return cells, rows
        if room == 0 or (kind == "copy" and is_binary):
            return b"", 0
        end = 0
        for _ in range(room):
            if kind != "rows":
                end = cells.find(b"\n", end) + 1
            else:
                end += 1 + int.from_bytes(cells[end + 1 : end + 5], "big")
        return cells[:end], room

    def _conclude(self, data: dict[str, Any]) -> dict[str, Any]:
        answer = self._answers.pop(data["operation"], None)
        if answer is None:
            return data
        if answer.why:
            gap = {"operation": data["operation"], "why": answer.why, "dropped": answer.dropped}
            self._add(Frame(self._at(), "g", gap), _EVENT_COST)
        digests = {kind: digest.hexdigest() for kind, digest in answer.digests.items()}
        if not digests:
            return data
        if streams.KINDS.isdisjoint(digests):
            return {**data, "digest": next(iter(digests.values()))}
        return {**data, "digests": digests}

    def _add(self, frame: Frame | FilledLines, cost: int, count: int = 1) -> None:
        self._taken += cost
        self.frames += count
        file = self._file
        file.frames.append((frame, cost))
        if not file.is_queued:
            self._submit()
        elif self._taken - file.stored > HURRY:
            self._log.flusher.hurry()
        if self._bus is not None and self._bus.has_watchers(self._topic):
            for each in as_frames(frame) if isinstance(frame, FilledLines) else (frame,):
                self._bus.publish(self._topic, each)

    def _submit(self) -> None:
        self._file.is_queued = True
        self._log.flusher.submit(self._file, is_urgent=self.backlog > HURRY)

    def _hear(self, failure: str | None, seal: Seal | None) -> None:
        """From the flusher's thread: stored, or why not."""
        with contextlib.suppress(RuntimeError):  # the loop is gone
            self._loop.call_soon_threadsafe(self._note, failure, seal)

    def _note(self, failure: str | None, seal: Seal | None) -> None:
        self._failure = failure
        self._heard.set()
        if seal is not None:
            self._seals.append(seal)
        with contextlib.suppress(
            RecordError
        ):  # the log's own failure is told by the log; tried again with the next seal
            self._seal()
        if self._file.is_closing and (failure is not None or (seal is not None and seal.is_final)):
            self._closed.set()

    def _seal(self) -> None:
        while self._seals:
            seal = self._seals[0]
            sequence = self._log.append(
                EventName.RECORDING_SEGMENT, session=self._file.session, data=seal.as_data(), urgent=False
            )
            if seal.is_final:
                self._log.when_durable(sequence, lambda error: None if error else self._file.make_read_only())
            self._seals.pop(0)


def _size(*texts: str | None) -> int:
    return sum(len(text) for text in texts if text)
