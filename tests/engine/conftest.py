"""A gateway in this process, without upstream or listener: operations are put through its pipeline by hand."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine.config.loading import load
from engine.gateway import Gateway
from engine.model import Access, Column, ColumnRef, Effect, Operation, Resource
from engine.protocols.base import Hold
from engine.session import Session

CONFIGURATION = """
engine: {{state: ./state, socket: ./control.sock}}
identity:
  people:
    alice: {{unix: no-such-user, groups: [dev]}}
    bob: {{unix: {user}, groups: [dba]}}
permissions: {{admin: [dba], approver: [dba]}}
agents:
  - {{name: bot, sponsor: alice, groups: [agents]}}
targets:
  - {{name: shop, protocol: postgres, address: "127.0.0.1:1", database: shop, credential: {{user: app}}}}
rules:
  - {{name: read, decide: allow, who: {{groups: [agents]}}, what: {{effects: [read]}}}}
  - {{name: write, decide: allow, who: {{groups: [agents]}}, what: {{effects: [write]}}}}
  - name: deletes
    decide: review
    who: {{groups: [agents]}}
    what: {{effects: [delete]}}
    review: {{reviewers: {{groups: [dba]}}, hold: 20s}}
masking:
  - {{name: pii, columns: [people.secret], detect: [email]}}
"""
SECRET = ColumnRef("public", "people", "secret")


@dataclass
class Peer:
    """Stands for a client's connection: remembers why it was ended."""

    reasons: list[str] = field(default_factory=list)

    def terminate(self, reason: str) -> None:
        self.reasons.append(reason)


@dataclass
class Sent:
    """A submission of the client, analysed already."""

    operations: Sequence[Operation]
    estimated: int | None = None
    held: list[Hold] = field(default_factory=list)
    is_held: asyncio.Event = field(default_factory=asyncio.Event)
    withdrawn: asyncio.Event = field(default_factory=asyncio.Event)

    async def analyse(self) -> Sequence[Operation]:
        return self.operations

    async def estimate(self, operation: Operation) -> int | None:
        return self.estimated

    async def hold(self, hold: Hold) -> None:
        self.held.append(hold)
        self.is_held.set()


def operation(effect: Effect, id: str = "o-1", **fields: Any) -> Operation:
    """One operation with one effect on public.people."""
    values: dict[str, Any] = {
        "id": id,
        "session": "s",
        "kind": "statement",
        "verb": effect.value.upper(),
        "text": f"{effect.value} of people where mail = 'ada@engines.example'",
        "accesses": (Access(effect, Resource("table", "public.people")),),
        "is_pure_read": effect is Effect.READ,
        "columns": (Column("secret", frozenset({SECRET})),),
    }
    return Operation(**{**values, **fields})


@contextlib.asynccontextmanager
async def serving(gateway: Gateway) -> AsyncIterator[Gateway]:
    """The gateway while it serves, drained in the end."""
    serves = asyncio.Event()

    async def ready(_: Gateway) -> None:
        serves.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(gateway.serve(ready))
        await serves.wait()
        yield gateway
        gateway.stop()


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that serves its control API only, drained when the test ends."""
    config = tmp_path / "hoopterm.yaml"
    config.write_text(CONFIGURATION.format(user=getpass.getuser()))
    async with serving(Gateway(load(config))) as gateway:
        yield gateway


@pytest.fixture
async def session(gateway: Gateway) -> AsyncIterator[Session]:
    """A session of the agent on the shop."""
    identity = gateway.revision.identity_of_agent("bot")
    session = await gateway.open_session(identity, "shop", Peer(), "127.0.0.1:9 test")
    yield session
    await gateway.close_session(session, "the test ended")


async def events(gateway: Gateway, *names: str) -> list[dict[str, Any]]:
    """The log's entries of these names, durable ones."""
    await gateway.log.wait(gateway.log.size - 1)
    return [entry for entry in gateway.log.read() if entry["event"] in names]
