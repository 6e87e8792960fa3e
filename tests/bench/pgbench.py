"""One run of pgbench's select-only script."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from tests.bench.bench import Bench
from tests.bench.machine import usage
from tests.bench.peers import Peer

_SAID = re.compile(
    r"^number of transactions actually processed: (?P<done>[0-9]+).*"
    r"^initial connection time = (?P<connecting>[0-9.]+) ms.*"
    r"^tps = (?P<tps>[0-9.]+) ",
    re.MULTILINE | re.DOTALL,
)
_JOBS = 2
_WARM = 20  # transactions of each client
_TELLS = 4  # so many times the transactions of the shorter run, that the difference means something


@dataclass(frozen=True, slots=True)
class Run:
    """Transactions, and how many of them a second without the time to connect.

    `connecting` is that time and `spent` the processor time, both in seconds, of what stands between; `spent` is None
    where nothing does.
    """

    tps: float
    clients: int
    done: int
    connecting: float
    spent: float | None

    @property
    def latency(self) -> float:
        """The average in µs: that many clients each wait for one transaction at a time."""
        return self.clients / self.tps * 1e6

    def cpu(self, warm: Run) -> float | None:
        """Processor time of a transaction in µs, where it can be told; a shorter run says what connecting cost."""
        if self.spent is None or warm.spent is None or self.spent <= warm.spent or self.done <= _TELLS * warm.done:
            return None
        return (self.spent - warm.spent) / (self.done - warm.done) * 1e6


def warm(bench: Bench, peer: Peer, mode: str, clients: int) -> Run:
    """A few transactions of each client; `mode` is `simple`, `extended` or `prepared`."""
    return _run(bench, peer, mode, clients, f"--transactions={_WARM}")


def select_only(bench: Bench, peer: Peer, mode: str, clients: int, seconds: int, connecting: float = 0.0) -> Run:
    """That many seconds of them: pgbench's own clock begins before it connects, so that time is added."""
    return _run(bench, peer, mode, clients, f"--time={seconds + math.ceil(connecting)}")


def _run(bench: Bench, peer: Peer, mode: str, clients: int, length: str) -> Run:
    command = [
        str(bench.server.bin / "pgbench"),
        "--select-only",
        "--no-vacuum",
        f"--protocol={mode}",
        f"--client={clients}",
        f"--jobs={min(clients, _JOBS)}",
        length,
    ]
    before = usage(peer.pid).cpu if peer.pid else 0.0
    said = bench.run(command, peer)
    return parse(said, clients, usage(peer.pid).cpu - before if peer.pid else None)


def parse(said: str, clients: int, spent: float | None) -> Run:
    """What pgbench reports."""
    found = _SAID.search(said)
    if found is None:
        raise SystemExit(f"pgbench says what was not expected:\n{said}")
    return Run(float(found["tps"]), clients, int(found["done"]), float(found["connecting"]) / 1000, spent)
