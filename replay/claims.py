"""What a log's entries claim, held against the recordings: segments and digests, open operations, gaps."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from replay.format import SUFFIX, Damaged, Kind, load, scan
from replay.report import MAX_LISTED, Gap, InFlight, Report

MAX_PENDING = 100_000  # operations of one session whose outcome is looked up in its recording before there are more
_NAME = re.compile(r"[A-Za-z0-9._:-]{1,200}\.hoop")
_MOST = 1 << 50  # bytes of one recording
_OUTCOMES = ("operation.completed", "operation.failed", "operation.denied")


class _Entry(msgspec.Struct):
    time: str
    event: str
    session: str | None = None
    operation: str | None = None
    data: dict[str, Any] = {}


class _Segment(msgspec.Struct):
    recording: str
    offset: int
    length: int
    sha256: str
    final: bool = False

    @property
    def end(self) -> int:
        return self.offset + self.length


class _Recording:
    """One recording as far as the log vouches for it."""

    def __init__(self) -> None:
        self.sealed = 0
        self.is_closed = False
        self.looked_at = 0  # up to here its operations' ends have been looked up


class Claims:
    """Takes a log's entries in order; `finish` looks at what they leave open."""

    def __init__(self, recordings: Path | None, report: Report) -> None:
        self._directory = recordings
        # Listed before the log is read: a running engine makes a recording once the log has its session.
        self._files = sorted(recordings.glob(f"*{SUFFIX}")) if recordings is not None else []
        self._report = report
        self._recordings: dict[str, _Recording] = {}
        self._pending: dict[str, dict[str, tuple[int, str]]] = {}
        self._sessions: set[str] = set()

    def take(self, sequence: int, encoded: bytes) -> None:
        """Read one entry."""
        try:
            entry = msgspec.json.decode(encoded, type=_Entry)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            self._report.add(f"the entry does not read: {error}", entry=sequence)
            return
        match entry.event:
            case "log.key" if sequence == 0:
                self._report.key = self._report.key or str(entry.data.get("key", ""))
            case "session.opened" if entry.session:
                self._sessions.add(entry.session)
            case "session.closed" if entry.session:
                self._settle(entry.session)
            case "operation.intended" if entry.session and entry.operation:
                self._intended(sequence, entry.session, entry.operation, entry.time)
            case "recording.segment":
                self._segment(sequence, entry)
            case "answer.gap":
                self._gap(sequence, entry)
            case event if event in _OUTCOMES and entry.session and entry.operation:
                self._pending.get(entry.session, {}).pop(entry.operation, None)

    def finish(self) -> None:
        """What is still open, and recordings the log does not know."""
        for session in list(self._pending):
            self._settle(session)
        open_operations = [
            InFlight(operation, session, sequence, time)
            for session, operations in self._pending.items()
            for operation, (sequence, time) in operations.items()
        ]
        self._report.in_flight = sorted(open_operations, key=lambda each: each.entry)[:MAX_LISTED]
        self._report.in_flight_not_listed = max(0, len(open_operations) - MAX_LISTED)
        self._report.sessions = len(self._sessions)
        self._report.recordings = len(self._recordings)
        for path in self._files:
            self._compare_size(path)

    def _intended(self, sequence: int, session: str, operation: str, time: str) -> None:
        operations = self._pending.setdefault(session, {})
        operations[operation] = (sequence, time)
        if len(operations) % MAX_PENDING == 0:
            self._settle(session)

    def _gap(self, sequence: int, entry: _Entry) -> None:
        data = entry.data
        if len(self._report.gaps) < MAX_LISTED:
            dropped = data.get("dropped")
            self._report.gaps.append(
                Gap(
                    sequence,
                    entry.time,
                    entry.session or "",
                    str(data.get("why", "")),
                    dropped if isinstance(dropped, int) else 0,
                )
            )
        first, last = data.get("first"), data.get("last")
        if isinstance(first, int) and isinstance(last, int):
            self._forget_refused(first, last)

    def _forget_refused(self, first: int, last: int) -> None:
        """While the record could not be written, operations were refused: their intents are no operations in flight."""
        for operations in self._pending.values():
            for operation in [name for name, (sequence, _) in operations.items() if first <= sequence <= last]:
                del operations[operation]

    def _segment(self, sequence: int, entry: _Entry) -> None:
        try:
            segment = msgspec.convert(entry.data, _Segment)
        except msgspec.ValidationError as error:
            self._report.add(f"the segment does not read: {error}", entry=sequence)
            return
        if not _NAME.fullmatch(segment.recording) or min(segment.offset, segment.length) < 0 or segment.end > _MOST:
            self._report.add("the segment names no part of a recording", entry=sequence)
            return
        name = f"recordings/{segment.recording}"
        known = self._recordings.setdefault(segment.recording, _Recording())
        if segment.offset != known.sealed or known.is_closed:
            what = f"the segment begins at {segment.offset}, the one before it ended at {known.sealed}"
            self._report.add(what, name, sequence, segment.offset)
        is_overlap = segment.offset < known.sealed
        known.sealed = max(known.sealed, segment.end)
        known.is_closed = known.is_closed or segment.final
        if self._directory is not None and not is_overlap:  # else a hostile log has the same bytes read for ever
            self._compare_bytes(sequence, segment, name)

    def _compare_bytes(self, sequence: int, segment: _Segment, name: str) -> None:
        assert self._directory is not None
        try:
            with (self._directory / segment.recording).open("rb") as file:
                digest, length = _digest(file, segment.offset, segment.length)
        except OSError as error:
            self._report.add(error.strerror or str(error), name, sequence)
            return
        if length < segment.length:
            what = f"the recording ends {segment.length - length} bytes before its seal does"
            self._report.add(what, name, sequence, segment.offset + length)
        elif digest != segment.sha256:
            what = f"the {segment.length} bytes from here are not those that were sealed"
            self._report.add(what, name, sequence, segment.offset)
        self._report.recorded_bytes += length

    def _compare_size(self, path: Path) -> None:
        known = self._recordings.get(path.name)
        name = f"recordings/{path.name}"
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return  # gone since it was listed; where the log has sealed it, its segments have told
        if known is None:
            if path.stem not in self._sessions:
                self._report.add("the log does not know this recording", name)
            known = _Recording()
        if size > known.sealed:
            if known.is_closed:
                self._report.add(f"{size - known.sealed} bytes follow its last seal", name, offset=known.sealed)
            self._report.unsealed[path.name] = size - known.sealed

    def _settle(self, session: str) -> None:
        """Drop the operations that ended: the outcome of a read is a line of the recording."""
        operations = self._pending.get(session)
        known = self._recordings.get(f"{session}{SUFFIX}")
        if operations and known is not None and self._directory is not None:
            try:
                with (self._directory / f"{session}{SUFFIX}").open("rb") as file:
                    self._look_up(file, operations, known)
            except (Damaged, OSError):
                pass  # its seal does not hold, or it is gone: told with the segment
        if not operations:
            self._pending.pop(session, None)

    def _look_up(self, file: BinaryIO, operations: dict[str, tuple[int, str]], known: _Recording) -> None:
        for block in scan(file, known.looked_at):
            if block.end > known.sealed:
                return
            if block.flags & Kind.EVENTS:
                for frame in load(file, block):
                    if frame.code == "e" and isinstance(frame.data, dict):
                        operations.pop(str(frame.data.get("operation")), None)
            known.looked_at = block.end


def _digest(file: BinaryIO, offset: int, length: int) -> tuple[str, int]:
    digest = hashlib.sha256()
    file.seek(offset)
    left = length
    while left and (chunk := file.read(min(1 << 20, left))):
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest(), length - left
