"""The console on terminals of several kinds and sizes, by keyboard and by mouse, with an engine and without one."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from tests.e2e.shop import DELETES_ARE_HELD, MASKING, SCHEMA
from tests.servers.engine import RunningEngine, StartEngine
from tests.servers.postgres import Database
from tests.servers.terminal import Terminal

COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8;[0-9;]+)m")
RGB = re.compile(r"\x1b\[(?:[0-9;]*;)?[34]8;(?:2|5);[0-9;]+m")


@pytest.fixture(scope="module")
def engine(start_module_engine: StartEngine, module_database: Database) -> RunningEngine:
    module_database.psql(SCHEMA)
    return start_module_engine(rules=DELETES_ARE_HELD, masking=MASKING)


def open_console(
    screen: Terminal, environment: Mapping[str, str], *words: str, size: tuple[int, int] = (80, 24)
) -> None:
    settings = [f"{name}={value}" for name, value in environment.items()]
    command = ["env", "-u", "TERM_PROGRAM", *settings, sys.executable, "-m", "hoopterm", "console", *words]
    screen.start(command, {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent"}, size)


@asynccontextmanager
async def held(engine: RunningEngine) -> AsyncIterator[None]:
    """A DELETE that waits for people."""
    connection = await psycopg.AsyncConnection.connect(**engine.dsn(), autocommit=True)

    async def ask() -> None:
        with suppress(psycopg.errors.QueryCanceled):
            await connection.execute("delete from notes where id = 1")

    async with connection, asyncio.TaskGroup() as tasks:
        tasks.create_task(ask())
        yield
        await connection.cancel_safe()


async def escape(screen: Terminal, gone: str) -> None:
    """Leave a dialog: a key that follows escape at once would be another key."""
    screen.press("Escape")
    await screen.until(lambda seen: gone not in seen)


def socket(engine: RunningEngine) -> str:
    return str(engine.directory / "control.sock")


@pytest.mark.parametrize("kind", ["linux", "xterm", "tmux-256color", "xterm-16color", "vt100"])
async def test_what_waits_is_found_and_asked_about_on_any_kind_of_terminal(
    engine: RunningEngine, screen: Terminal, kind: str
) -> None:
    open_console(screen, {"TERM": kind}, "--engine", socket(engine))
    async with held(engine):
        await screen.shows("▲ 1 waiting")
        screen.press("3")
        seen = await screen.shows("▲ 1 waiting", "delete from notes where id = 1", "a approve…")
        assert "Traceback" not in seen
        has_more = "256" in kind
        assert COLOUR.search(screen.styled())
        assert bool(RGB.search(screen.styled())) is has_more
        screen.press("g", "a")
        await screen.shows("Approve DELETE on db?", "Cancel")
        await escape(screen, "Cancel")
        screen.press(":")
        await screen.shows("Commands")
        screen.press("delete db pending")
        await screen.shows("review")
        await escape(screen, "Commands")
        screen.press("2")
        await screen.shows("● live", "bot")
    screen.press("C-q")


async def test_without_colour_everything_is_still_said(engine: RunningEngine, screen: Terminal) -> None:
    open_console(screen, {"NO_COLOR": "1", "COLORTERM": "truecolor"}, "--engine", socket(engine))
    async with held(engine):
        await screen.shows("1 waiting")
        screen.press("3")
        await screen.shows("▲ 1 waiting", "● live", "delete from notes")
        assert COLOUR.search(screen.styled()) is None
        screen.press("a")
        await screen.shows("Cancel")
        assert COLOUR.search(screen.styled()) is None


async def test_everything_works_from_sixty_by_twenty(engine: RunningEngine, screen: Terminal) -> None:
    open_console(screen, {"COLORTERM": "truecolor"}, "--engine", socket(engine), size=(60, 20))
    async with held(engine):
        await screen.shows("1 waiting")
        screen.press("3")
        await screen.shows("1 waiting", "delete from notes where id = 1", "a approve…")
        screen.press("g", "a")
        await screen.shows("Cancel", "Approve DELETE on db?")
        await escape(screen, "Cancel")
        screen.press("?")
        await screen.shows("Keys", "approve…")
        await escape(screen, "Keys")
        screen.press("2", "6", "3")
        await screen.shows("delete from notes where id = 1")


async def test_a_mouse_can_do_it_too_and_is_needed_nowhere(engine: RunningEngine, screen: Terminal) -> None:
    open_console(screen, {"COLORTERM": "truecolor"}, "--engine", socket(engine))
    async with held(engine):
        await screen.shows("1 waiting")
        screen.press("3")
        await screen.shows("▲ 1 waiting", "you may decide")
        screen.press("g", "a")
        await screen.shows("Cancel")
        lines = (await screen.still()).split("\n")
        row = next(number for number, line in enumerate(lines, 1) if "Cancel" in line and "Approve" in line)
        screen.click(lines[row - 1].index("Cancel") + 3, row)
        await screen.until(lambda seen: "Cancel" not in seen)
        screen.press("?")
        await screen.shows("Keys")
        screen.click(1, 12)  # beside the box
        await screen.until(lambda seen: "Keys" not in seen)


async def test_without_an_engine_the_next_step_is_on_the_screen(screen: Terminal) -> None:
    open_console(screen, {"COLORTERM": "truecolor"})
    seen = await screen.shows("No engine runs here", "hoopterm demo", "hoopterm engine start --config hoopterm.yaml")
    assert "Traceback" not in seen
    screen.press("q")


async def test_an_engine_without_sessions_shows_an_agents_way_in(
    start_engine: StartEngine, database: Database, screen: Terminal
) -> None:
    database.psql(SCHEMA)
    engine = start_engine(rules=DELETES_ARE_HELD, masking=MASKING)
    open_console(screen, {"COLORTERM": "truecolor"}, "--engine", socket(engine))
    for key in ("2", "3", "6"):
        await screen.shows("● live")
        screen.press(key)
        await screen.shows("hoopterm token create AGENT", f"port={engine.port} user=AGENT dbname=db")


async def test_a_users_own_keys_are_in_force_and_mistakes_open_nothing(
    engine: RunningEngine, screen: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "keymap.yaml"
    file.write_text("approvals.approve: Z\napp.sessions: ^t\n")
    open_console(screen, {"COLORTERM": "truecolor"}, "--engine", socket(engine), "--keymap", str(file))
    async with held(engine):
        await screen.shows("▲ 1 waiting")
        screen.press("3")
        await screen.shows("Z approve…", "you may decide")
        screen.press("g", "Z")
        await screen.shows("Approve DELETE on db?")
        await escape(screen, "Cancel")
        screen.press("C-t")
        await screen.shows("enter watch")
    screen.end()
    file.write_text("approvals.approve: Z\nno.such.thing: x\n")
    open_console(screen, {}, "--engine", socket(engine), "--keymap", str(file))
    seen = await screen.shows("there is no action 'no.such.thing'")
    assert "Traceback" not in seen
