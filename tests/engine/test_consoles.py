"""Who gets a console, how many there are, and what is recorded; the program is one that only waits.

Real consoles: `tests/e2e/test_ssh_console.py`.
"""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import consoles as module
from engine.config.loading import load
from engine.consoles import Console, Consoles, Guest
from engine.errors import SessionRefused
from engine.gateway import Gateway
from engine.identity.locks import Locked
from tests.engine.conftest import serving

PROGRAM = """
import json, os, socket, sys
engine = socket.socket(fileno=int(sys.argv[1]))
engine.send(json.dumps({"ready": os.getpid()}).encode())
pairs = {}
while content := socket.recv_fds(engine, 8192, 2):
    data, descriptors, _, _ = content
    if not data:
        break
    asked = json.loads(data)
    if "open" in asked:
        os.close(descriptors[0])
        pairs[asked["open"]] = socket.socket(fileno=descriptors[1])
        engine.send(json.dumps({"opened": asked["open"], "pid": 5}).encode())
        for _ in range(20):
            pairs[asked["open"]].send(b"connect")
    elif pairs.pop(asked.get("end"), None):
        engine.send(json.dumps({"ended": asked["end"], "status": 0}).encode())
"""
CONFIGURATION = """
engine: {{state: ./state, socket: ./control.sock}}
listeners: {{ssh: {{listen: "127.0.0.1:0"}}}}
identity:
  people:
    alice: {{unix: nobody, groups: [dev]}}
    bob: {{unix: "{user}", groups: [dba]}}
    carol: {{unix: daemon, groups: [dba]}}
permissions: {{admin: [dba], auditor: [dba]}}
agents:
  - {{name: bot, sponsor: alice, purpose: tests, groups: [dba]}}
"""


@dataclass
class Far:
    """A screen that remembers how its console ended."""

    why: str = ""
    status: int | None = None
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    def show(self, data: bytes) -> None:
        pass

    def hold_input(self) -> None:
        pass

    def take_input(self) -> None:
        pass

    def ended(self, status: int, why: str) -> None:
        self.status, self.why = status, why
        self.is_over.set()


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    config = tmp_path / "hoopterm.yaml"
    config.write_text(CONFIGURATION.format(user=getpass.getuser()))
    async with serving(Gateway(load(config), console=[sys.executable, "-I", "-c", PROGRAM])) as gateway:
        yield gateway


def guest(gateway: Gateway, name: str = "bob", **changes: Any) -> Guest:
    identity = replace(gateway.revision.identity_of(name), authenticated="ssh-key:SHA256:x", **changes)
    return Guest(identity, "127.0.0.1:9", gateway.revision)


async def opened(gateway: Gateway, name: str = "bob", **changes: Any) -> tuple[Console, Far]:
    far = Far()
    return await gateway.consoles.open(guest(gateway, name, **changes), far, {"TERM": "xterm"}, (80, 24)), far


async def entries(gateway: Gateway, *names: str) -> list[dict[str, Any]]:
    await gateway.log.wait(gateway.log.size - 1)
    return [entry for entry in gateway.log.read() if entry["event"] in names]


async def test_opening_and_closing_are_events(gateway: Gateway) -> None:
    console, far = await opened(gateway)
    console.end("enough")
    await far.is_over.wait()
    was_opened, closed = await entries(gateway, "console.opened", "console.closed")
    assert was_opened["identity"] == closed["identity"] == "bob"
    assert was_opened["data"]["console"] == closed["data"]["console"] == console.id
    assert was_opened["data"]["authenticated"] == "ssh-key:SHA256:x"
    assert closed["data"]["reason"] == "enough"
    assert (far.why, far.status) == ("enough", 0)


@pytest.mark.parametrize(
    ("name", "why"), [("alice", "none of the permissions"), ("bot", "it is for people of the configuration")]
)
async def test_who_may_not_have_one_is_refused_and_told_of(gateway: Gateway, name: str, why: str) -> None:
    with pytest.raises(SessionRefused, match=why):
        await opened(gateway, name)
    gateway.refusals.close()
    (refused,) = await entries(gateway, "session.refused")
    assert (refused["identity"], refused["target"]) == (name, "console")
    assert await entries(gateway, "console.opened") == []


async def test_one_person_leaves_room_for_the_others(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """SECURITY 6: never another session's service."""
    monkeypatch.setattr(module, "MOST_EACH", 2)
    monkeypatch.setattr(module, "MOST", 3)
    await opened(gateway)
    await opened(gateway)
    with pytest.raises(SessionRefused, match="bob has 2 open"):
        await opened(gateway)
    await opened(gateway, "carol")
    with pytest.raises(SessionRefused, match="3 are open"):
        await opened(gateway, "carol")


async def test_a_console_has_so_many_connections_and_no_more(gateway: Gateway) -> None:
    """SECURITY 6: bounded memory."""
    console, _ = await opened(gateway)
    visit = console._visit
    async with asyncio.timeout(20):
        while visit.connections < 16:  # noqa: ASYNC110 — a server tells nobody that it has one more
            await asyncio.sleep(0)
    assert visit.connections == 16


async def test_a_console_ends_when_its_login_does(gateway: Gateway) -> None:
    """SECURITY 4: what a login gave ends with it."""
    _, far = await opened(gateway, expires=gateway.now() + timedelta(seconds=0.2))
    await far.is_over.wait()
    assert far.why == "the login has expired"


async def test_a_console_ends_with_the_token_that_opened_it(gateway: Gateway) -> None:
    """SECURITY 4: what a login gave ends with it."""
    token, _ = await gateway.tokens.create("bob", timedelta(hours=1), "carol")
    _, far = await opened(gateway, token=token.id)
    await gateway.tokens.revoke(token.id, "carol")
    await far.is_over.wait()
    assert far.why == "the token was revoked"


async def test_a_locked_person_is_out(gateway: Gateway) -> None:
    """SECURITY 4: who is stopped, is stopped everywhere."""
    _, far = await opened(gateway)
    await gateway.endings.lock(Locked.IDENTITY, "bob", "carol", "lost laptop")
    await far.is_over.wait()
    assert far.why == "bob is locked"
    with pytest.raises(SessionRefused, match="bob is locked"):
        await opened(gateway)


async def test_an_engine_without_a_program_for_them_has_no_consoles(gateway: Gateway) -> None:
    without = Consoles(gateway, ())
    with pytest.raises(SessionRefused, match="serves no consoles"):
        await without.open(guest(gateway), Far(), {}, (80, 24))
