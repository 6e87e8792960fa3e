"""The console as a person has it: on a real terminal, before a real engine and a real database."""

from __future__ import annotations

import asyncio
import signal
import sys

import psycopg
import pytest

from tests.e2e.shop import CANARY, DELETES_ARE_HELD, MASKING, SCHEMA
from tests.servers.engine import RunningEngine, StartEngine
from tests.servers.postgres import Database
from tests.servers.terminal import Terminal


@pytest.fixture
def engine(start_engine: StartEngine, database: Database) -> RunningEngine:
    database.psql(SCHEMA)
    return start_engine(rules=DELETES_ARE_HELD, masking=MASKING)


def open_console(screen: Terminal, engine: RunningEngine) -> None:
    command = [sys.executable, "-m", "hoopterm", "console", "--engine", str(engine.directory / "control.sock")]
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "COLORTERM": "truecolor", "TZ": "UTC"}
    environment["XDG_STATE_HOME"] = str(engine.directory)
    screen.start(command, environment, (80, 24))


async def test_a_person_watches_decides_and_replays(
    engine: RunningEngine, database: Database, screen: Terminal
) -> None:
    open_console(screen, engine)
    await screen.shows("✓ nothing waits", "no agent has come yet", "postgres", "signed", "● live")
    screen.press("3")
    await screen.shows("Nothing waits for you")
    connection = await psycopg.AsyncConnection.connect(**engine.dsn(), autocommit=True)
    async with connection, asyncio.TaskGroup() as tasks:
        await connection.execute("select * from people order by id limit 3")
        deleting = tasks.create_task(connection.execute("delete from notes where id = 1"))

        await screen.shows("▲ 1 waiting", "delete from notes where id = 1", "deletes-need-a-human", "has WHERE")
        screen.press("w")
        seen = await screen.shows("following", "select * from people", "▒▒▒▒", "held")
        assert CANARY not in seen
        screen.press("a")
        await screen.shows("you may decide")

        screen.press("a")
        await screen.shows("Approve DELETE on db?", "runs once", "Cancel")
        screen.press("Enter")
        await screen.until(lambda seen: "Cancel" not in seen)
        assert not deleting.done()

        screen.press("a")
        await screen.shows("Cancel")
        screen.press("agreed")  # in one burst, while the focus is still on Cancel
        await screen.shows("agreed")
        screen.press("Enter")
        await screen.shows("does it")
        screen.press("Enter")
        await deleting
        await screen.shows("✓ approved by bob", "1 row changed", "agreed")
    assert int(database.psql("select count(*) from notes where id = 1")) == 0

    screen.press("6")
    await screen.shows("1 recording")
    screen.press("Enter")
    await screen.shows("2 statements")
    screen.press("]")
    seen = await screen.shows("▒▒▒▒")
    assert CANARY not in seen
    screen.press("G")
    await screen.shows("approved by bob", "1 row changed")
    screen.press("1")
    await screen.shows("nobody is connected", "last 1 minute", "✓ approved     bot → db")


async def test_an_engine_that_goes_away_is_a_banner_and_comes_back(engine: RunningEngine, screen: Terminal) -> None:
    open_console(screen, engine)
    await screen.shows("● live")
    engine.stop(signal.SIGKILL)
    seen = await screen.shows("✗ away", "trying again")
    assert "Traceback" not in seen
    for columns, rows in ((160, 50), (60, 20), (80, 24)):
        screen.resize(columns, rows)
        screen.press("2", "3")
        await screen.shows("away")
    engine.start()
    screen.press("C-r")
    await screen.shows("● live", "Nothing waits for you")
    screen.press("q")
