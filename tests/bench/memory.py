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
_ANSWER, _QUICK_ANSWER = 5_000_000_000, 500_000_000
_SESSIONS, _QUICK_SESSIONS, _WARM = 500, 100, 50
_SETTLED = 2.0  # seconds until what sessions began by recording is stored, and their buffers are let go of
_MEGABYTE = 1 << 20


def measure_answer(bench: Bench) -> list[Figure]:
    """How far resident memory rises above what it was before, at its highest."""
    peer = through(bench.strict, "strict")
    assert peer.pid is not None
    _read(bench, peer, 10_000_000)
    size = _QUICK_ANSWER if bench.options.is_quick else _ANSWER
    reset_peak(peer.pid)
    before, started = usage(peer.pid), time.perf_counter()
    _read(bench, peer, size)
    took, after = time.perf_counter() - started, usage(peer.pid)
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


def _read(bench: Bench, peer: Peer, size: int) -> None:
    """psql takes rows as they come, a thousand at a time, and throws them away."""
    statement = _WIDE.format(rows=size // _WIDTH)
    psql = [str(bench.server.bin / "psql"), "-X", "-A", "-t", "-o", "/dev/null", "-v", "FETCH_COUNT=1000"]
    bench.run([*psql, "-c", statement], peer)


def measure_idle(bench: Bench) -> list[Figure]:
    """Resident memory a session, over sessions that have run a statement and wait."""
    peer = through(bench.strict, "strict")
    assert peer.pid is not None
    count = _QUICK_SESSIONS if bench.options.is_quick else _SESSIONS
    with ExitStack() as sessions:
        _open(sessions, peer, _WARM)
        before = usage(peer.pid).resident
        _open(sessions, peer, count)
        after = usage(peer.pid).resident
    each = (after - before) / count / 1024
    bench.say(f"{count} idle sessions: {each:.1f} KB each")
    details = {"sessions": float(count), "before_MB": before / _MEGABYTE, "after_MB": after / _MEGABYTE}
    return [Figure("idle", "idle-session", "an idle session, without TLS", "KB", (each,), Bound.AT_MOST, 50.0, details)]


def _open(sessions: ExitStack, peer: Peer, count: int) -> None:
    """That many sessions, each after a statement and its answer."""
    for number in range(count):
        session = sessions.enter_context(
            psycopg.connect(
                host="127.0.0.1",
                port=peer.port,
                user=peer.user,
                password=peer.password,
                dbname=peer.database,
                sslmode="disable",
                autocommit=True,
            )
        )
        session.execute(f"select abalance from pgbench_accounts where aid = {number + 1}").fetchall()
    time.sleep(_SETTLED)
