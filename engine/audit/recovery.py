"""What a crash left of recordings: torn ends are cut, the rest is sealed, and the log says what may be missing."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from engine.audit.events import EventName
from engine.audit.recording import Seal
from replay.format import SUFFIX, Damaged, content, scan

if TYPE_CHECKING:
    from engine.audit.log import Log

_STRETCH = 512  # entries read at a time
_LATELY = 1 << 17  # entries: many more than storage takes in the time a recording needs to begin


@dataclass(frozen=True, slots=True)
class _Left:
    """A recording nobody closed: the seal of what reads and had none, how many bytes do not, and why."""

    seal: Seal
    dropped: int
    why: str


async def recover_recordings(directory: Path, log: Log) -> list[Path]:
    """Close every recording that was open when the engine ended; each gives an `answer.gap` event, and so does each
    session of which no recording had begun. What was closed is returned.

    Answers of its last 250 ms may be missing, which nobody can tell afterwards. Recordings that were closed are
    read-only and not looked at; one that storage does not give back now stays open, for the next start to look at.
    """
    paths = await asyncio.to_thread(_open_recordings, directory)
    if log.size:
        await log.wait(log.size - 1)
    for session in await asyncio.to_thread(_unrecorded, directory, log):
        said = {"why": "the engine ended before its recording began", "dropped": 0}
        await log.wait(log.append(EventName.ANSWER_GAP, session=session, data=said))
    if not paths:
        return []
    sealed = await asyncio.to_thread(_sealed, log, paths)
    sequence = 0
    closed = []
    for path in paths:
        known = sealed[path.name]
        if not any(data.get("final") for data in known):
            end = max((int(data["offset"]) + int(data["length"]) for data in known), default=0)
            try:
                left = await asyncio.to_thread(_examine, path, end)
            except OSError as error:
                why = f"it does not read: {error.strerror or error}"
                sequence = _tell_gap(log, path, {"why": why, "offset": end, "dropped": 0})
                continue
            log.append(EventName.RECORDING_SEGMENT, session=path.stem, data=left.seal.as_data())
            said = {"why": left.why, "offset": left.seal.offset, "dropped": left.dropped}
            sequence = _tell_gap(log, path, said)
        closed.append(path)
    if sequence:
        await log.wait(sequence)
    for path in closed:
        path.chmod(0o400)
    return closed


def _tell_gap(log: Log, path: Path, said: dict[str, Any]) -> int:
    return log.append(EventName.ANSWER_GAP, session=path.stem, data={"recording": path.name, **said})


def _open_recordings(directory: Path) -> list[Path]:
    return sorted(path for path in directory.glob(f"*{SUFFIX}") if path.stat().st_mode & 0o200)


def _unrecorded(directory: Path, log: Log) -> list[str]:
    """The sessions of the engine that ended last whose opening is in the log, and of which nothing else is told.

    A recording begins within 250 ms of that; what storage takes meanwhile bounds how far back one of them can be.
    """
    opened: list[str] = []
    told: set[str | None] = set()
    stop, least = log.size, max(0, log.size - _LATELY)
    while stop > least:
        start = max(least, stop - _STRETCH)
        for entry in reversed(list(islice(log.read(start), stop - start))):
            event, session = entry["event"], entry["session"]
            if event in (EventName.ENGINE_STARTED, EventName.ENGINE_STOPPED):
                stop = start = least
                break
            if event in (EventName.SESSION_CLOSED, EventName.ANSWER_GAP):
                told.add(session)
            elif event == EventName.SESSION_OPENED and session not in told:
                opened.append(session)
        stop = start
    return [session for session in reversed(opened) if not (directory / f"{session}{SUFFIX}").exists()]


def _sealed(log: Log, paths: Iterable[Path]) -> dict[str, list[dict[str, Any]]]:
    """The log's segments of these recordings, found from its end back to where the oldest of their sessions opened.

    No time is compared on the way: the clock may have been set.
    """
    found: dict[str, list[dict[str, Any]]] = {path.name: [] for path in paths}
    unopened = {path.stem for path in paths}
    stop = log.size
    while stop > 0 and unopened:
        start = max(0, stop - _STRETCH)
        for entry in islice(log.read(start), stop - start):
            data = entry["data"]
            if entry["event"] == EventName.RECORDING_SEGMENT and data.get("recording") in found:
                found[data["recording"]].append(data)
            elif entry["event"] == EventName.SESSION_OPENED:
                unopened.discard(entry["session"])
        stop = start
    return found


def _examine(path: Path, sealed: int) -> _Left:
    """Find how far the unsealed part reads, and cut what a crash tore. Damage that no crash explains stays as it is."""
    why = "the engine ended without closing it"
    dropped = 0
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        whole = min(sealed, size)
        if size < sealed:
            why = f"it has {size} bytes, {sealed} were sealed"
        try:
            for block in scan(file, whole):
                content(file, block)
                whole = block.end
        except Damaged as damage:
            why, dropped = str(damage), size - whole
            if damage.is_torn:
                file.truncate(whole)
                os.fsync(file.fileno())
        start = min(sealed, whole)
        return _Left(Seal(path.name, start, whole - start, _digest(file, start, whole), True), dropped, why)


def _digest(file: BinaryIO, start: int, end: int) -> str:
    digest = hashlib.sha256()
    file.seek(start)
    while start < end and (chunk := file.read(min(1 << 20, end - start))):
        digest.update(chunk)
        start += len(chunk)
    return digest.hexdigest()
