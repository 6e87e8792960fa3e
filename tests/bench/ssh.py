"""SSH beside `ssh -J` through an OpenSSH bastion: a keystroke, a copied gigabyte, a session's opening and memory."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.figures import Bound, Figure, ratios
from tests.bench.machine import usage
from tests.servers.bastion import Bastion, bastions
from tests.servers.openssh import OpenSSHServer, servers

_KEYSTROKES, _QUICK_KEYSTROKES = 3000, 500
_FILE, _QUICK_FILE = 1_000_000_000, 100_000_000
_OPENINGS = 5
_SESSIONS, _QUICK_SESSIONS, _WARM = 500, 40, 10
_SETTLED = 2.0  # seconds until what sessions began by recording is stored, and their buffers are let go of
_LINE = b"%09d the order was packed, sent and paid in full, and nobody complained about it so far\n"

_POLICY = """
  - name: full
    protocol: ssh
    address: "127.0.0.1:{port}"
    host_key: "{host_key}"
    credential: {{user: "{login}", private_key: {{file: "{key}"}}}}
    labels: {{env: full}}
    record: {{answers: all}}
rules:
  - {{name: work, decide: allow, who: {{groups: [agents]}}, what: {{effects: [read, write, delete, execute, opaque]}}}}
masking:
  - {{name: pii, where: {{labels: {{env: full}}}}, detect: [credit_card, email, iban, us_ssn, phone, jwt, private_key]}}
"""


@dataclass(frozen=True, slots=True)
class Road:
    """A way to the target: OpenSSH's options and the name to log in to."""

    name: str
    options: tuple[str, ...]
    login: str

    def ssh(self, *arguments: str) -> list[str]:
        """The client's command line."""
        return ["ssh", *self.options, self.login, *arguments]

    def scp(self, source: str, target: str) -> list[str]:
        """The same for a copy; `:PATH` is at the other end."""
        ends = (f"{self.login}{end}" if end.startswith(":") else end for end in (source, target))
        return ["scp", "-q", *self.options, *ends]


@dataclass(frozen=True, slots=True)
class Roads:
    """What is compared: `jump` is OpenSSH's own bastion."""

    jump: Road
    plain: Road  # answers as digests, masking off
    full: Road  # answers kept, detectors on
    engine: Bastion

    @property
    def pid(self) -> int:
        """The engine's process."""
        assert self.engine.process is not None
        return self.engine.process.pid


def measure(bench: Bench) -> list[Figure]:
    """All of it."""
    with _roads(bench.directory / "ssh") as roads:
        return [
            *_keystrokes(bench, roads),
            *_openings(bench, roads),
            *_copies(bench, roads),
            *_memory(bench, roads),
        ]


@contextmanager
def _roads(directory: Path) -> Iterator[Roads]:
    with servers(directory / "target") as target, servers(directory / "jump") as jump:
        values = {"port": target.port, "host_key": target.host_key, "login": target.user, "key": target.key}
        with bastions(directory, target) as start:
            engine = start(_POLICY.format(**values), target_lines="record: {answers: digest}")
            ours = (*engine.options(), f"-oPort={engine.port}")
            yield Roads(
                _jump(directory, target, jump),
                Road("plain", ours, "web1@127.0.0.1"),
                Road("full", ours, "full@127.0.0.1"),
                engine,
            )


def _jump(directory: Path, target: OpenSSHServer, jump: OpenSSHServer) -> Road:
    lines = [
        "Host *",
        *("IdentitiesOnly yes", "IdentityAgent none", "BatchMode yes", "LogLevel ERROR"),
        f"UserKnownHostsFile {directory / 'known_hosts'}",
    ]
    for name, server in (("target", target), ("jump", jump)):
        lines += [f"Host {name}", "HostName 127.0.0.1", f"Port {server.port}", f"User {server.user}"]
        lines += [f"IdentityFile {server.key}", *(["ProxyJump jump"] if name == "target" else [])]
    known = [f"[127.0.0.1]:{server.port} {server.host_key}\n" for server in (target, jump)]
    (directory / "known_hosts").write_text("".join(known))
    (directory / "config").write_text("\n".join([*lines[5:], *lines[:6], ""]))
    return Road("jump", ("-F", str(directory / "config")), "target")


def _keystrokes(bench: Bench, roads: Roads) -> list[Figure]:
    count = _QUICK_KEYSTROKES if bench.options.is_quick else _KEYSTROKES
    found = _turns(bench, "a keystroke", (roads.jump, roads.plain), lambda road: keystroke(road, count))
    title, details = "one byte there and back: times that of ssh -J", _medians(found)
    return [Figure("ssh", "keystroke", title, "×", ratios(found["plain"], found["jump"]), Bound.AT_MOST, 2.0, details)]


def keystroke(road: Road, count: int) -> float:
    """The median of so many bytes on their way to `cat` and back, in seconds."""
    with subprocess.Popen(road.ssh("cat"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        took = []
        for _ in range(count):
            started = time.perf_counter()
            client.stdin.write(b"x")
            client.stdout.read(1)
            took.append(time.perf_counter() - started)
    return statistics.median(took)


def _openings(bench: Bench, roads: Roads) -> list[Figure]:
    def opening(road: Road) -> float:
        started = time.perf_counter()
        for _ in range(_OPENINGS):
            _run(road.ssh("true"))
        return (time.perf_counter() - started) / _OPENINGS

    found = _turns(bench, "a session's set-up", (roads.jump, roads.plain), opening)
    title, details = "a session from its opening to its end: times that of ssh -J", _medians(found)
    return [Figure("ssh", "opening", title, "×", ratios(found["plain"], found["jump"]), Bound.AT_MOST, 1.0, details)]


def _copies(bench: Bench, roads: Roads) -> list[Figure]:
    size = _QUICK_FILE if bench.options.is_quick else _FILE
    source, target = bench.directory / "source", bench.directory / "copied"
    with source.open("wb") as file:
        for first in range(0, size // len(_LINE % 0), 10_000):
            file.writelines(_LINE % number for number in range(first, first + 10_000))
    size = source.stat().st_size

    def down(road: Road) -> float:
        return _timed(road.scp(f":{source}", str(target)))

    def up(road: Road) -> float:
        return _timed(road.scp(str(source), f":{target}"))

    figures = []
    for name, copy in (("down", down), ("up", up)):
        found = _turns(bench, f"scp {name}", (roads.jump, roads.plain, roads.full), copy)
        for road, words, bound in (("plain", "digests alone", 0.7), ("full", "kept, detectors on", 0.35)):
            title = f"scp of {size / 1e9:.1g} GB {name}, {words}: share of the speed of ssh -J"
            details = {f"{each}_MB_per_s": size / 1e6 / statistics.median(took) for each, took in found.items()}
            figures.append(
                Figure(
                    "ssh",
                    f"scp-{name}-{road}",
                    title,
                    "×",
                    ratios(found["jump"], found[road]),
                    Bound.AT_LEAST,
                    bound,
                    details,
                )
            )
    return figures


def _memory(bench: Bench, roads: Roads) -> list[Figure]:
    count = _QUICK_SESSIONS if bench.options.is_quick else _SESSIONS
    with ExitStack() as sessions:
        _open(sessions, roads.plain, _WARM)
        before = usage(roads.pid)
        _open(sessions, roads.plain, count)
        after = usage(roads.pid)
    each = (after.resident - before.resident) / count / 1024
    bench.say(f"{count} SSH sessions: {each:.0f} KB each")
    details = {"sessions": float(count), "opening_cpu_ms": (after.cpu - before.cpu) / count * 1000}
    return [
        Figure("ssh", "ssh-session", "an SSH session: resident memory", "KB", (each,), Bound.AT_MOST, 300.0, details)
    ]


def _open(sessions: ExitStack, road: Road, count: int) -> None:
    """That many sessions at once, each running a command that waits."""
    for _ in range(count):
        client = subprocess.Popen(
            road.ssh("echo ready; exec cat"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        sessions.callback(client.wait, 60)
        assert client.stdin is not None
        assert client.stdout is not None
        sessions.callback(client.stdout.close)
        sessions.callback(client.stdin.close)
        client.stdout.readline()
    time.sleep(_SETTLED)  # nothing says when the engine has stored and let go of what it gathered


def _turns(bench: Bench, what: str, roads: Sequence[Road], measured: Callable[[Road], float]) -> dict[str, list[float]]:
    """Seconds on each road, in turns."""
    found: dict[str, list[float]] = {road.name: [] for road in roads}
    for _ in range(bench.options.rounds):
        for road in roads:
            found[road.name].append(measured(road))
        took = ", ".join(f"{name} {each[-1] * 1000:.4g} ms" for name, each in found.items())
        bench.say(f"{what}: {took}")
    return found


def _medians(found: dict[str, list[float]]) -> dict[str, float]:
    return {f"{name}_ms": statistics.median(each) * 1000 for name, each in found.items()}


def _timed(command: list[str]) -> float:
    started = time.perf_counter()
    _run(command)
    return time.perf_counter() - started


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr.decode(errors='replace')}")
