"""Small statements: pgbench's select-only script directly, through PgBouncer, and through engines, in turns."""

from __future__ import annotations

import statistics

from tests.bench import disk, pgbench
from tests.bench.bench import Bench
from tests.bench.figures import Bound, Figure, differences, ratios
from tests.bench.peers import Peer, through
from tests.bench.pgbench import Run

MODES = ("simple", "prepared")
CLIENTS = (1, 8, 64)
_PROBES = 200
Runs = dict[str, list[Run]]


def measure(bench: Bench) -> list[Figure]:
    """Every mode and number of clients."""
    peers = [bench.direct, bench.pgbouncer, through(bench.batched, "batched"), through(bench.strict, "strict")]
    for peer in peers:
        pgbench.select_only(bench, peer, "simple", 1, 1)
    figures: list[Figure] = []
    for mode in MODES:
        for clients in CLIENTS:
            figures += _measure(bench, peers, mode, clients)
    return figures


def _measure(bench: Bench, peers: list[Peer], mode: str, clients: int) -> list[Figure]:
    runs: Runs = {peer.name: [] for peer in peers}
    fsyncs: list[float] = []
    for number in range(bench.options.rounds):
        fsyncs.append(disk.latency(bench.directory, _PROBES, preallocated=True) * 1e6)
        for peer in peers:
            runs[peer.name].append(pgbench.select_only(bench, peer, mode, clients, bench.options.seconds))
        tps = ", ".join(f"{name} {each[-1].tps:,.0f}" for name, each in runs.items())
        bench.say(f"select-only, {mode}, {clients} clients, round {number + 1}: {tps} tps")
    return figures_of(mode, clients, runs, fsyncs)


def figures_of(mode: str, clients: int, runs: Runs, fsyncs: list[float]) -> list[Figure]:
    """What the rounds of one mode and number of clients say; `fsyncs` are in µs, one a round."""
    found = []
    name = f"{mode}-{clients}"
    for durability, clients_bound, least in (("batched", 8, 0.65), ("strict", 64, 0.55)):
        share = ratios([run.tps for run in runs[durability]], [run.tps for run in runs["pgbouncer"]])
        is_bound = clients == clients_bound
        found.append(
            Figure(
                "statements",
                f"{durability}-{name}",
                f"select-only, {mode}, {_count(clients)}, {durability}: transactions a second against PgBouncer",
                "×",
                share,
                Bound.AT_LEAST if is_bound else Bound.NONE,
                least if is_bound else None,
                details=_details(durability, runs, fsyncs),
            )
        )
        if clients == 1:
            found.append(_added(durability, mode, runs, fsyncs))
    return found


def _added(durability: str, mode: str, runs: Runs, fsyncs: list[float]) -> Figure:
    """What a statement takes longer at one client; under strict audit one fsync of this disk is not counted."""
    added = differences([run.latency for run in runs[durability]], [run.latency for run in runs["direct"]])
    details = _details(durability, runs, fsyncs) | {"added_us": statistics.median(added)}
    title = f"select-only, {mode}, 1 client, {durability}: added to the direct average"
    limit = 80.0
    if durability == "strict":
        added, title, limit = differences(added, fsyncs), f"{title}, beside one fsync", 150.0
    return Figure(
        "statements", f"{durability}-{mode}-1-added", title, "µs", added, Bound.AT_MOST, limit, details=details
    )


def _details(durability: str, runs: Runs, fsyncs: list[float]) -> dict[str, float]:
    details = {
        f"{name}_tps": statistics.median(run.tps for run in runs[name]) for name in ("direct", "pgbouncer", durability)
    }
    for name in ("pgbouncer", durability):
        spent = [run.cpu for run in runs[name] if run.cpu is not None]
        if spent:
            details[f"{name}_cpu_us"] = statistics.median(spent)
    return details | {"fsync_us": statistics.median(fsyncs)}


def _count(clients: int) -> str:
    return "1 client" if clients == 1 else f"{clients} clients"
