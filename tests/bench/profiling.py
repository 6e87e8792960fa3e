"""Where an engine's time goes while it serves one scenario: py-spy samples its event loop's thread."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.bench import pgbench
from tests.bench.bench import Bench
from tests.bench.peers import through

_RATE = 250  # samples a second
_WARM = 2


def profile(bench: Bench, scenario: str, seconds: int) -> str:
    """Profile `batched|strict-simple|prepared-CLIENTS`: functions by their own time, and by their time with callees."""
    durability, mode, clients = scenario.split("-")
    one = bench.batched if durability == "batched" else bench.strict
    peer = through(one, durability)
    pgbench.select_only(bench, peer, mode, 1, _WARM)
    output = bench.directory / "profile.txt"
    command = [
        str(Path(sys.executable).with_name("py-spy")), "record", "--pid", str(peer.pid), "--format", "raw",
        "--rate", str(_RATE), "--duration", str(seconds), "--nonblocking", "--threads", "--output", str(output),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as sampler:
        run = pgbench.select_only(bench, peer, mode, int(clients), seconds + 1)
        _, complaint = sampler.communicate()
    if sampler.returncode:
        raise SystemExit(f"py-spy failed:\n{complaint}")
    head = f"{scenario}: {run.tps:,.0f} tps under the profiler, {run.cpu:.1f} µs of processor time a transaction"
    return f"{head}\n{summary(output.read_text().splitlines())}"


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
