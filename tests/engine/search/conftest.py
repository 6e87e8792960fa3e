"""A log with recordings beside it, as an engine leaves them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.audit.events import EventName
from engine.audit.log import Log
from engine.audit.recorder import Recorder
from engine.search.finding import Page, find
from engine.search.indexing import Indexing
from engine.search.terms import parse
from replay.note import SigningKey

ORIGIN = "node/0"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = SigningKey.generate(ORIGIN)


class Record:
    """One state directory. What is written is there for readers after `publish`."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.size = 0
        self.time = NOW
        self._log: Log | None = None
        self._recorders: dict[str, Recorder] = {}

    async def log(self) -> Log:
        """The log, open."""
        if self._log is None:
            self._log = await Log.open(
                self.state / "log", key=KEY, origin=ORIGIN, now=lambda: self.time, segment_size=1 << 18
            )
        return self._log

    async def open_session(self, session: str = "s-1", identity: str = "bot", target: str = "shop", **data: Any) -> int:
        """A session's first event."""
        said = {
            "sponsor": "alice",
            "groups": ["agents"],
            "database": "shop",
            "kind": "agent",
            "mode": "enforce",
            **data,
        }
        log = await self.log()
        return log.append(EventName.SESSION_OPENED, session=session, identity=identity, target=target, data=said)

    async def say(self, operation: str, text: str, session: str = "s-1", **data: Any) -> None:
        """What a recording has of an operation."""
        recorder = self._recorders.get(session)
        if recorder is None:
            recorder = self._recorders[session] = Recorder.open(
                self.state / "recordings", session, {}, log=await self.log(), now=lambda: self.time
            )
        recorder.event("q", {"operation": operation, "text": text, "parameters": [], **data})

    async def intend(
        self,
        operation: str,
        text: str | None = None,
        *,
        session: str = "s-1",
        identity: str = "bot",
        target: str = "shop",
        event: EventName = EventName.OPERATION_INTENDED,
        **data: Any,
    ) -> int:
        """An operation: a SELECT of orders that was allowed, where nothing else is said."""
        if text is not None:
            await self.say(operation, text, session)
        said = {
            "verb": "SELECT",
            "digest": "d0d0",
            "effects": ["read"],
            "resources": ["table:public.orders(id)"],
            "has_where": False,
            "verdict": "allow",
            "rule": "agents-read",
            "reason": "agents may read",
            "review": None,
            **data,
        }
        log = await self.log()
        return log.append(event, session=session, operation=operation, identity=identity, target=target, data=said)

    async def deny(self, operation: str, text: str | None = None, **data: Any) -> int:
        """A DELETE that was denied, where nothing else is said."""
        said = {"verb": "DELETE", "effects": ["delete"], "verdict": "deny", "rule": "no-deletes", "why": "not here"}
        return await self.intend(operation, text, event=EventName.OPERATION_DENIED, **{**said, **data})

    async def publish(self) -> int:
        """Have all of it in tiles and files; how many entries the log has."""
        for recorder in self._recorders.values():
            await recorder.close()
        self._recorders.clear()
        log = await self.log()
        self.size = log.size
        await log.close()
        self.size = log.published
        self._log = None
        return self.size

    def index(self, clock: Callable[[], float] = lambda: 0.0) -> Indexing:
        """The index, open and as far as the log goes; by this clock the entries are old."""
        indexing = Indexing(self.state, self.size, clock)
        while indexing.step(self.size):
            pass
        return indexing

    def found(self, query: str, **page: Any) -> list[int]:
        """The sequences that a query finds."""
        entries = find(self.state, parse(query, self.time), Page(**page)).entries
        return [entry.sequence for entry in entries]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """An empty record."""
    return Record(tmp_path)
