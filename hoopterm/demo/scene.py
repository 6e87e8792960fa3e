"""The demo's scene: the shop, the engine before it, the agent that works through it, and what really happened."""

from __future__ import annotations

import asyncio
import fcntl
import getpass
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from hoopterm.client import Client
from hoopterm.demo import host
from hoopterm.demo.agent import STEPS, Address, Agent, Step, connected
from hoopterm.demo.host import HostAgent
from hoopterm.demo.postgres import EmbeddedPostgres

_STOPS_WITHIN = 20.0
_LOOKS_EVERY = 0.1
_LOCK = "lock"

Told = Callable[[Step, str | None], None]
"""Hears of each step twice: when it is sent (None) and with what came back."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A running demo."""

    directory: Path
    control: Path
    agent: Address
    host: HostAgent | None  # where OpenSSH is installed

    @property
    def state(self) -> Path:
        """The engine's state directory."""
        return self.directory / "state"


@contextmanager
def staged(directory: Path) -> Iterator[Scene]:
    """Build the scene anew in that directory, and take it down but for its state when the context ends.

    Raises RuntimeError where another demo has the directory.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with _held(directory), EmbeddedPostgres() as postgres:
        for left in directory.iterdir():
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            elif left.name != _LOCK:
                left.unlink()
        postgres.psql("create database shop")
        postgres.psql(files("hoopterm.demo").joinpath("shop.sql").read_text(), "shop")
        config = directory / "hoopterm.yaml"
        text = files("hoopterm.demo").joinpath("hoopterm.yaml").read_text()
        config.write_text(text.replace("@PORT@", str(postgres.port)).replace("@USER@", getpass.getuser()))
        with host.served(directory / "web1") as web1:
            configs = [config]
            if web1 is not None:
                web1.configure(directory / "ssh.yaml")
                configs.append(directory / "ssh.yaml")
            with _engine(configs) as ready:
                ports = ready["ports"]
                agent = Address(ready["host"], ports["postgres"], "report-bot", "shop", ready["token"])
                visitor = HostAgent(web1, ports["ssh"]) if web1 is not None else None
                yield Scene(directory, Path(ready["control"]), agent, visitor)


@contextmanager
def _held(directory: Path) -> Iterator[None]:
    """The directory for this demo alone: another one there would have its files taken away.

    A file is locked, since the engine locks the folder of its socket.
    """
    descriptor = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuntimeError(f"another demo runs in {directory}: end it, or start this one elsewhere") from None
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _engine(configs: list[Path]) -> Iterator[dict[str, Any]]:
    """The engine as a process of its own, and its ready line."""
    directory = configs[0].parent
    with (directory / "engine.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "hoopterm.demo.service", *map(str, configs)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, "SHOP_PASSWORD": "shop-app-password"},
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the engine did not start: {(directory / 'engine.log').read_text()[-2000:]}")
        yield json.loads(line)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


async def act(scene: Scene, told: Told, pause: float = 0.0) -> dict[str, bool]:
    """Let the agents do their work; by step, whether what was expected really came back. Pauses are in seconds."""
    happened: dict[str, bool] = {}

    async def play(agent: Agent | HostAgent, steps: Sequence[Step]) -> None:
        for step in steps:
            told(step, None)
            output = await agent.perform(step)
            happened[step.title] = step.holds(output)
            told(step, output)
            await asyncio.sleep(pause)

    async with connected(scene.agent) as agent:
        await play(agent, STEPS)
    if scene.host is not None:
        await play(scene.host, scene.host.host.steps)
    return happened


async def until_held(scene: Scene) -> None:
    """Return once something waits for a person."""
    async with Client.at(str(scene.control)) as client:
        while True:
            if any(review.is_held for review in await client.reviews("pending")):
                return
            await asyncio.sleep(_LOOKS_EVERY)


async def approve_all(scene: Scene, told: Callable[[str, str], None]) -> None:
    """The scripted approver: approves what waits, until cancelled. Told who asked for what."""
    async with Client.at(str(scene.control)) as client:
        while True:
            for review in await client.reviews("pending"):
                if review.is_held and review.may_decide:
                    told(review.identity.subject, review.text)
                    await client.approve(review.id, "agreed")
            await asyncio.sleep(_LOOKS_EVERY)


async def figures(scene: Scene) -> dict[str, Any]:
    """What the engine counted, and the recording of the first agent's session."""
    async with Client.at(str(scene.control)) as client:
        status = await client.status()
        reviews = await client.reviews()
        session = next(each for each in await client.sessions() if each.target == scene.agent.target)
    approved = [review for review in reviews if review.outcome is not None and review.outcome.status == "completed"]
    return {
        "operations": status.operations,
        "masked_values": status.masked,
        "denied": status.denied,
        "approved": len(approved),
        "recording": str(scene.state / "recordings" / f"{session.id}.hoop"),
    }
