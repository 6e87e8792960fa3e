"""Rules drafted from what was observed, tried on what was recorded, applied and taken back: on a real terminal."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

import psycopg
import pytest

from tests.e2e.shop import CANARY, MASKING, SCHEMA
from tests.e2e.test_console import open_console
from tests.servers.bastion import StartBastion
from tests.servers.engine import RunningEngine, StartEngine
from tests.servers.postgres import Database
from tests.servers.terminal import Terminal

READS_ONLY = """
rules:
  - {name: read-people, decide: allow, who: {groups: [agents]}, what: {effects: [read], tables: [people]}}
"""
LOOKS_ONLY = """
rules:
  - {name: look, decide: allow, who: {groups: [agents]}, what: {effects: [read], paths: [/var/log/*]}}
"""


@pytest.fixture
def engine(start_engine: StartEngine, database: Database) -> RunningEngine:
    database.psql(SCHEMA)
    return start_engine(rules=READS_ONLY, masking=MASKING, target="mode: observe")


def observe(engine: RunningEngine) -> None:
    """What the agent does while nothing is refused."""
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        connection.execute("select name from people where id = 1")
        connection.execute("select body from notes where id = 1")
        connection.execute("delete from notes where id = 2")
        connection.execute("delete from notes where id = 3")


def refused(engine: RunningEngine, statement: str) -> None:
    """The agent may still do what it was seen doing, and nothing else."""
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        connection.execute("delete from notes where id = 4")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


async def test_what_was_observed_becomes_a_rule_that_is_tried_applied_and_taken_back(
    engine: RunningEngine, screen: Terminal
) -> None:
    async with engine.client() as client:
        await client.apply_policy(reason="as it was")
    await asyncio.to_thread(observe, engine)
    open_console(screen, engine)
    await screen.shows("● live")
    screen.press("4")
    await screen.shows("✓ holds", "as in force")
    screen.press("s")
    seen = await screen.shows("observed-bot-db-delete", "observed-bot-db-read", "would let run", "drafted from")
    assert CANARY not in seen
    screen.press("Enter")
    await screen.shows("✓ holds", "draft", "- name: observed-bot-db-delete")
    screen.press("g", *("j",) * 18, "i")  # to the target's mode
    await screen.shows("typing")
    screen.press("End", *("BSpace",) * len("observe"))
    screen.press("-l", "enforce")
    screen.press("Escape")
    await screen.shows("✓ holds", "mode: enforce", "apply…")
    screen.press("b")
    await screen.shows("3 would change", "allow → deny", "delete from notes", "0 undecidable")
    screen.press("q")
    await screen.shows("✓ holds", "backtest")
    screen.press("s")
    await screen.shows("would let run")
    screen.press("j", "Enter")
    await screen.shows("✓ holds", "- name: observed-bot-db-read")
    screen.press("b")
    await screen.shows("0 would change", "No decision would change")
    screen.press("q")
    await screen.shows("✓ holds", "backtest")
    screen.press("a")
    await screen.shows("Put this policy in force?", "observed-bot-db-delete")
    screen.press("-l", "as observed")
    await screen.shows("as observed")
    screen.press("Enter")
    await screen.shows("does it")
    screen.press("Enter")
    await screen.shows("as in force", "in force: revision")
    await asyncio.to_thread(refused, engine, "update notes set body = '' where id = 1")
    screen.press("h")
    await screen.shows("as observed", "as it was")
    screen.press("j", "R")
    await screen.shows("Put this earlier policy in force again?")
    screen.press("-l", "too much")
    await screen.shows("too much")
    screen.press("Enter")
    await screen.shows("does it")
    screen.press("Enter")
    await screen.shows("in force again: revision")
    assert "observed-bot-db-delete" not in await asyncio.to_thread(engine.config.read_text)


def test_commands_over_ssh_are_drafted_for_and_tried_again(start_bastion: StartBastion) -> None:
    bastion = start_bastion(LOOKS_ONLY, target_lines="mode: observe")
    for command in ("uname -r", "id -u", "id -u"):
        assert bastion.ssh(command).returncode == 0

    def policy(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "HOOPTERM_ENGINE": str(bastion.directory / "control.sock")}
        line = [sys.executable, "-m", "hoopterm", "policy", *words]
        return subprocess.run(line, capture_output=True, text=True, timeout=60, env=environment)

    done = policy("suggest")
    assert done.returncode == 0, done.stderr
    enforced = bastion.config.read_text().replace("mode: observe", "mode: enforce")
    other = bastion.directory / "try" / "hoopterm.yaml"
    other.parent.mkdir()
    other.write_text(enforced)
    tried = json.loads(policy("backtest", str(other), "--json").stdout)
    assert tried["turned"] == {"allow→deny": 3}
    other.write_text(enforced + done.stdout.removeprefix("rules:\n"))
    tried = json.loads(policy("backtest", str(other), "--json").stdout)
    assert (tried["examined"], tried["changed"], tried["undecidable"]) == (3, 0, 0)
