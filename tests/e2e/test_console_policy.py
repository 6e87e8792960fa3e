"""The policy, edited and applied on a real terminal, before a real engine and a real database."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from tests.e2e.shop import SCHEMA
from tests.e2e.test_console import open_console
from tests.servers.engine import RunningEngine, StartEngine
from tests.servers.postgres import Database
from tests.servers.terminal import Terminal

RULES = """
rules:
  # agents look, and nothing else
  - {name: read, decide: allow, who: {groups: [agents]}, what: {effects: [read]}}
"""


@pytest.fixture
def engine(start_engine: StartEngine, database: Database) -> RunningEngine:
    database.psql(SCHEMA)
    return start_engine(rules=RULES)


async def test_a_rule_is_written_checked_and_put_in_force(engine: RunningEngine, screen: Terminal) -> None:
    open_console(screen, engine)
    await screen.shows("● live")
    screen.press("4")
    await screen.shows("✓ holds", "as in force")
    screen.press("G", "k")
    await screen.shows("agents look, and nothing else")
    written = "  - {name: no-deletes, decide: deny, who: {groups: [agents]}, what: {effects: [delet"
    screen.press("i")
    await screen.shows("typing")
    screen.press("-l", written)
    await screen.shows("delete  ", "effect")
    screen.press("Tab")
    await screen.until(lambda seen: "effect  " not in seen)
    screen.press("-l", "]}, reason: agents keep what is there")
    screen.press("Escape")
    await screen.shows("✗ 1 problem", "not YAML")
    screen.press("a")
    await screen.shows("the text has problems")
    screen.press("i")
    await screen.shows("typing")
    screen.press("-l", "}")
    screen.press("Escape")
    await screen.shows("✓ holds", "draft")
    screen.press("a")
    await screen.shows("Put this policy in force?", "bob", "Cancel")
    screen.press("-l", "nobody deletes")
    await screen.shows("nobody deletes")
    screen.press("Enter")
    await screen.shows("does it")
    screen.press("Enter")
    await screen.shows("as in force", "in force: revision")

    kept = await asyncio.to_thread(engine.config.read_text)
    assert "# agents look, and nothing else" in kept
    assert f"{written}e]}}, reason: agents keep what is there}}" in kept
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="no-deletes"):
            connection.execute("delete from notes where id = 1")


async def test_what_somebody_else_applied_is_not_overwritten(engine: RunningEngine, screen: Terminal) -> None:
    open_console(screen, engine)
    await screen.shows("● live")
    screen.press("4")
    await screen.shows("✓ holds")
    screen.press("i")
    await screen.shows("typing")
    screen.press("-l", "# mine")
    screen.press("Enter", "Escape")
    await screen.shows("draft", "✓ holds")
    theirs = (await asyncio.to_thread(engine.config.read_text)) + "# theirs\n"
    await asyncio.to_thread(engine.config.write_text, theirs)
    async with engine.client() as client:
        await client.apply_policy()
    await screen.shows("another revision is in force", "# mine")


async def test_keys_sent_in_one_write_all_arrive_where_the_first_one_leads(
    engine: RunningEngine, screen: Terminal
) -> None:
    open_console(screen, engine)
    await screen.shows("● live")
    screen.press("4")
    await screen.shows("✓ holds")
    screen.press("-l", "i# jkqgad in one go")
    await screen.shows("# jkqgad in one go")
    screen.press("Escape")
    await screen.shows("apply…")
    screen.press("3")
    await screen.shows("Nothing waits for you")
    screen.press("-l", "/jkqgad nobody")
    await screen.shows("jkqgad nobody")
