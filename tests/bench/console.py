"""The console on a terminal: how soon it is there, and how soon it shows what happens."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psycopg

from engine.api.schema import SessionView
from tests.bench.bench import Bench
from tests.bench.figures import Bound, Figure
from tests.bench.machine import usage
from tests.bench.peers import Peer, through
from tests.bench.terminal import Drawn, console
from tests.servers.engine import RunningEngine

RATE = 1000  # events a second
_STARTS, _MARKS, _BETWEEN = 5, 100, 0.05
_SETTLES = 2.0  # seconds for the load to reach its rate, and for the last of it to be drawn
_HOURS, _REVIEWS = 8, 25
_LIVE = "● live"


def measure(bench: Bench) -> list[Figure]:
    """Start to first paint; a session that opens amid a thousand other changes a second, until its row is drawn;
    a review that somebody else decides; and what is in memory after as many changes as eight hours bring."""
    with bench.fresh("console") as engine:
        starting, drawing = _starting(bench, engine), list(_drawing(bench, engine))
        return [starting, *drawing, _deciding(bench, engine), _lasting(bench, engine)]


def _socket(engine: RunningEngine) -> Path:
    return engine.directory / "control.sock"


def _starting(bench: Bench, engine: RunningEngine) -> Figure:
    times, live = [], []
    for _ in range(_STARTS):
        with console(_socket(engine), bench.directory) as drawn:
            times.append((drawn.shows("hoopterm") - drawn.started) * 1000)
            live.append((drawn.shows(_LIVE) - drawn.started) * 1000)
    title = "console: start to first paint"
    return Figure(
        "console", "first-paint", title, "ms", tuple(times), Bound.AT_MOST, 500.0,
        details={"live_ms": statistics.median(live)},
    )  # fmt: skip


def _drawing(bench: Bench, engine: RunningEngine) -> Iterator[Figure]:
    marks = _MARKS // 5 if bench.options.is_quick else _MARKS
    with console(_socket(engine), bench.directory) as drawn:
        drawn.shows(_LIVE)
        drawn.type("2")
        drawn.shows("No session yet")
        with _load(through(engine, "load")) as load:
            time.sleep(_SETTLES)
            before = usage(drawn.process.pid).cpu, time.monotonic()
            opened = _open(through(engine, "marks"), marks)
            spent = (usage(drawn.process.pid).cpu - before[0]) / (time.monotonic() - before[1])
            time.sleep(_SETTLES)
        rate = float(load.communicate()[0])
        delays = _delays(drawn, asyncio.run(_sessions(engine)), opened)
    late = statistics.quantiles(delays, n=20)[-1]
    bench.say(f"console under {rate:,.0f} events/s: drawn within {late:.0f} ms (p95)")
    details = {
        "median_ms": statistics.median(delays), "most_ms": max(delays), "events_per_second": rate,
        "console_cpu_percent": spent * 100,
    }  # fmt: skip
    title = f"console, {RATE:,} events/s arriving: p95 from event to drawn"
    yield Figure("console", "event-to-drawn", title, "ms", (late,), Bound.AT_MOST, 100.0, details=details)


def _deciding(bench: Bench, engine: RunningEngine) -> Figure:
    """From somebody else's approval, by the API, to what this console draws of it."""
    count = _REVIEWS // 5 if bench.options.is_quick else _REVIEWS
    with console(_socket(engine), bench.directory) as drawn:
        drawn.shows(_LIVE)
        drawn.type("3")
        took = asyncio.run(_decide(engine, drawn, count))
    late = statistics.quantiles(took, n=20)[-1]
    title = "console: p95 from a review decided elsewhere to drawn"
    details = {"median_ms": statistics.median(took), "most_ms": max(took)}
    return Figure("console", "decided-elsewhere", title, "ms", (late,), Bound.AT_MOST, 200.0, details=details)


async def _decide(engine: RunningEngine, drawn: Drawn, count: int) -> list[float]:
    """Milliseconds of each of so many."""
    took = []
    async with engine.client() as client:
        for _ in range(count):
            before = len(drawn.seen)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(asyncio.to_thread(_delete, through(engine, "reviews")))
                while not (reviews := await client.reviews("pending")):  # noqa: ASYNC110 - a feed may begin after it
                    await asyncio.sleep(_BETWEEN)
                await asyncio.to_thread(drawn.shows, "DELETE", before)
                seen, started = len(drawn.seen), time.time()
                await client.approve(reviews[0].id, "agreed")
                took.append((await asyncio.to_thread(drawn.shows, "approved", seen) - started) * 1000)
    return took


def _delete(peer: Peer) -> None:
    with _connected(peer) as connection:
        connection.execute("delete from pgbench_tellers where tid = -1")


def _lasting(bench: Bench, engine: RunningEngine) -> Figure:
    """Eight hours of a change a second and a session every twenty, as fast as they can be had."""
    hour = 3600 // (10 if bench.options.is_quick else 1)
    sizes: list[float] = []
    with console(_socket(engine), bench.directory) as drawn:
        drawn.shows(_LIVE)
        drawn.type("2")
        for _ in range(_HOURS):
            with _load(through(engine, "hours")) as load:
                _open(through(engine, "marks"), hour // 20, between=0.0)
                time.sleep(hour / RATE)  # so long takes an hour of it
            load.communicate()
            sizes.append(usage(drawn.process.pid).resident / 1e6)
    bench.say(f"console, hour by hour: {', '.join(f'{size:.0f}' for size in sizes)} MB")
    details = {f"after_{number}_h_mb": size for number, size in enumerate(sizes, start=1)}
    title = f"console after {_HOURS} hours of a change a second: resident memory"
    return Figure("console", "eight-hours", title, "MB", (max(sizes),), Bound.AT_MOST, 150.0, details=details)


@contextmanager
def _load(peer: Peer) -> Iterator[subprocess.Popen[str]]:
    """Denials at a rate, each a change of its session, until the end; then it says the rate that it kept."""
    line = [sys.executable, "-m", "tests.bench.denials", str(RATE)]
    process = subprocess.Popen(line, env=peer.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
        process.wait(30)


def _open(peer: Peer, count: int, between: float = _BETWEEN) -> tuple[float, float]:
    """Sessions that open and close, one after the other; from when to when."""
    start = time.time()
    for _ in range(count):
        _connected(peer).close()
        time.sleep(between)  # so that each is an event of its own
    return start, time.time()


def _connected(peer: Peer) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host="127.0.0.1", port=peer.port, user=peer.user, password=peer.password, dbname=peer.database, autocommit=True
    )


async def _sessions(engine: RunningEngine) -> list[SessionView]:
    async with engine.client() as client:
        return await client.sessions()


def _delays(drawn: Drawn, sessions: Sequence[SessionView], within: tuple[float, float]) -> list[float]:
    """Milliseconds from a session's opening, as the engine tells it, to its identifier on the terminal."""
    found = []
    for session in sessions:
        opened = datetime.fromisoformat(session.opened).timestamp()
        if within[0] <= opened <= within[1]:
            shown = drawn.when(session.id)
            if shown is None:
                raise SystemExit(f"session {session.id} was never drawn")
            found.append((shown - opened) * 1000)
    return found
