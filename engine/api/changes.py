"""What a person wants to know of the log since they looked last: told once a kind, however often it happened."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from engine.api.call import Call
from engine.api.schema import ChangesView, ChangeView
from engine.audit.events import EventName
from engine.audit.log import Log
from engine.notify.notices import SAID

_BLOCK = 512
MOST_ENTRIES = 20_000  # looked at; what is older is for a search
MOST_CHANGES = 200
_LONGEST = 200  # characters of a text, and items of a list

TOLD = frozenset(
    {
        EventName.ENGINE_STARTED,
        EventName.SESSION_REFUSED,
        EventName.OPERATION_DENIED,
        EventName.REVIEW_DENIED,
        EventName.REVIEW_EXPIRED,
        EventName.REVIEW_APPROVED,
        EventName.REVIEW_REVOKED,
        EventName.POLICY_APPLIED,
        EventName.POLICY_REFUSED,
        EventName.TOKEN_REVOKED,
        EventName.IDENTITY_LOCKED,
        EventName.IDENTITY_UNLOCKED,
        EventName.ANSWER_GAP,
        EventName.NOTIFY_FAILED,
        EventName.TARGET_REFUSED,
        EventName.SPACE_LOW,
    }
)
"""What is told; of everything else there is too much, or it is no news."""

_APART = ("rule", "verb", "kind", "why", "review", "revision", "token", "level")  # what makes two of them different


async def changes(call: Call) -> ChangesView:
    """What happened from the entry `since` on; without it, among the last entries that are looked at."""
    asked = call.number("since")
    log = call.gateway.log
    size = log.size
    since = min(asked, size) if asked is not None else max(size - MOST_ENTRIES, 0)
    await call.evidence("changes", since=since)
    return await asyncio.to_thread(_changes, log, since, size)


def _changes(log: Log, since: int, size: int) -> ChangesView:
    start = max(since, size - MOST_ENTRIES)
    found: dict[tuple[object, ...], ChangeView] = {}
    for entry in _newest_first(log, start, size):
        if entry["event"] not in TOLD:
            continue
        key = _kind(entry)
        known = found.get(key)
        if known is not None:
            found[key] = msgspec.structs.replace(known, count=known.count + 1)
        elif len(found) < MOST_CHANGES:
            found[key] = _told(entry)
    first = next(iter(log.read(since)), None) if since < size else None
    return ChangesView(size, since, None if first is None else first["time"], start, list(found.values()))


def _newest_first(log: Log, start: int, stop: int) -> Iterator[dict[str, Any]]:
    while stop > start:
        begin = max(stop - _BLOCK, start)
        yield from reversed(list(islice(log.read(begin), stop - begin)))
        stop = begin


def _kind(entry: dict[str, Any]) -> tuple[object, ...]:
    """Two that are the same to a person have the same."""
    data = entry["data"]
    return (entry["event"], entry["identity"], entry["target"], *(str(data.get(name)) for name in _APART))


def _told(entry: dict[str, Any]) -> ChangeView:
    data = entry["data"]
    said = {name: _short(data[name]) for name in SAID.get(EventName(entry["event"]), ()) if data.get(name) is not None}
    return ChangeView(
        entry["sequence"], entry["time"], entry["event"], entry["identity"], entry["target"], entry["session"], 1, said
    )


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
    if isinstance(value, list):
        return [_short(each) for each in value[:8]]
    return value if isinstance(value, int | float | bool) else str(value)[:_LONGEST]
