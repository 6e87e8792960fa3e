"""An engine on another host, attached to through its OpenSSH, by the command line and by the console."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.e2e.shop import DELETES_ARE_HELD, MASKING, SCHEMA
from tests.servers.engine import RunningEngine, StartEngine
from tests.servers.laptop import Laptop
from tests.servers.openssh import servers
from tests.servers.postgres import Database
from tests.servers.terminal import Terminal


@pytest.fixture
def engine(start_engine: StartEngine, database: Database) -> RunningEngine:
    database.psql(SCHEMA)
    return start_engine(rules=DELETES_ARE_HELD, masking=MASKING)


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Laptop]:
    with servers(tmp_path / "sshd") as server:
        found = Laptop(tmp_path / "home", server)
        found.prepare()
        yield found


async def approve(screen: Terminal) -> None:
    """What is under the cursor, with a reason, past the question."""
    screen.press("a")
    await screen.shows("Cancel")
    screen.press("agreed")
    await screen.shows("agreed")
    screen.press("Enter")
    await screen.shows("does it")
    screen.press("Enter")


def address(laptop: Laptop, engine: RunningEngine) -> str:
    return laptop.address(engine.directory / "control.sock", "bastion")


def hoopterm(laptop: Laptop, engine: RunningEngine, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hoopterm", "--engine", address(laptop, engine), *words]
    environment = {"PATH": os.environ["PATH"], "HOME": str(laptop.home)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def open_console(screen: Terminal, laptop: Laptop, engine: RunningEngine) -> None:
    command = [sys.executable, "-m", "hoopterm", "console", "--engine", address(laptop, engine)]
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "COLORTERM": "truecolor", "HOME": str(laptop.home)}
    screen.start(command, environment, (80, 24))


def test_the_command_line_reaches_it_and_is_known_there(laptop: Laptop, engine: RunningEngine) -> None:
    done = hoopterm(laptop, engine, "engine", "status", "--json")
    assert done.stderr == ""
    assert json.loads(done.stdout)["you"] == "bob"


def test_an_unknown_host_is_said_in_words_with_what_to_do(laptop: Laptop, engine: RunningEngine) -> None:
    laptop.known_hosts.unlink()
    done = hoopterm(laptop, engine, "sessions", "list")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "the host key of bastion is not one that known_hosts has for it" in done.stderr
    assert "`ssh bastion true`" in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_person_decides_through_it_and_is_the_one_in_the_record(
    laptop: Laptop, engine: RunningEngine, database: Database, screen: Terminal
) -> None:
    open_console(screen, laptop, engine)
    await screen.shows("✓ nothing waits", "● live", "bob", " bastion ")
    screen.press("3")
    await screen.shows("Nothing waits for you")
    connection = await psycopg.AsyncConnection.connect(**engine.dsn(), autocommit=True)
    async with connection, asyncio.TaskGroup() as tasks:
        deleting = tasks.create_task(connection.execute("delete from notes where id = 1"))
        await screen.shows("▲ 1 waiting", "delete from notes where id = 1")
        screen.press("w")
        await screen.shows("following", "held")
        screen.press("a")
        await screen.shows("you may decide")
        await approve(screen)
        await deleting
        await screen.shows("✓ approved by bob", "1 row changed")
    assert int(database.psql("select count(*) from notes where id = 1")) == 0
    screen.press("6")
    await screen.shows("1 recording")
    screen.press("Enter")
    await screen.shows("1 statement", "held · deletes-need-a-human")


async def test_an_engine_that_restarts_behind_it_is_a_banner_and_comes_back(
    laptop: Laptop, engine: RunningEngine, screen: Terminal
) -> None:
    open_console(screen, laptop, engine)
    await screen.shows("● live")
    engine.stop(signal.SIGKILL)
    seen = await screen.shows("✗ away", "trying again")
    assert "Traceback" not in seen
    engine.start()
    screen.press("C-r")
    await screen.shows("● live", "✓ nothing waits")


async def test_a_host_that_goes_away_is_a_banner_and_comes_back(
    laptop: Laptop, engine: RunningEngine, screen: Terminal
) -> None:
    open_console(screen, laptop, engine)
    await screen.shows("● live")
    laptop.server.hang_up()
    laptop.server.stop()
    seen = await screen.shows("✗ away", "bastion cannot be reached", "trying again")
    assert "Traceback" not in seen
    laptop.server.start()
    await screen.shows("● live", "✓ nothing waits")
    screen.press("q")


async def test_two_engines_are_in_one_console_and_the_one_in_front_is_decided_on(
    laptop: Laptop, engine: RunningEngine, start_engine: StartEngine, database: Database, screen: Terminal
) -> None:
    here = start_engine(rules=DELETES_ARE_HELD, masking=MASKING)
    command = [sys.executable, "-m", "hoopterm", "console", "--engine", str(here.directory / "control.sock")]
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "COLORTERM": "truecolor", "HOME": str(laptop.home)}
    screen.start([*command, "--engine", address(laptop, engine)], environment, (80, 24))
    await screen.shows(f"{here.directory.name} 1/2 ● live", "✓ nothing waits")
    screen.press("3")
    connection = await psycopg.AsyncConnection.connect(**engine.dsn(), autocommit=True)
    async with connection, asyncio.TaskGroup() as tasks:
        deleting = tasks.create_task(connection.execute("delete from notes where id = 1"))
        await screen.shows("1/2 ▲+1", "Nothing waits for you")
        screen.press("C-e")
        await screen.shows("Engines", "bastion", "1 waiting")
        screen.press("bastion", "Enter")
        await screen.shows("bastion 2/2", "delete from notes where id = 1")
        await approve(screen)
        await deleting
    assert int(database.psql("select count(*) from notes where id = 1")) == 0
