"""The record as auditors read it: events, recordings, the key, the checkpoint. Reading it is an event itself."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import Any

from aiohttp import web

from engine.api.call import Call
from engine.api.feeds import TOO_SLOW, Lines, line, stream
from engine.api.schema import CheckpointView, RecordingView, TextView
from engine.api.views import moment
from engine.audit.events import EventName
from engine.audit.log import Log
from engine.errors import HooptermError, NotFound

_SUFFIX = ".hoop"
_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_BLOCK = 512  # entries read at a time; a live feed is not held up by a long search
_FOLLOW_CAPACITY = 16_384
_MOST = 10**9  # entries that one may ask for


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries are asked for."""

    since: datetime | None
    until: datetime | None
    identity: str | None
    target: str | None
    event: str | None  # a glob
    last: int | None  # only so many of the latest

    @classmethod
    def of(cls, call: Call) -> Selection:
        """As the query says; raises HooptermError where it does not make sense."""
        event = call.query("event")
        if event is not None and not any(fnmatchcase(name, event) for name in EventName):
            raise HooptermError(f"there is no event {event[:64]!r}", hint="events are: " + " ".join(EventName))
        return cls(
            _moment(call, "since"),
            _moment(call, "until"),
            call.query("identity"),
            call.query("target"),
            event,
            call.number("last", most=_MOST),
        )

    def has(self, entry: dict[str, Any]) -> bool:
        """Whether an entry is asked for."""
        return (
            (self.identity is None or entry["identity"] == self.identity)
            and (self.target is None or entry["target"] == self.target)
            and (self.event is None or fnmatchcase(entry["event"], self.event))
            and (self.since is None or _time(entry) >= self.since)
            and (self.until is None or _time(entry) <= self.until)
        )

    def as_data(self) -> dict[str, Any]:
        """What of it is worth recording."""
        filters = ("since", "until", "identity", "target", "event", "last")
        return {name: value for name in filters if (value := getattr(self, name)) is not None}


async def events(call: Call) -> web.StreamResponse:
    """Entries of the audit log, oldest first, and on as they happen when `follow` is true."""
    selection = Selection.of(call)
    follow = call.query("follow") == "true"
    await call.evidence("events", follow=follow, **selection.as_data())
    return await stream(call, _entries(call, selection, follow=follow))


async def _entries(call: Call, selection: Selection, *, follow: bool) -> Lines:
    log, bus = call.gateway.log, call.gateway.bus
    subscription = bus.subscribe("events", capacity=_FOLLOW_CAPACITY) if follow else None
    try:
        size = log.size  # what is appended from here on comes over the subscription
        if size:
            await log.wait(size - 1)
        async for entry in _past(log, selection, size):
            yield line(entry)
        if subscription is None:
            return
        async for _, entry in subscription:
            if entry["sequence"] >= size and selection.has(entry):
                yield line(entry)
        if subscription.dropped:
            yield TOO_SLOW
    finally:
        if subscription is not None:
            subscription.close()


async def _past(log: Log, selection: Selection, size: int) -> Any:
    if selection.last is not None:
        for entry in await asyncio.to_thread(_latest, log, selection, size):
            yield entry
        return
    start = await asyncio.to_thread(_first_since, log, selection.since, size) if selection.since else 0
    while start < size:
        block = await asyncio.to_thread(_read, log, start, min(start + _BLOCK, size))
        if not block:
            return
        for entry in block:
            if selection.until is not None and _time(entry) > selection.until:
                return
            if selection.has(entry):
                yield entry
        start += len(block)


def _read(log: Log, start: int, stop: int) -> list[dict[str, Any]]:
    return list(islice(log.read(start), stop - start))


def _latest(log: Log, selection: Selection, size: int) -> list[dict[str, Any]]:
    """The last so many entries that are asked for, found from the end."""
    found: list[dict[str, Any]] = []
    stop, wanted = size, selection.last or 0
    while stop > 0 and len(found) < wanted:
        start = max(stop - _BLOCK, 0)
        found = [entry for entry in _read(log, start, stop) if selection.has(entry)] + found
        stop = start
    return found[max(len(found) - wanted, 0) :]


def _first_since(log: Log, since: datetime, size: int) -> int:
    """The first entry of a time, by bisection: entries are in order of time but for steps of the clock."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        entry = next(iter(log.read(middle)), None)
        if entry is None or _time(entry) >= since:
            high = middle
        else:
            low = middle + 1
    return low


async def recordings(call: Call) -> list[RecordingView]:
    """Every recording that is kept, newest first."""
    directory = call.gateway.state / "recordings"
    await call.evidence("recordings")
    return await asyncio.to_thread(lambda: sorted(_scan(directory), key=lambda found: found.modified, reverse=True))


def _scan(directory: Path) -> Iterator[RecordingView]:
    for path in directory.glob(f"*{_SUFFIX}"):
        status = path.stat()
        modified = moment(datetime.fromtimestamp(status.st_mtime, UTC))
        yield RecordingView(path.stem, f"{directory.name}/{path.name}", status.st_size, modified)


async def download(call: Call) -> web.StreamResponse:
    """One session's recording, as it is now."""
    path = recording_of(call.gateway.state, call.id)
    await call.evidence("recording", session=call.id)
    return web.FileResponse(path, headers={"Content-Type": "application/octet-stream", "Cache-Control": "no-store"})


def recording_of(state: Path, session: str) -> Path:
    """The file of a session's recording; raises NotFound, for names that are no session's too."""
    path = state / "recordings" / f"{session}{_SUFFIX}"
    if not _SESSION_ID.fullmatch(session) or not path.is_file():
        raise NotFound(
            f"there is no recording of a session {session[:64]!r}",
            hint="hoopterm sessions list --state all shows what there is",
        )
    return path


async def key(call: Call) -> TextView:
    """The key that verifies the log's checkpoints."""
    return TextView(str(call.gateway.log_key.verifier))


async def checkpoint(call: Call) -> CheckpointView:
    """The latest signed checkpoint."""
    path = call.gateway.log.directory / "checkpoint"
    try:
        note = await asyncio.to_thread(path.read_text)
    except FileNotFoundError:
        raise NotFound(
            "there is no checkpoint yet", hint="the first is signed within a second of the first event"
        ) from None
    return CheckpointView(note, str(call.gateway.log_key.verifier))


def _time(entry: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(entry["time"])


def _moment(call: Call, name: str) -> datetime | None:
    text = call.query(name)
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise HooptermError(f"`{name}` is no RFC 3339 time: {text[:40]!r}") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
