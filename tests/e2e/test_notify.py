"""Notifications of a real engine: people are told of what waits, in words that show nothing of the statement."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.e2e.shop import MASKING, SCHEMA
from tests.servers.engine import StartEngine
from tests.servers.postgres import Database

CANARY = "canary-in-a-statement"
RULES = """
rules:
  - {name: read, decide: allow, who: {groups: [agents]}, what: {effects: [read]}}
  - name: deletes
    decide: review
    who: {groups: [agents]}
    what: {effects: [delete]}
    reason: deletes are looked at
    review: {reviewers: {groups: [dba]}, on_hold: reject}
"""
SCRIPT = """\
#!{python} -I
import json, os, sys
with open({pipe!r}, "w") as pipe:
    pipe.write(json.dumps([json.load(sys.stdin), dict(os.environ)]))
"""


class Pager:
    """A program that hands on what it is told."""

    def __init__(self, folder: Path) -> None:
        self.pipe = folder / "pipe"
        os.mkfifo(self.pipe)
        self.program = folder / "page-oncall"
        self.program.write_text(SCRIPT.format(python=sys.executable, pipe=str(self.pipe)))
        self.program.chmod(0o700)

    def told(self) -> tuple[dict[str, Any], dict[str, str]]:
        """The next notice and the environment it came in; waits for it."""
        notice, environment = json.loads(self.pipe.read_text())
        return notice, environment


@pytest.fixture
def pager(tmp_path: Path) -> Pager:
    return Pager(tmp_path)


def test_the_approver_is_told_of_what_waits_without_the_statement(
    start_engine: StartEngine, database: Database, pager: Pager
) -> None:
    """SECURITY: promises 2 and 3: no text of a statement in a notification, no credential in a child's environment."""
    database.psql(SCHEMA)
    notify = f"notify:\n  - {{on: [review.requested], command: [{pager.program}]}}\n"
    engine = start_engine(rules=RULES, masking=MASKING + notify)
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"delete from notes where body = '{CANARY}' and person = %s", (1,))
        notice, environment = pager.told()
    assert (notice["event"], notice["identity"], notice["target"]) == ("review.requested", "bot", "db")
    assert (notice["verb"], notice["effects"][0], notice["rule"]) == ("DELETE", "delete", "deletes")
    assert notice["resources"][0] == "table:public.notes"
    assert notice["reason"] == "deletes are looked at"
    assert notice["next"] == f"hoopterm approvals show {notice['review']}"
    assert CANARY not in json.dumps(notice)
    assert "UPSTREAM_PASSWORD" not in environment
    assert "FAULTS" not in environment


def test_notifications_change_with_the_policy_and_a_failure_is_an_event(
    start_engine: StartEngine, database: Database, pager: Pager
) -> None:
    engine = start_engine()
    whole = engine.config.read_text()

    async def apply(notify: str) -> None:
        async with engine.client() as client:
            await client.apply_policy({engine.config.name: whole + notify})

    asyncio.run(apply(f"notify: [{{on: [session.opened], command: [{pager.program}]}}]\n"))
    with psycopg.connect(**engine.dsn()):
        notice, _ = pager.told()
    assert (notice["event"], notice["identity"], notice["sponsor"]) == ("session.opened", "bot", "alice")
    asyncio.run(apply("notify: [{name: gone, on: [session.opened], command: [/nonexistent/pager]}]\n"))
    with psycopg.connect(**engine.dsn()):
        pass

    async def failure() -> dict[str, Any]:
        async with engine.client() as client:
            async for entry in client.events(follow=True, event="notify.failed"):
                return entry
        raise AssertionError

    data = asyncio.run(failure())["data"]
    assert (data["where"], data["event"], data["attempts"]) == ("gone", "session.opened", 3)
    assert data["why"] == "/nonexistent/pager cannot be started: No such file or directory"
