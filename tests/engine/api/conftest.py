"""A real gateway on a real Unix socket, without an upstream: sessions are opened by hand."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from engine.config.loading import load
from engine.gateway import Gateway
from engine.model import Access, Decision, Effect, Operation, Resource, ReviewTerms, Verdict
from engine.session import Session
from hoopterm.address import Address
from hoopterm.client import Client

# Each has one permission; the uids are those every Linux has.
USERS = {"admin": 1, "approver": 2, "operator": 3, "auditor": 4}
STRANGER = 65_534

CONFIGURATION = """
engine: {{state: {state}}}
identity:
  people:
    alice: {{unix: no-such-user, groups: [dev]}}
    root: {{unix: {root}, groups: [admins, dba, operators, auditors]}}
    admin: {{unix: {admin}, groups: [admins]}}
    approver: {{unix: {approver}, groups: [dba]}}
    operator: {{unix: {operator}, groups: [operators]}}
    auditor: {{unix: {auditor}, groups: [auditors]}}
permissions: {{admin: [admins], approver: [dba], operator: [operators], auditor: [auditors]}}
agents:
  - {{name: report-bot, sponsor: alice, purpose: nightly reports, groups: [agents]}}
targets:
  - name: shop
    protocol: postgres
    address: 127.0.0.1:1
    database: shop
    credential: {{user: app}}
    labels: {{env: prod}}
rules:
  - {{name: agents-read, decide: allow, who: {{groups: [agents, admins]}}, what: {{effects: [read]}}}}
"""


@dataclass
class Adapter:
    """Stands for a client's connection: remembers why it was ended, and ends its session then."""

    reasons: list[str] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def terminate(self, reason: str) -> None:
        self.reasons.append(reason)
        self.ended.set()


@dataclass
class Serving:
    """A gateway that serves, its client as root, and the means to ask as somebody else."""

    gateway: Gateway
    client: Client
    config: Path

    async def open_session(self) -> tuple[Session, Adapter]:
        adapter = Adapter()
        identity = self.gateway.revision.identity_of_agent("report-bot")
        return await self.gateway.open_session(identity, "shop", adapter, "127.0.0.1:9 psql"), adapter

    async def hold(self, session: Session, text: str = "DELETE FROM orders WHERE id = 7") -> str:
        """A review of that statement; its id."""
        operation = Operation(
            id="o-1",
            session=session.id,
            kind="statement",
            verb="DELETE",
            text=text,
            accesses=(Access(Effect.DELETE, Resource("table", "public.orders")),),
            has_where=True,
        )
        terms = ReviewTerms(frozenset({"dba"}))
        decision = Decision(Verdict.REVIEW, "deletes", "somebody must look", terms=terms, rule_digest="d")
        return (await self.gateway.approvals.request(session, operation, decision)).id

    async def ask_as(self, uid: int, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """The status and the answer's first line, asked over a connection that this user opened."""
        connector = aiohttp.UnixConnector(str(self.gateway.socket_path))
        async with aiohttp.ClientSession(connector=connector) as session:
            loop = asyncio.get_running_loop()
            connect = loop.create_unix_connection

            async def as_user(factory: Any, path: str) -> Any:
                connection = socket.socket(socket.AF_UNIX)
                os.seteuid(uid)  # SO_PEERCRED has the effective uid of the moment
                try:
                    connection.connect(path)
                finally:
                    os.seteuid(0)
                connection.setblocking(False)
                return await connect(factory, sock=connection)

            loop.create_unix_connection = as_user  # type: ignore[assignment,method-assign]  # no hook exists to connect by hand
            try:
                data = msgspec.json.encode(body if body is not None else {})
                async with session.request(method, f"http://engine/v1{path}", data=data) as response:
                    line = await response.content.readline()
                    return response.status, msgspec.json.decode(line) if line.startswith((b"{", b"[")) else line
            finally:
                del loop.create_unix_connection

    async def events(self, event: str) -> list[dict[str, Any]]:
        """The entries of the log with that name."""
        log = self.gateway.log
        await log.wait(log.size - 1)
        return [entry for entry in log.read(0) if entry["event"] == event]


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that every user may pass through."""
    directory = Path(tempfile.mkdtemp(prefix="hoop-"))
    directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def config(place: Path) -> Path:
    path = place / "hoopterm.yaml"
    names = {name: pwd.getpwuid(uid).pw_name for name, uid in USERS.items()}
    path.write_text(CONFIGURATION.format(state=place / "state", root=pwd.getpwuid(os.getuid()).pw_name, **names))
    return path


@pytest.fixture
async def serving(config: Path) -> AsyncIterator[Serving]:
    gateway = Gateway(load(config))
    ready = asyncio.Event()

    async def announce(_: Gateway) -> None:
        ready.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(gateway.serve(announce))
        await ready.wait()
        async with Client(Address(gateway.socket_path, "a test")) as client:
            yield Serving(gateway, client, config)
        gateway.stop()


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="asking as several users takes root")
