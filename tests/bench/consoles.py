"""Consoles over SSH: what a hundred of them cost in memory, and a keystroke of somebody else's beside them."""

from __future__ import annotations

import asyncio
import os
import select
import statistics
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.figures import Figure, ratios
from tests.bench.machine import usage
from tests.bench.ssh import Road, keystroke
from tests.servers.bastion import WORK_RULES, Bastion, bastions
from tests.servers.openssh import servers
from tests.servers.processes import children, nursery
from tests.servers.sshkeys import keygen, public

_CONSOLES, _QUICK_CONSOLES, _EACH = 100, 10, 8
_KEYSTROKES = 500
_LIVE = "● live".encode()
_WITHIN = 60.0
_IDLE = 5.0  # seconds over which processor time is counted
_KILOBYTE, _MEGABYTE = 1 << 10, 1 << 20


def measure(bench: Bench) -> list[Figure]:
    """Memory of all consoles and their parent, shared pages counted once, over how many there are; and keystrokes."""
    count = _QUICK_CONSOLES if bench.options.is_quick else _CONSOLES
    with _bastion(bench.directory / "consoles", -(-count // _EACH)) as (engine, people):
        road = Road("plain", (*engine.options(), f"-oPort={engine.port}"), "web1@127.0.0.1")
        rounds = range(bench.options.rounds)
        alone = [keystroke(road, _KEYSTROKES) for _ in rounds]
        with ExitStack() as stack:
            started = time.perf_counter()
            for number in range(count):
                _open(stack, engine, people[number // _EACH])
            took = time.perf_counter() - started
            beside = [keystroke(road, _KEYSTROKES) for _ in rounds]
            forker, consoles = _processes(engine)
            each = statistics.median(_share(pid) for pid in consoles)
            idle, engine_idle = _idle([forker, *consoles]), _idle([_pid(engine)])
            details = {
                "consoles": float(len(consoles)),
                "each_MB": each / _MEGABYTE,
                "nursery_MB": _share(forker) / _MEGABYTE,
                "opening_ms": took / count * 1000,
                "idle_cpu_percent_each": idle / len(consoles) * 100,
                "engine_cpu_percent": engine_idle * 100,
            }
            total = _share(forker) + sum(_share(pid) for pid in consoles)
    bench.say(f"{count} consoles: {each / _MEGABYTE:.1f} MB each, {idle / count * 100:.2f} % of a core each")
    times = {"alone_ms": statistics.median(alone) * 1000, "beside_ms": statistics.median(beside) * 1000}
    return [
        Figure(
            "consoles", "console", "a console over SSH: memory", "MB", (total / count / _MEGABYTE,), details=details
        ),
        Figure(
            "consoles",
            "keystroke-beside-consoles",
            f"a keystroke beside {count} consoles: times that without",
            "×",
            ratios(beside, alone),
            details=times,
        ),
    ]


@contextmanager
def _bastion(directory: Path, people: int) -> Iterator[tuple[Bastion, list[Path]]]:
    """An engine with so many auditors, and their keys."""
    with servers(directory / "target") as target, bastions(directory, target) as start:
        engine = start(WORK_RULES)
        keys = [keygen(directory / f"person{number}") for number in range(people)]
        lines = "".join(f'    {key.name}: {{ssh: ["{public(key)}"], groups: [dba]}}\n' for key in keys)
        head, permissions, rest = engine.config.read_text().partition("permissions:")
        engine.config.write_text(head + lines + permissions + rest)
        asyncio.run(_apply(engine))
        yield engine, keys


async def _apply(engine: Bastion) -> None:
    async with engine.client() as client:
        await client.apply_policy()


def _open(stack: ExitStack, engine: Bastion, key: Path) -> None:
    """One console, on a terminal that somebody looks at until it shows the engine's state."""
    master, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    stack.callback(os.close, master)
    options = [option for option in engine.options() if "IdentityFile" not in option]
    line = ["ssh", *options, f"-oIdentityFile={key}", f"-oPort={engine.port}", "-tt", "console@127.0.0.1"]
    client = subprocess.Popen(line, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True)
    os.close(terminal)
    stack.callback(client.wait)
    stack.callback(client.terminate)
    shown = b""
    while _LIVE not in shown:
        if not select.select([master], [], [], _WITHIN)[0]:
            raise SystemExit(f"no console came within {_WITHIN:g} s; it shows {shown[-2000:]!r}")
        shown += os.read(master, 65_536)


def _pid(engine: Bastion) -> int:
    assert engine.process is not None
    return engine.process.pid


def _processes(engine: Bastion) -> tuple[int, list[int]]:
    found = nursery(_pid(engine))
    return found, children(found)


def _share(pid: int) -> int:
    """Bytes of memory, each page divided by how many processes have it (proc(5): Pss)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(rollup.partition("\nPss:")[2].split()[0]) * _KILOBYTE


def _idle(pids: list[int]) -> float:
    """Processor time of all of them together, in cores."""
    before = sum(usage(pid).cpu for pid in pids)
    time.sleep(_IDLE)  # what they cost is measured over this long
    return (sum(usage(pid).cpu for pid in pids) - before) / _IDLE
