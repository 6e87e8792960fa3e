"""Small statements: pgbench's select-only script directly, through PgBouncer, and through engines, in turns."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from tests.bench import disk, pgbench
from tests.bench.bench import Bench
from tests.bench.figures import Bound, Figure, differences, ratios
from tests.bench.peers import Peer, through
from tests.bench.pgbench import Run

MODES = ("simple", "prepared")
CLIENTS = (1, 8, 64)
_PROBES = 200
# durability → the number of clients at which it has a target, the share of PgBouncer, and the µs it may add at one
_TARGETS = {"batched": (8, 0.65, 80.0), "strict": (64, 0.55, 150.0)}


@dataclass(slots=True)
class Rounds:
    """What peers did in turns, by name: a first run that warms them, and one a round.

    `fsyncs` are µs: what the disk took right before and right after each run of the peer that waits for it, which is
    last in a round.
    """

    mode: str
    clients: int
    warm: dict[str, Run]
    runs: dict[str, list[Run]]
    fsyncs: list[float] = field(default_factory=list)

    @property
    def fsync(self) -> float:
        """What one takes when nobody else has the disk: its quickest, so that a busy disk flatters nobody."""
        return min(self.fsyncs)

    def run(self, bench: Bench, peer: Peer) -> None:
        """Add a peer's run to this round."""
        connecting = self.warm[peer.name].connecting
        run = pgbench.select_only(bench, peer, self.mode, self.clients, bench.options.seconds, connecting)
        self.runs[peer.name].append(run)

    def tps(self, name: str) -> list[float]:
        """Transactions a second of each round."""
        return [run.tps for run in self.runs[name]]

    def latency(self, name: str) -> list[float]:
        """Average µs of each round."""
        return [run.latency for run in self.runs[name]]

    def cpu(self, name: str) -> float | None:
        """Median µs of processor time a transaction costs in this peer."""
        spent = [cost for run in self.runs[name] if (cost := run.cpu(self.warm[name])) is not None]
        return statistics.median(spent) if spent else None


def measure(bench: Bench) -> list[Figure]:
    """Every mode and number of clients."""
    peers = [bench.direct, bench.pgbouncer, through(bench.batched, "batched"), through(bench.strict, "strict")]
    return [
        figure for mode in MODES for clients in CLIENTS for figure in figures_of(_measure(bench, peers, mode, clients))
    ]


def _measure(bench: Bench, peers: list[Peer], mode: str, clients: int) -> Rounds:
    warm = {peer.name: pgbench.warm(bench, peer, mode, clients) for peer in peers}
    rounds = Rounds(mode, clients, warm, {peer.name: [] for peer in peers})
    for number in range(bench.options.rounds):
        for peer in peers[:-1]:
            rounds.run(bench, peer)
        rounds.fsyncs.append(_fsync(bench))
        rounds.run(bench, peers[-1])
        rounds.fsyncs.append(_fsync(bench))
        tps = ", ".join(f"{name} {each[-1].tps:,.0f}" for name, each in rounds.runs.items())
        bench.say(f"select-only, {mode}, {_count(clients)}, round {number + 1}: {tps} tps")
    return rounds


def _fsync(bench: Bench) -> float:
    return disk.latency(bench.directory, _PROBES, preallocated=True) * 1e6


def figures_of(rounds: Rounds) -> list[Figure]:
    """What the rounds say of each durability: the share of PgBouncer, and what is added where there is one client."""
    found = []
    for durability in _TARGETS:
        found.append(_share(durability, rounds))
        if rounds.clients == 1:
            found.append(_added(durability, rounds))
    return found


def _share(durability: str, rounds: Rounds) -> Figure:
    bound_at, least, _ = _TARGETS[durability]
    is_bound = rounds.clients == bound_at
    return Figure(
        "statements",
        f"{durability}-{rounds.mode}-{rounds.clients}",
        f"select-only, {rounds.mode}, {_count(rounds.clients)}, {durability}: transactions a second against PgBouncer",
        "×",
        ratios(rounds.tps(durability), rounds.tps("pgbouncer")),
        Bound.AT_LEAST if is_bound else Bound.NONE,
        least if is_bound else None,
        details=_details(durability, rounds),
    )


def _added(durability: str, rounds: Rounds) -> Figure:
    """What a statement takes longer at one client; under strict audit one fsync of this disk is not counted."""
    added = differences(rounds.latency(durability), rounds.latency("direct"))
    details = _details(durability, rounds) | {"added_us": statistics.median(added)}
    conditions = f"select-only, {rounds.mode}, 1 client, {durability}"
    if durability == "strict":
        added, conditions = tuple(each - rounds.fsync for each in added), f"{conditions}, beside one fsync"
    return Figure(
        "statements",
        f"{durability}-{rounds.mode}-1-added",
        f"{conditions}: added to the direct average",
        "µs",
        added,
        Bound.AT_MOST,
        _TARGETS[durability][2],
        details=details,
    )


def _details(durability: str, rounds: Rounds) -> dict[str, float]:
    names = ("direct", "pgbouncer", durability)
    details = {f"{name}_tps": statistics.median(rounds.tps(name)) for name in names}
    details |= {f"{name}_cpu_us": cost for name in names if (cost := rounds.cpu(name)) is not None}
    details["connect_ms"] = rounds.warm[durability].connecting / rounds.clients * 1000
    return details | {"fsync_us": rounds.fsync}


def _count(clients: int) -> str:
    return "1 client" if clients == 1 else f"{clients} clients"
