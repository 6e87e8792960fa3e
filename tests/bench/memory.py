"""Memory: what a 5 GB answer adds to an engine while it passes, and what a session costs that does nothing."""

from __future__ import annotations

import time
from contextlib import ExitStack

import psycopg

from tests.bench.bench import Bench
from tests.bench.figures import Bound, Figure
from tests.bench.machine import reset_peak, usage
from tests.bench.peers import Peer, through

_WIDE = "select n, repeat('words that hide nothing, again. ', 320) from generate_series(1, {rows}) as n"
_WIDTH = 32 * 320
_ANSWER, _QUICK_ANSWER, _SMALL_ANSWER = 5_000_000_000, 500_000_000, 10_000_000
_SESSIONS, _QUICK_SESSIONS, _WARM = 500, 100, 50
_SETTLED = 2.0  # seconds until what sessions began by recording is stored, and their buffers are let go of
_MEGABYTE = 1 << 20


def measure_answer(bench: Bench) -> list[Figure]:
    """How far resident memory rises above what it was before, at its highest."""
    size = _QUICK_ANSWER if bench.options.is_quick else _ANSWER
    with bench.fresh("answer") as engine:
        peer = through(engine, "strict")
        assert peer.pid is not None
        read(bench, peer, _SMALL_ANSWER)
        reset_peak(peer.pid)
        before = usage(peer.pid)
        took = read(bench, peer, size)
        after = usage(peer.pid)
    bench.say(f"{size / 1e9:.1f} GB answer: {took:.1f} s")
    details = {
        "before_MB": before.resident / _MEGABYTE,
        "peak_MB": after.peak / _MEGABYTE,
        "MB_per_s": size / 1e6 / took,
        "cpu_s": after.cpu - before.cpu,
    }
    rise = (after.peak - before.resident) / _MEGABYTE
    title = f"a {size / 1e9:g} GB answer: resident memory rises by"
    return [Figure("answer", "answer-memory", title, "MB", (rise,), Bound.AT_MOST, 64.0, details)]


def read(bench: Bench, peer: Peer, size: int) -> float:
    """Seconds in which psql takes an answer of that many bytes, a thousand rows at a time, and throws it away."""
    started = time.perf_counter()
    statement = _WIDE.format(rows=size // _WIDTH)
    psql = [str(bench.server.bin / "psql"), "-X", "-A", "-t", "-o", "/dev/null", "-v", "FETCH_COUNT=1000"]
    bench.run([*psql, "-c", statement], peer)
    return time.perf_counter() - started


def measure_idle(bench: Bench) -> list[Figure]:
    """Resident memory a session, over sessions that have run a statement and wait."""
    count = _QUICK_SESSIONS if bench.options.is_quick else _SESSIONS
    with bench.fresh("idle") as engine, ExitStack() as sessions:
        peer = through(engine, "strict")
        assert peer.pid is not None
        _open(sessions, peer, _WARM)
        before = usage(peer.pid)
        started = time.perf_counter()
        _open(sessions, peer, count)
        took, after = time.perf_counter() - started - _SETTLED, usage(peer.pid)
    each = (after.resident - before.resident) / count / 1024
    bench.say(f"{count} idle sessions: {each:.1f} KB each")
    details = {
        "sessions": float(count),
        "before_MB": before.resident / _MEGABYTE,
        "after_MB": after.resident / _MEGABYTE,
        "opening_ms": took / count * 1000,
        "opening_cpu_ms": (after.cpu - before.cpu) / count * 1000,
    }
    return [Figure("idle", "idle-session", "an idle session, without TLS", "KB", (each,), Bound.AT_MOST, 50.0, details)]


def _open(sessions: ExitStack, peer: Peer, count: int) -> None:
    """That many sessions, each after a statement and its answer."""
    for _ in range(count):
        sessions.enter_context(_connected(peer))
    time.sleep(_SETTLED)  # nothing says when the engine has stored and let go of what it gathered


def open_one(peer: Peer) -> float:
    """Seconds that a session takes from its opening over a statement to its end."""
    started = time.perf_counter()
    with _connected(peer):
        pass
    return time.perf_counter() - started


def _connected(peer: Peer) -> psycopg.Connection[tuple[object, ...]]:
    session = psycopg.connect(
        host="127.0.0.1",
        port=peer.port,
        user=peer.user,
        password=peer.password,
        dbname=peer.database,
        sslmode="disable",
        autocommit=True,
    )
    session.execute("select abalance from pgbench_accounts where aid = 1").fetchall()
    return session
