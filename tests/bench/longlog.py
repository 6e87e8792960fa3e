"""The state of an engine that has run for long: a log of a million entries with its index, and ten thousand sessions.

The engine's own writers make all of it. Recordings are not there, so that words are those of the entries.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from engine.audit.events import EventName
from engine.audit.log import Log
from engine.keys import load_or_make_signing_key
from engine.model import Identity, Target
from engine.search.indexing import Indexing
from engine.session import Counts
from engine.store.store import Store
from tests.bench.bench import Bench

SESSIONS, _QUICK_SESSIONS = 10_000, 1_000
_ENTRIES, _QUICK = 1_000_000, 50_000
_SESSION = 500  # entries of one
_AT_ONCE = 2_000
_LOOKS_EVERY = 0.1  # seconds between looks at how many tiles are written
_BACKLOG = 50_000


@dataclass(frozen=True, slots=True)
class LongLog:
    """Where it is, how many entries and sessions it has, and the CPU seconds that indexing it took."""

    home: Path
    size: int
    sessions: int
    indexed_in: float

    @property
    def state(self) -> Path:
        """The engine's state directory."""
        return self.home / "state"


@cache
def made(bench: Bench) -> LongLog:
    """The one of this run."""
    home = bench.directory / "long"
    state = home / "state"
    (state / "keys").mkdir(parents=True, mode=0o700)
    sessions = _QUICK_SESSIONS if bench.options.is_quick else SESSIONS
    size = asyncio.run(_write(state, _QUICK if bench.options.is_quick else _ENTRIES, sessions))
    started = time.process_time()
    indexing = Indexing(state, size)
    while indexing.step(size):
        pass
    took = time.process_time() - started
    indexing.close()
    return LongLog(home, size, sessions, took)


async def _write(state: Path, count: int, sessions: int) -> int:
    key = load_or_make_signing_key(state / "keys", "log.key")
    log = await Log.open(state / "log", key=key, origin=key.name, durability="batched")
    for number in range(count):
        sequence = _append(log, number)
        if number % _AT_ONCE == _AT_ONCE - 1:
            await log.wait(sequence)
            while log.size - log.published > _BACKLOG:  # noqa: ASYNC110 - nobody is told of tiles
                await asyncio.sleep(_LOOKS_EVERY)
    await log.close()
    store = await Store.open("sqlite", state)
    for number in range(sessions):
        past = _Past(number)
        await store.add_session(past)
        await store.close_session(past, past.opened + timedelta(minutes=3))
    await store.close()
    return log.published


def _append(log: Log, number: int) -> int:
    session = number // _SESSION
    is_denied = number % 40 == 3
    data: dict[str, Any] = {
        "verb": "DELETE" if is_denied else "SELECT",
        "digest": "5" * 64,
        "effects": ["delete" if is_denied else "read"],
        "resources": [f"table:public.t{number % 300}"],
        "has_where": number % 2 == 0,
        "verdict": "deny" if is_denied else "allow",
        "rule": "no-deletes" if is_denied else "agents-read",
        "reason": "no deletes" if is_denied else "agents may read",
        "review": None,
    }
    return log.append(
        EventName.OPERATION_DENIED if is_denied else EventName.OPERATION_INTENDED,
        session=f"s-{session:012x}",
        operation=f"o-{number:012x}",
        identity=f"bot-{session % 50}",
        target=f"t{session % 7}",
        data=data,
    )


@dataclass
class _Past:
    """A session that the store is told of; the number says which."""

    number: int
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        number = self.number
        self.id = f"s-{number:012x}"
        self.identity = Identity(f"bot-{number % 50}", "agent", sponsor="alice")
        self.target = Target(f"t{number % 7}", "postgres", "127.0.0.1:5432")
        self.client = f"127.0.0.1:{20_000 + number} nightly"
        self.opened = datetime.now(UTC) - timedelta(seconds=60 * number)
        self.counts.operations, self.counts.denied, self.counts.last_verb = number % 900, number % 3, "SELECT"
