"""The audit log alone: how many entries a second it makes durable, beside what the relay writes.

`python -m tests.bench.auditlog FOLDER SECONDS` is the process that is measured: as many clients as `CLIENTS` each add
an intent like the relay's, wait until it is on stable storage, and add the next.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from engine.audit.events import EventName
from engine.audit.log import Log
from engine.errors import RecordError
from replay.note import SigningKey
from tests.bench import pgbench
from tests.bench.bench import Bench
from tests.bench.figures import Bound, Figure, ratios
from tests.bench.peers import Peer, through

CLIENTS = 256
_INTENT: dict[str, Any] = {
    "verb": "SELECT",
    "digest": "5" * 64,
    "effects": ["read"],
    "resources": ["public.pgbench_accounts"],
    "has_where": True,
    "verdict": "allow",
    "rule": "agents-read",
    "reason": "allowed by rule agents-read",
    "policy": "7" * 64,
    "review": None,
}


def measure(bench: Bench) -> list[Figure]:
    """The log and the relay in turns; the relay writes one entry a statement."""
    peer = through(bench.batched, "batched")
    alone, relayed = [], []
    for number in range(bench.options.rounds):
        alone.append(_alone(bench))
        relayed.append(pgbench.select_only(bench, peer, "prepared", 8, bench.options.seconds).tps)
        bench.say(f"audit log, round {number + 1}: alone {alone[-1]:,.0f}, relay {relayed[-1]:,.0f} entries/s")
    return [
        Figure(
            "log", "log-alone", "audit log alone: durable entries", "entries/s", tuple(alone), Bound.AT_LEAST, 15_000.0
        ),
        Figure(
            "log",
            "log-against-relay",
            "audit log alone against what the relay writes (8 clients, prepared)",
            "×",
            ratios(alone, relayed),
            Bound.AT_LEAST,
            1.5,
        ),
    ]


def _alone(bench: Bench) -> float:
    with tempfile.TemporaryDirectory(dir=bench.directory) as folder:
        local = Peer("log", 0, "", "", "")
        command = [sys.executable, "-m", "tests.bench.auditlog", folder, str(bench.options.seconds)]
        return float(json.loads(bench.run(command, local))["entries_per_second"])


async def _run(folder: Path, seconds: float) -> float:
    log = await Log.open(folder, key=SigningKey.generate("bench/0"), origin="bench/0")
    counted = 0
    ends = time.perf_counter() + seconds
    done = asyncio.Event()
    running = CLIENTS

    def add(error: RecordError | None = None, *, client: int) -> None:
        nonlocal counted, running
        if error is not None:
            raise error
        counted += 1
        if time.perf_counter() >= ends:
            running -= 1
            if not running:
                done.set()
            return
        sequence = log.append(
            EventName.OPERATION_INTENDED,
            session=f"s-{client:012x}",
            operation=f"o-{counted:012x}",
            identity="bot",
            target="db",
            data=_INTENT,
        )
        log.when_durable(sequence, partial(add, client=client))

    started = time.perf_counter()
    for client in range(CLIENTS):
        add(client=client)
    await done.wait()
    rate = (counted - CLIENTS) / (time.perf_counter() - started)  # the first call of each client stored nothing yet
    await log.close()
    return rate


if __name__ == "__main__":
    print(json.dumps({"entries_per_second": uvloop.run(_run(Path(sys.argv[1]), float(sys.argv[2])))}))
