"""What a campaign runs in: a server with its worlds, and an engine with a target for each way of masking."""

from __future__ import annotations

import getpass
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hoopterm.demo.postgres import EmbeddedPostgres
from tests.campaign.wire import Wire
from tests.servers.engine import RunningEngine

_TARGET = """
  - name: {name}
    protocol: postgres
    address: "127.0.0.1:{port}"
    database: {database}
    credential: {{user: postgres, password: {{env: UPSTREAM_PASSWORD}}}}
    trusted: [{trusted}]
"""

_HEAD = """
engine: {{state: ./state, socket: ./control.sock}}
listeners: {{postgres: {{listen: "127.0.0.1:0", names: [localhost]}}}}
identity:
  people:
    alice: {{unix: test-alice, groups: [dev]}}
    bob: {{unix: "{user}", groups: [dba]}}
permissions: {{admin: [dba], approver: [dba], operator: [dba], auditor: [dba]}}
agents:
  - {{name: bot, sponsor: alice, purpose: tests, groups: [agents]}}
  - {{name: officer, sponsor: alice, purpose: tests, groups: [agents]}}
targets:
"""


@dataclass
class Arena:
    """A server and an engine. `wire` and `direct` keep one connection to each place."""

    server: EmbeddedPostgres
    engine: RunningEngine
    _wires: dict[tuple[str, str], Wire] = field(default_factory=dict)

    def wire(self, target: str, database: str) -> Wire:
        """A connection through the engine, kept until it is `dropped`."""
        if (target, database) not in self._wires:
            wire = Wire.engine(self.engine.port, f"{target}/{database}", self.engine.token())
            self._wires[target, database] = wire
        return self._wires[target, database]

    def direct(self, database: str) -> Wire:
        """One past the engine."""
        if ("", database) not in self._wires:
            self._wires["", database] = Wire.direct(self.server.directory, self.server.port, database)
        return self._wires["", database]

    def forget(self, target: str, database: str) -> None:
        """Hang up there."""
        self._wires.pop((target, database)).close()

    def drop(self) -> None:
        """Hang up everywhere."""
        for wire in self._wires.values():
            wire.close()
        self._wires.clear()


@contextmanager
def arenas(
    server: EmbeddedPostgres, targets: list[str], database: str, policy: str, trusted: str = ""
) -> Iterator[Arena]:
    """Start an engine with these targets before a running server."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hoopterm-campaign-")))
        engine = RunningEngine(
            home, {"UPSTREAM_PASSWORD": server.password, "PATH": "/usr/bin:/bin", "FAULTS": str(home)}
        )
        entries = [_TARGET.format(name=name, port=server.port, database=database, trusted=trusted) for name in targets]
        engine.config.write_text(_HEAD.format(user=getpass.getuser()) + "".join(entries) + policy)
        engine.start()
        arena = Arena(server, engine)
        try:
            yield arena
        finally:
            arena.drop()
            engine.stop()
