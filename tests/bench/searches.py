"""Searching a long audit log: how fast it comes into the index, and how long queries take."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from engine.search.finding import Page, find
from engine.search.terms import parse
from tests.bench import longlog
from tests.bench.bench import Bench
from tests.bench.figures import Bound, Figure

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
    long = longlog.made(bench)
    state, size, took = long.state, long.size, long.indexed_in
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
