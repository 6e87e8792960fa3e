"""One run of pgbench's select-only script."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.bench.bench import Bench
from tests.bench.machine import usage
from tests.bench.peers import Peer

_TPS = re.compile(r"^tps = ([0-9.]+) ", re.MULTILINE)
_DONE = re.compile(r"^number of transactions actually processed: ([0-9]+)", re.MULTILINE)
_JOBS = 2


@dataclass(frozen=True, slots=True)
class Run:
    """Transactions a second without the time to connect; processor time a transaction in µs, of what is between."""

    tps: float
    clients: int
    cpu: float | None

    @property
    def latency(self) -> float:
        """The average in µs: that many clients each wait for one transaction at a time."""
        return self.clients / self.tps * 1e6


def select_only(bench: Bench, peer: Peer, mode: str, clients: int, seconds: int) -> Run:
    """Run it; `mode` is `simple`, `extended` or `prepared`."""
    command = [
        str(bench.server.bin / "pgbench"),
        "--select-only",
        "--no-vacuum",
        f"--protocol={mode}",
        f"--client={clients}",
        f"--jobs={min(clients, _JOBS)}",
        f"--time={seconds}",
    ]
    before = usage(peer.pid).cpu if peer.pid else 0.0
    said = bench.run(command, peer)
    spent = usage(peer.pid).cpu - before if peer.pid else None
    return parse(said, clients, spent)


def parse(said: str, clients: int, spent: float | None) -> Run:
    """What pgbench reports; `spent` is the processor time in seconds of what stood between."""
    tps, done = _TPS.search(said), _DONE.search(said)
    if tps is None or done is None:
        raise SystemExit(f"pgbench says what was not expected:\n{said}")
    return Run(float(tps[1]), clients, None if spent is None else spent / int(done[1]) * 1e6)
