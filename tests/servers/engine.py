"""A real engine in front of a real database, for tests that go through both with real clients."""

from __future__ import annotations

import getpass
import json
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hoopterm.client import Client
from replay.report import Report
from replay.verify import verify
from tests.e2e.shop import assert_clean
from tests.servers.postgres import Database
from tests.servers.raw import RawClient

HEAD = """
engine: {state: ./state, socket: ./control.sock%(engine)s}
listeners: {postgres: {listen: "127.0.0.1:0", names: [localhost]}}
identity:
  people:
    alice: {unix: test-alice, groups: [dev]}
    bob: {unix: "%(user)s", groups: [dba]}
permissions: {admin: [dba], approver: [dba], operator: [dba], auditor: [dba]}
agents:
  - {name: bot, sponsor: alice, purpose: tests, groups: [agents]}
  - {name: officer, sponsor: alice, purpose: tests, groups: [agents, privacy]}
targets:
  - name: db
    protocol: postgres
    address: "%(host)s:%(port)d"
    database: %(database)s
    credential: {user: "%(role)s", password: {env: UPSTREAM_PASSWORD}}
    labels: {env: test}
"""

READ_RULES = """
rules:
  - {name: read, decide: allow, who: {groups: [agents]}, what: {effects: [read]}}
"""

WRITE_RULES = """
rules:
  - name: work
    decide: allow
    who: {groups: [agents]}
    what: {effects: [read, write, delete, schema, session, execute, network]}
"""


@dataclass
class RunningEngine:
    """One engine process. `token` gives a secret for a subject of the configuration."""

    directory: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    ready: dict[str, Any] = field(default_factory=dict)
    shows_values: bool = False  # a test looked at protected values: they may stand in its recordings

    def start(self) -> None:
        """Start it, and wait until it serves."""
        self.begin()
        assert self.process is not None
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.process.wait(30)
            self.process.stdout.close()
            raise AssertionError((self.directory / "engine.log").read_text())
        self.ready = json.loads(line)

    def begin(self) -> None:
        """Start its process."""
        with (self.directory / "engine.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.servers.serve", str(self.config), "bot:alice", "officer:alice"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self.environment,
            )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal it and wait for its end."""
        assert self.process is not None
        self.process.send_signal(number)
        status = self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return status

    @property
    def config(self) -> Path:
        return self.directory / "hoopterm.yaml"

    @property
    def state(self) -> Path:
        return self.directory / "state"

    @property
    def port(self) -> int:
        return int(self.ready["port"])

    def token(self, subject: str = "bot") -> str:
        return str(self.ready["tokens"][subject])

    def client(self) -> Client:
        """The control API as the person who runs the tests (bob)."""
        return Client.at(str(self.directory / "control.sock"))

    def dsn(self, subject: str = "bot", **parameters: str) -> dict[str, Any]:
        """Connection parameters as libpq spells them."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "user": subject,
            "password": self.token(subject),
            "dbname": "db",
            **parameters,
        }

    def verified(self) -> Report:
        """The verdict on the record as the files alone show it."""
        return verify(self.state)

    def raw(self, subject: str = "bot", **extra: str) -> RawClient:
        """A client of bare bytes."""
        return RawClient(self.port, subject, self.token(subject), extra=extra)

    def raw_on(self, target: str) -> RawClient:
        """The same on another target."""
        return RawClient(self.port, "bot", self.token(), target)

    def memory(self) -> int:
        """Bytes of memory the engine's process has now."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) << 10

    def descriptors(self) -> int:
        """How many descriptors it has open now."""
        assert self.process is not None
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def tasks(self) -> int:
        """How many tasks its loop has now."""
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.send_signal(signal.SIGUSR1)
        return int(self.process.stdout.readline())

    def set_clock(self, ahead: float) -> None:
        """Its clock jumps: so many seconds ahead of the time, behind it where negative."""
        new = self.directory / "clock.new"
        new.write_text(str(ahead))
        new.rename(self.directory / "clock")

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        """Storage fails meanwhile, as `faults` says."""
        switch = self.directory / name
        switch.touch()
        try:
            yield
        finally:
            switch.unlink()

    def everything_written(self, without: str = "") -> bytes:
        """Every byte the engine wrote: log, recordings, store, engine.log; but files of a pattern, where one is given.
        Compressed frames are decompressed."""
        import zstandard

        files = [path for path in sorted(self.directory.rglob("*")) if path.is_file()]
        content = b"".join(_bytes(path) for path in files if not (without and path.match(without)))
        plain = []
        for path in sorted(self.state.rglob("*.hoop")):
            data = path.read_bytes()
            while data:
                decompressor = zstandard.ZstdDecompressor().decompressobj(read_across_frames=False)
                plain.append(decompressor.decompress(data))
                if decompressor.unused_data == data:
                    break
                data = decompressor.unused_data
        return content + b"".join(plain)


def _bytes(path: Path) -> bytes:
    """A file's content; none where the engine, which may be at work, has moved it meanwhile."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


StartEngine = Callable[..., RunningEngine]


@contextmanager
def ended(running: Sequence[RunningEngine]) -> Iterator[None]:
    """Stop in the end what runs by then. Where masking is on, nothing that an engine wrote may hold a canary."""
    try:
        yield
    finally:
        for engine in running:
            if engine.process is not None and engine.process.poll() is None:
                engine.stop()
            if not engine.shows_values:
                assert_clean(engine.everything_written())


@contextmanager
def engines(directory: Path, database: Database) -> Iterator[StartEngine]:
    """Start engines in front of a database: `start(rules=…, masking=…, target="mode: observe")`; stopped at the end.

    Where masking is on, nothing that an engine wrote may hold a canary.
    """
    running: list[RunningEngine] = []

    def start(rules: str = READ_RULES, masking: str = "", target: str = "", **values: Any) -> RunningEngine:
        home = directory / f"engine-{len(running)}"
        home.mkdir(exist_ok=True)
        server = database.server
        settings: dict[str, Any] = {
            "user": getpass.getuser(),
            "engine": "",
            "host": server.host,
            "port": server.port,
            "database": database.name,
            "role": server.user,
            "password": server.password,
            **values,
        }
        extra = textwrap.indent(textwrap.dedent(target), "    ")
        engine = RunningEngine(
            home, {"UPSTREAM_PASSWORD": str(settings["password"]), "PATH": "/usr/bin:/bin", "FAULTS": str(home)}
        )
        engine.config.write_text(f"{HEAD % settings}{extra}\n{textwrap.dedent(rules)}\n{textwrap.dedent(masking)}")
        engine.shows_values = not masking
        engine.start()
        running.append(engine)
        return engine

    with ended(running):
        yield start


@pytest.fixture
def start_engine(tmp_path: Path, database: Database) -> Iterator[StartEngine]:
    """Starts engines in front of `database`, for one test."""
    with engines(tmp_path, database) as start:
        yield start


@pytest.fixture(scope="module")
def start_module_engine(tmp_path_factory: pytest.TempPathFactory, module_database: Database) -> Iterator[StartEngine]:
    """Starts engines in front of `module_database`, for the tests of a module."""
    with engines(tmp_path_factory.mktemp("engines"), module_database) as start:
        yield start
