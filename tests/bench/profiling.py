"""Where an engine's time goes while it serves one scenario: py-spy samples who has its interpreter.

Waiting for the disk or a peer does not count; system calls that are made with the interpreter's lock held do.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import bulk, memory, pgbench
from tests.bench.bench import Bench
from tests.bench.peers import Peer, through

USAGE = "(batched|strict)-(simple|extended|prepared)-CLIENTS, (select|copy)-(db|columns|plain), answer, or opening"
_RATE = 250  # samples a second
Work = Callable[[int], str]


def profile(bench: Bench, scenario: str, seconds: int) -> str:
    """Profile a scenario, as `USAGE` has them: functions by their own time, and by their time with callees."""
    peer, work = _work(bench, scenario)
    work(1)
    output = bench.directory / "profile.txt"
    command = [
        str(Path(sys.executable).with_name("py-spy")), "record", "--pid", str(peer.pid), "--format", "raw",
        "--rate", str(_RATE), "--duration", str(seconds), "--nonblocking", "--gil", "--threads",
        "--output", str(output),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as sampler:
        said = work(seconds)
        _, complaint = sampler.communicate()
    if sampler.returncode:
        raise SystemExit(f"py-spy failed:\n{complaint}")
    stacks = output.read_text().splitlines()
    busy = sum(count for _, count in _parse(stacks)) / (_RATE * seconds)
    return f"{scenario}: {said}, its interpreter is busy {busy:.0%} of the time\n{summary(stacks)}"


def _work(bench: Bench, scenario: str) -> tuple[Peer, Work]:
    match scenario.split("-"):
        case [("batched" | "strict") as durability, mode, clients] if clients.isdigit():
            peer = through(bench.batched if durability == "batched" else bench.strict, durability)
            return peer, lambda seconds: _statements(bench, peer, mode, int(clients), seconds)
        case [("select" | "copy") as kind, target]:
            client = bulk.CLIENTS["SELECT (psql)" if kind == "select" else "COPY (psql)"]
            bulk.prepare(bench)
            peer = through(bench.strict, target, target)
            return peer, lambda seconds: _repeatedly(lambda: client(bench, peer), seconds)
        case ["answer"]:
            peer = through(bench.strict, "strict")
            return peer, lambda seconds: _repeatedly(lambda: memory.read(bench, peer, 500_000_000), seconds)
        case ["opening"]:
            peer = through(bench.strict, "strict")
            return peer, lambda seconds: _repeatedly(lambda: memory.open_one(peer), seconds)
    raise SystemExit(f"no scenario {scenario}: {USAGE}")


def _statements(bench: Bench, peer: Peer, mode: str, clients: int, seconds: int) -> str:
    warm = pgbench.warm(bench, peer, mode, clients)
    run = pgbench.select_only(bench, peer, mode, clients, seconds)
    cpu = run.cpu(warm)  # unknown where connecting took more than the statements
    spent = "" if cpu is None else f", {cpu:.1f} µs of processor time a transaction"
    return f"{run.tps:,.0f} tps under the profiler{spent}"


def _repeatedly(client: Callable[[], float], seconds: int) -> str:
    took: list[float] = []
    while sum(took) < seconds:
        took.append(client())
    return f"{min(took):.3f} s under the profiler at best"


def summary(stacks: list[str], longest: int = 45) -> str:
    """A table of py-spy's raw stacks: `thread;function (file:line);… count` each."""
    threads: Counter[str] = Counter()
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for frames, count in _parse(stacks):
        threads[frames[0]] += count
        own[frames[-1]] += count
        for frame in set(frames[1:]):
            whole[frame] += count
    total = max(1, sum(threads.values()))
    lines = []
    for title, counter in (("thread", threads), ("own time", own), ("with callees", whole)):
        lines += ["", f"{title}:"]
        lines += [f"{count / total:7.1%}  {name}" for name, count in counter.most_common(longest)]
    return "\n".join(lines)


def _parse(stacks: list[str]) -> Iterator[tuple[list[str], int]]:
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        yield [_without_line(frame) for frame in stack.split(";")], int(count)


def _without_line(frame: str) -> str:
    """`name (file:12)` → `name (file)`: lines of one function are one."""
    head, colon, tail = frame.rpartition(":")
    return f"{head})" if colon and tail.rstrip(")").isdigit() else frame
