"""Large answers: 500,000 rows by SELECT and by COPY, directly and through an engine's three targets, in turns."""

from __future__ import annotations

import re
import statistics
import sys
from collections.abc import Callable

from tests.bench.bench import Bench
from tests.bench.figures import Bound, Figure, ratios
from tests.bench.machine import usage
from tests.bench.peers import Peer, through

ROWS = 500_000
TABLE = f"""
create table bulk_accounts (aid integer, bid integer, abalance integer, note text, filler character(44));
insert into bulk_accounts
select n, 1 + n / 100000, 0,
    case when n % 100 = 0 then rpad('write to user' || n || '@example.com', 40, ' soon')
         else rpad('order ' || n || ' was paid in full and sent', 40, ' today') end,
    'filler of account ' || n
from generate_series(1, {ROWS}) as n;
analyze bulk_accounts;
"""
"""Like pgbench_accounts, with a text beside the masked column in which one row of a hundred has an e-mail address."""

_SELECT = "select * from bulk_accounts"
_COPY = "copy bulk_accounts to stdout"
# target of the engine → what it does, and what share of the direct speed it must have
_TARGETS = {
    "db": ("column masks and detectors", 0.35),
    "columns": ("column masks alone", 0.55),
    "plain": ("unmasked", 0.75),
}
_TIME = re.compile(r"^Time: ([0-9.]+) ms", re.MULTILINE)


def prepare(bench: Bench) -> None:
    """Make the table, once."""
    if "bulk_accounts" not in bench.server.psql("select tablename from pg_tables", bench.direct.database):
        bench.server.psql(TABLE, bench.direct.database)


def measure(bench: Bench) -> list[Figure]:
    """Every kind of client."""
    prepare(bench)
    peers = [bench.direct, *(through(bench.strict, name, name) for name in _TARGETS)]
    return [figure for kind in CLIENTS for figure in _measure(bench, kind, peers)]


def _measure(bench: Bench, kind: str, peers: list[Peer]) -> list[Figure]:
    seconds: dict[str, list[float]] = {peer.name: [] for peer in peers}
    cpu: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for number in range(bench.options.rounds):
        for peer in peers:
            before = usage(peer.pid).cpu if peer.pid else 0.0
            seconds[peer.name].append(CLIENTS[kind](bench, peer))
            cpu[peer.name].append(usage(peer.pid).cpu - before if peer.pid else 0.0)
        took = ", ".join(f"{name} {each[-1]:.2f}" for name, each in seconds.items())
        bench.say(f"{ROWS:,} rows, {kind}, round {number + 1}: {took} s")
    return figures_of(kind, seconds, cpu)


def figures_of(kind: str, seconds: dict[str, list[float]], cpu: dict[str, list[float]]) -> list[Figure]:
    """The share of the direct speed that each target has; `seconds` and processor time are by peer."""
    return [
        Figure(
            "bulk",
            f"{kind}-{name}",
            f"{ROWS:,} rows by {kind}, {what}: speed against direct",
            "×",
            ratios(seconds["direct"], seconds[name]),
            Bound.AT_LEAST,
            least,
            details={
                "direct_s": statistics.median(seconds["direct"]),
                "engine_s": statistics.median(seconds[name]),
                "engine_cpu_s": statistics.median(cpu[name]),
            },
        )
        for name, (what, least) in _TARGETS.items()
    ]


def _psql(statement: str) -> Callable[[Bench, Peer], float]:
    """Seconds that psql takes for it, by its own clock."""

    def run(bench: Bench, peer: Peer) -> float:
        command = [str(bench.server.bin / "psql"), "-X", "-o", "/dev/null", "-c", r"\timing on", "-c", statement]
        said = bench.run([*command, "-P", "format=unaligned", "-P", "pager=off"], peer)
        found = _TIME.search(said)
        if found is None:
            raise SystemExit(f"psql says no time:\n{said}")
        return float(found[1]) / 1000

    return run


def _asyncpg(bench: Bench, peer: Peer) -> float:
    seconds, rows = bench.run([sys.executable, "-m", "tests.bench.driver", _SELECT], peer).split()
    if int(rows) != ROWS:
        raise SystemExit(f"{rows} rows came through {peer.name}")
    return float(seconds)


CLIENTS: dict[str, Callable[[Bench, Peer], float]] = {
    "SELECT (psql)": _psql(_SELECT),
    "SELECT (asyncpg)": _asyncpg,
    "COPY (psql)": _psql(_COPY),
}
