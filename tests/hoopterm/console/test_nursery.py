"""The nursery: what it loads, what it forks, and how it ends. Real consoles of it: `tests/e2e/test_ssh_console.py`."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hoopterm.cli.service import CONSOLES

TOUR = """
import asyncio, json, os, sys
import tests.hoopterm.console.scenes, tests.hoopterm.console.talk, tests.hoopterm.console.stage
import textual.pilot, textual.drivers.headless_driver
from hoopterm.console.nursery import preload
from tests.hoopterm.console.scenes import FakeEngine, sessions

preload()
threads = len(os.listdir("/proc/self/task"))
known = set(sys.modules)

async def tour():
    engine = FakeEngine()
    engine.files[sessions()[2].id] = tests.hoopterm.console.talk.recording()
    async with tests.hoopterm.console.stage.running(engine, (160, 50)) as pilot:
        for key in "enter escape a x enter enter 2 enter f q L escape slash b enter question_mark escape".split():
            await pilot.press(key)
            await pilot.pause()
        tests.hoopterm.console.stage.app_of(pilot).open_recording("se_2b11")
        await tests.hoopterm.console.stage.until(pilot, lambda: "8 statements" in
            tests.hoopterm.console.stage.picture(pilot))
        await pilot.press("full_stop", "space", "slash", "s", "enter", "enter", "escape")
        await pilot.resize_terminal(80, 24)
        await pilot.pause()

asyncio.run(tour())
print(json.dumps({"threads": threads, "new": sorted(set(sys.modules) - known)}))
"""


@contextmanager
def nursery() -> Iterator[tuple[socket.socket, subprocess.Popen[bytes]]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        line = [*CONSOLES, str(theirs.fileno())]
        process = subprocess.Popen(line, pass_fds=[theirs.fileno()], env={"LANG": "C.UTF-8"}, cwd="/")
        theirs.close()
        try:
            assert told(ours)["ready"] == process.pid
            yield ours, process
        finally:
            process.kill()
            process.wait()


def told(engine: socket.socket) -> dict[str, int]:
    assert select.select([engine], [], [], 60)[0]
    message: dict[str, int] = json.loads(engine.recv(8192))
    return message


def opened(engine: socket.socket, number: int) -> tuple[int, int, socket.socket]:
    """A console that was forked: its process, its terminal, and our end of its pair."""
    master, slave = os.openpty()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    asked = {"open": number, "environment": {"TERM": "xterm"}, "user": None, "name": "here"}
    socket.send_fds(engine, [json.dumps(asked).encode()], [slave, theirs.fileno()])
    os.close(slave)
    theirs.close()
    answer = told(engine)
    assert answer["opened"] == number
    return answer["pid"], master, ours


def test_a_console_loads_nothing_that_its_nursery_had_not_and_that_has_one_thread() -> None:
    done = subprocess.run([sys.executable, "-c", TOUR], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"threads": 1, "new": []}


def test_a_console_asks_for_a_connection_and_ends_when_it_is_asked_to() -> None:
    with nursery() as (engine, _):
        _, master, pair = opened(engine, 7)
        with pair:
            assert pair.recv(64) == b"connect"
            engine.send(b'{"end": 7}')
            assert told(engine) == {"ended": 7, "status": 0}
        os.close(master)


def test_a_console_whose_terminal_hangs_up_is_over() -> None:
    with nursery() as (engine, _):
        _, master, pair = opened(engine, 1)
        with pair:
            assert pair.recv(64) == b"connect"
            os.close(master)
            assert told(engine)["ended"] == 1


def test_a_console_that_does_not_listen_is_killed() -> None:
    with nursery() as (engine, _):
        _, master, pair = opened(engine, 1)
        with pair:
            engine.send(b'{"kill": 1}')
            assert told(engine) == {"ended": 1, "status": -9}
        os.close(master)


def test_consoles_end_with_the_engine_that_had_them() -> None:
    with nursery() as (engine, process):
        pid, master, pair = opened(engine, 1)
        with pair:
            descriptor = os.pidfd_open(pid)
            engine.close()
            assert process.wait(30) == 0
            assert select.select([descriptor], [], [], 30)[0]
        os.close(descriptor)
        os.close(master)
