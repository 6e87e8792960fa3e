"""Two people at their own consoles before one engine: what one decides the other sees, and cannot decide again."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.e2e.shop import ECHO_IS_HELD, SSH_ENVIRONMENT
from tests.servers.bastion import Bastion, bastions
from tests.servers.openssh import OpenSSHServer
from tests.servers.sshkeys import keygen, public
from tests.servers.terminal import Terminal, terminal


@pytest.fixture
async def bastion(tmp_path: Path, openssh: OpenSSHServer) -> AsyncIterator[Bastion]:
    """An engine that bob and carol may decide at."""
    with bastions(tmp_path, openssh) as start:
        engine = start(ECHO_IS_HELD)
        key = public(keygen(engine.directory / "carol"))
        head, permissions, rest = engine.config.read_text().partition("permissions:")
        engine.config.write_text(f'{head}    carol: {{ssh: ["{key}"], groups: [dba]}}\n{permissions}{rest}')
        async with engine.client() as client:
            await client.apply_policy()
        yield engine


@pytest.fixture
def screens(tmp_path: Path) -> Iterator[tuple[Terminal, Terminal]]:
    for name in ("b", "c"):
        (tmp_path / name).mkdir()
    with terminal(tmp_path / "b") as bob, terminal(tmp_path / "c") as carol:
        yield bob, carol


async def log_in(bastion: Bastion, screen: Terminal, identity: str) -> None:
    line = ["ssh", *bastion.options(identity), "-p", str(bastion.port), "console@127.0.0.1"]
    screen.start(line, SSH_ENVIRONMENT, (80, 24))
    await screen.shows("● live", f"{identity} · approver")
    screen.press("3")


@asynccontextmanager
async def held(bastion: Bastion, word: str, *screens: Terminal) -> AsyncIterator[asyncio.subprocess.Process]:
    """An agent's command that waits for people, under the cursor of each screen."""
    process = await asyncio.create_subprocess_exec(
        *["ssh", *bastion.options("bot"), "-p", str(bastion.port), "web1@127.0.0.1", "echo", word],
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        for screen in screens:
            await screen.shows("1 waiting")
            screen.press("j", "g")  # by hand: who was moved to another review may not decide it for a moment
            await screen.shows(f"web1 · echo {word} ", "you may decide")
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def deciders(bastion: Bastion) -> list[list[str]]:
    """Who approved, review by review."""
    async with bastion.client() as client:
        return [event["data"]["by"] async for event in client.events(event="review.approved")]


async def test_what_one_decides_the_other_sees_and_cannot_decide_again(
    bastion: Bastion, screens: tuple[Terminal, Terminal]
) -> None:
    bob, carol = screens
    await log_in(bastion, bob, "bob")
    await log_in(bastion, carol, "carol")
    async with held(bastion, "first", bob, carol) as process:
        carol.press("a")
        await carol.shows("Approve EXEC on web1?")
        bob.press("a")
        await bob.shows("Cancel")
        bob.press("Tab", "Enter")
        assert (await process.communicate())[0] == b"first\n"
        await carol.shows("by bob: nothing left to decide")
        carol.press("Enter")
        await carol.shows("nothing waits")
        carol.press("a")
        await carol.shows("approved by bob")
    assert await deciders(bastion) == [["bob"]]

    async with held(bastion, "second", bob, carol) as process:
        for screen in screens:
            screen.press("a")
            await screen.shows("Cancel")
            screen.press("Tab")
            await screen.shows("does it")
        for screen in screens:
            screen.press("Enter")
        assert (await process.communicate())[0] == b"second\n"
        for screen in screens:
            await screen.shows("nothing waits")
    assert (await deciders(bastion))[1] in (["bob"], ["carol"])

    async with held(bastion, "third", bob, carol) as process:
        carol.press("d")
        await carol.shows("Deny EXEC on web1?")
        async with bastion.client() as client:
            (waiting,) = await client.reviews("pending")
        line = [sys.executable, "-m", "hoopterm", "approvals", "approve", waiting.id]
        line += ["--engine", str(bastion.directory / "control.sock")]
        await asyncio.to_thread(subprocess.run, line, check=True, capture_output=True)
        assert (await process.communicate())[0] == b"third\n"
        await carol.shows("by bob: nothing left to decide")
    assert len(await deciders(bastion)) == 3
