"""The nursery as the engine sees it, with a small program in the console's place."""

from __future__ import annotations

import asyncio
import os
import pwd
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine import nursery as nurseries
from engine.errors import HooptermError
from engine.nursery import LOST, Nursery, user_of

NOWHERE = Path("/dev/null")
PROGRAM = """
import json, os, socket, sys
engine = socket.socket(fileno=int(sys.argv[1]))
engine.send(json.dumps({"ready": os.getpid()}).encode())
while content := socket.recv_fds(engine, 8192, 2):
    data, descriptors, _, _ = content
    if not data:
        break
    asked = json.loads(data)
    if "open" in asked:
        seen = {"environment": dict(os.environ), "descriptors": sorted(map(int, os.listdir("/proc/self/fd")))}
        os.write(descriptors[0], json.dumps(seen).encode())
        engine.send(json.dumps({"opened": asked["open"], "pid": 5}).encode())
    elif "end" in asked:
        engine.send(json.dumps({"ended": asked["end"], "status": 3}).encode())
    elif "kill" in asked:
        sys.exit("it died")
"""


@asynccontextmanager
async def running() -> AsyncIterator[Nursery]:
    nursery = Nursery([sys.executable, "-I", "-c", PROGRAM])
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(nursery.run())
        yield nursery
        task.cancel()


async def test_it_is_given_an_environment_of_two_variables_and_one_descriptor() -> None:
    """SECURITY 3: no credential reaches a child."""
    os.environ["HOOPTERM_CANARY"] = "secret"
    kept = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(kept, True)
    reading, writing = os.pipe()
    async with running() as nursery:
        pair = socket.socketpair()
        with pair[0], pair[1]:
            await nursery.fork(writing, pair[1].fileno(), {})
            seen = (await asyncio.to_thread(os.read, reading, 65_536)).decode()
    for descriptor in (reading, writing, kept):
        os.close(descriptor)
    del os.environ["HOOPTERM_CANARY"]
    assert "secret" not in seen
    assert '"environment": {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"' in seen
    descriptors = seen.partition('"descriptors": ')[2]
    assert descriptors.count(",") <= 6  # three of its own, its pair, the two it was handed, the listing


async def test_a_child_ends_with_its_status() -> None:
    async with running() as nursery:
        with NOWHERE.open("wb") as one:  # noqa: ASYNC230 — it never blocks
            child = await nursery.fork(one.fileno(), one.fileno(), {})
            child.end()
            assert await child.ended == 3


async def test_one_that_died_is_started_again_and_its_children_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nurseries, "_PAUSE", 0.0)
    async with running() as nursery:
        with NOWHERE.open("wb") as one:  # noqa: ASYNC230 — it never blocks
            child = await nursery.fork(one.fileno(), one.fileno(), {})
            first = nursery.pid
            child.kill()
            assert await child.ended == LOST
            again = await nursery.fork(one.fileno(), one.fileno(), {})
            assert nursery.pid != first
            again.end()
            assert await again.ended == 3


async def test_one_that_cannot_be_started_refuses_consoles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nurseries, "_PATIENCE", 0.05)
    nursery = Nursery(["/no/such/program"])
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(nursery.run())
        with pytest.raises(HooptermError, match="consoles cannot be opened now"):
            await nursery.fork(0, 0, {})
        task.cancel()


def test_consoles_never_get_the_rights_of_root() -> None:
    """SECURITY: a console over SSH has the person's identity and none of the engine's rights."""
    if os.geteuid() != 0:
        assert user_of(None) is None
        return
    assert user_of(None) == (pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)
    with pytest.raises(HooptermError, match="has the rights of root"):
        user_of("root")
    with pytest.raises(HooptermError, match="there is no user"):
        user_of("no-such-user")
