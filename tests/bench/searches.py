"""Searching a long audit log: how fast it comes into the index, and how long queries take.

The log is written by the engine's own writer; its recordings are not there, so that words are those of the entries.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.audit.events import EventName
from engine.audit.log import Log
from engine.search.finding import Page, find
from engine.search.indexing import Indexing
from engine.search.terms import parse
from replay.note import SigningKey
from tests.bench.bench import Bench
from tests.bench.figures import Bound, Figure

_ENTRIES, _QUICK = 1_000_000, 50_000
_SESSION = 500  # entries of one
_AT_ONCE = 2_000
_LOOKS_EVERY = 0.1  # seconds between looks at how many tiles are written
_BACKLOG = 50_000
_QUERIES = (
    "",
    "identity:bot-3",
    "effect:delete",
    "resource:public.t7 effect:read",
    "rule:no-deletes since:1h",
    "deletes !identity:bot-3",
    "session:s-000000000001",
    "target:t1 identity:bot-9 verb:NOTHING",  # nothing has all three: the whole log is looked at
)


def measure(bench: Bench) -> list[Figure]:
    """Each query for its newest and its oldest page; the slowest counts."""
    count = _QUICK if bench.options.is_quick else _ENTRIES
    state = bench.directory / "search"
    size = asyncio.run(_write(state, count))
    started = time.process_time()
    indexing = Indexing(state, size)
    while indexing.step(size):
        pass
    took = time.process_time() - started
    indexing.close()
    times = {query: _longest(state, query, bench.options.rounds) for query in _QUERIES}
    bench.say(f"search of {size:,} entries: {size / took:,.0f} indexed a second, slowest {max(times.values()):.0f} ms")
    return [
        Figure("search", "search-index", "search: entries indexed per CPU second", "entries/s", (size / took,)),
        Figure(
            "search",
            "search-query",
            f"search of {size:,} entries: the slowest of {len(_QUERIES)} queries",
            "ms",
            (max(times.values()),),
            Bound.AT_MOST,
            1000.0,
            details={query or "(all)": took for query, took in times.items()},
        ),
    ]


def _longest(state: Path, query: str, rounds: int) -> float:
    """Milliseconds of the slower page, the best of some rounds."""
    parsed = parse(query, datetime.now(UTC))
    best = []
    for page in (Page(200), Page(200, after=-1)):
        taken = []
        for _ in range(rounds):
            started = time.perf_counter()
            find(state, parsed, page)
            taken.append(time.perf_counter() - started)
        best.append(min(taken))
    return max(best) * 1000


async def _write(state: Path, count: int) -> int:
    log = await Log.open(state / "log", key=SigningKey.generate("bench/0"), origin="bench/0", durability="batched")
    for number in range(count):
        sequence = _append(log, number)
        if number % _AT_ONCE == _AT_ONCE - 1:
            await log.wait(sequence)
            while log.size - log.published > _BACKLOG:  # noqa: ASYNC110 - nobody is told of tiles
                await asyncio.sleep(_LOOKS_EVERY)
    await log.close()
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
