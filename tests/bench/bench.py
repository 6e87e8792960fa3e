"""What a run has at hand: started when a scenario first asks for it, stopped when the run ends."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from hoopterm.demo.postgres import EmbeddedPostgres
from tests.bench import peers
from tests.bench.peers import DATABASE, Peer
from tests.servers.engine import RunningEngine

SCALE = 5  # 500,000 accounts
BUILD = Path("build")


@dataclass(frozen=True, slots=True)
class Options:
    """How long to measure: rounds, and seconds of each run of pgbench."""

    rounds: int = 5
    seconds: int = 2
    is_quick: bool = False


class Bench:
    """The servers of one run. Engines keep their state below the build folder, on the disk that `disk` measures."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._resources = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._resources.close()

    @cached_property
    def directory(self) -> Path:
        """A folder of this run alone, which others may enter but not list."""
        BUILD.mkdir(exist_ok=True)
        directory = self._resources.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD.resolve()))
        Path(directory).chmod(0o711)
        return Path(directory)

    @cached_property
    def server(self) -> EmbeddedPostgres:
        """PostgreSQL with pgbench's tables."""
        settings = {"max_connections": "1200", "shared_buffers": "256MB", "autovacuum": "off"}
        server = self._resources.enter_context(EmbeddedPostgres(password="upstream-secret", settings=settings))
        server.psql(f"create database {DATABASE}")
        self.run([str(server.bin / "pgbench"), "-i", "-q", "-s", str(SCALE)], self.direct_to(server))
        return server

    @staticmethod
    def direct_to(server: EmbeddedPostgres) -> Peer:
        """The road to a server without anything between."""
        return peers.direct(server)

    @cached_property
    def direct(self) -> Peer:
        """The road to the database itself."""
        return peers.direct(self.server)

    @cached_property
    def pgbouncer(self) -> Peer:
        """The road through PgBouncer."""
        with tempfile.TemporaryDirectory(prefix="hoopterm-bench-") as directory:
            Path(directory).chmod(0o755)
            return self._resources.enter_context(peers.pgbouncer(self.server, Path(directory)))

    @cached_property
    def batched(self) -> RunningEngine:
        """An engine whose audit is `batched`."""
        return self._resources.enter_context(peers.engine(self.server, self.directory / "batched", "batched"))

    @cached_property
    def strict(self) -> RunningEngine:
        """An engine whose audit is `strict`."""
        return self._resources.enter_context(peers.engine(self.server, self.directory / "strict", "strict"))

    def fresh(self, name: str) -> AbstractContextManager[RunningEngine]:
        """A `strict` engine that nothing has used yet, in a folder of that name."""
        return peers.engine(self.server, self.directory / name, "strict")

    def say(self, text: str) -> None:
        """Tell people how far it is."""
        print(text, file=sys.stderr, flush=True)

    @staticmethod
    def run(command: list[str], peer: Peer) -> str:
        """A client's standard output; raises SystemExit with what it complained of."""
        done = subprocess.run(command, env=peer.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{Path(command[0]).name} through {peer.name} failed:\n{done.stderr}")
        return done.stdout
