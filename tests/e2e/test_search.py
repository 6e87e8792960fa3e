"""The record searched, by the command line and on a real terminal, before a real engine and a real database."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import sys
from contextlib import closing
from typing import Any

import psycopg
import pytest

from engine.api.schema import SearchView
from engine.search.operations import recorded_operations
from tests.e2e.shop import CANARIES, CANARY, MASKING, SCHEMA, assert_clean
from tests.servers.engine import RunningEngine, StartEngine
from tests.servers.postgres import Database
from tests.servers.terminal import Terminal

RULES = """
rules:
  - {name: read, decide: allow, who: {groups: [agents]}, what: {effects: [read]}}
  - {name: no-writes, decide: deny, who: {groups: [agents]}, what: {effects: [write, delete]}, reason: not by agents}
"""


@pytest.fixture
def engine(start_engine: StartEngine, database: Database) -> RunningEngine:
    database.psql(SCHEMA)
    return start_engine(rules=RULES, masking=MASKING)


def work(engine: RunningEngine) -> None:
    """A session that reads protected values, says an e-mail address, and is denied a DELETE."""
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        connection.execute("select * from people order by id")
        connection.execute(f"select id from notes where body = '{CANARY}@mail.example'")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from notes where id = 7")


async def found(engine: RunningEngine, query: str, count: int) -> SearchView:
    """What a query finds once it finds so many."""
    async with engine.client() as client, asyncio.timeout(30):
        while len((page := await client.search(query, before=1 << 53)).entries) < count:
            await client.status()  # the index tells nobody outside the engine how far it is
        return page


async def run(engine: RunningEngine, *words: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hoopterm", *words, "--engine", str(engine.directory / "control.sock")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), error.decode()


async def ask(screen: Terminal, query: str) -> None:
    """Type another query in the place of the one that was made."""
    screen.press("/", "C-u")
    await screen.shows("→ completes")
    screen.press(query, "Enter")


async def test_what_an_agent_did_is_found_by_who_what_and_words_and_is_proven(engine: RunningEngine) -> None:
    await asyncio.to_thread(work, engine)
    page = await found(engine, "event:operation.denied", 1)
    (denied,) = page.entries
    assert (denied.identity, denied.sponsor, denied.target, denied.rule) == ("bot", "alice", "db", "no-writes")
    assert "delete from notes where id = 7" in denied.text

    status, out, _ = await run(engine, "audit", "search", "--resource", "notes", "--effect", "delete", "--json")
    assert (status, [entry["sequence"] for entry in json.loads(out)]) == (0, [denied.sequence])
    status, out, _ = await run(engine, "audit", "show", str(denied.sequence), "--json")
    assert (status, json.loads(out)["proven"]) == (0, True)
    status, _, error = await run(engine, "audit", "search", "colour:red", "--json")
    assert (status, "no field" in json.loads(error)["error"]["message"]) == (1, True)
    searched = await found(engine, "event:audit.searched identity:bob", 2)
    assert len(searched.entries) >= 2


async def test_no_search_finds_a_masked_value_and_none_is_in_the_index(engine: RunningEngine) -> None:
    """SECURITY promise 2: neither an answer's values nor those a client typed are found, in any form."""
    await asyncio.to_thread(work, engine)
    await found(engine, "event:operation.intended", 2)
    async with engine.client() as client:
        for form in (*CANARIES, f"{CANARY}-3", "canary", "canary*", "7f3a9c", f"{CANARY}@mail.example"):
            for query in (f'"{form}"', f'text:"{form}*"', f'resource:"*{form}*"', f'identity:"*{form}*"'):
                page = await client.search(query)
                assert page.entries == [], query
        for _ in range(2):  # what was searched for is not found for having been searched
            assert (await client.search("900003")).entries == []
    engine.stop()
    engine.shows_values = True  # the log says what the auditor typed
    with closing(sqlite3.connect(engine.state / "search.db")) as connection:
        assert connection.execute("SELECT count(*) FROM texts").fetchone()[0] >= 2
    index = b"".join(path.read_bytes() for path in engine.state.glob("search.db*"))
    assert_clean(index)
    assert b"select * from people" in index


async def test_a_killed_engine_goes_on_with_its_index_and_a_lost_index_is_made_anew(engine: RunningEngine) -> None:
    """SECURITY promise 1, of what is only derived: the index is never more than the log, and comes back from it."""
    await asyncio.to_thread(work, engine)
    before = [entry.sequence for entry in (await found(engine, "event:operation.*", 3)).entries]
    engine.stop(signal.SIGKILL)
    engine.start()
    await asyncio.to_thread(work, engine)
    after = [entry.sequence for entry in (await found(engine, "event:operation.*", 6)).entries]
    assert after[-3:] == before
    engine.stop()
    for path in engine.state.glob("search.db*"):
        path.unlink()
    engine.start()
    again = await found(engine, "event:operation.*", 6)
    assert [entry.sequence for entry in again.entries] == after
    assert all(entry.text for entry in again.entries)
    async with engine.client() as client:
        await client.reindex()
    assert [entry.sequence for entry in (await found(engine, "event:operation.*", 6)).entries] == after


async def test_recorded_operations_have_what_deciding_again_takes(engine: RunningEngine) -> None:
    await asyncio.to_thread(work, engine)
    await found(engine, "event:operation.*", 3)
    operations: list[Any] = await asyncio.to_thread(lambda: list(recorded_operations(engine.state, 100)))
    denied, *read = operations
    assert (denied.verb, denied.is_denied, denied.rule, denied.has_where) == ("DELETE", True, "no-writes", True)
    assert denied.accesses[0][0] == "delete"
    assert {operation.groups for operation in operations} == {frozenset({"agents"})}
    assert (denied.database, denied.kind, denied.mode) == (read[0].database, "agent", "enforce")
    assert all(operation.text and operation.verdict == "allow" for operation in read)


async def test_an_auditor_searches_opens_proves_and_replays_on_a_terminal(
    engine: RunningEngine, screen: Terminal
) -> None:
    await asyncio.to_thread(work, engine)
    await found(engine, "event:operation.denied", 1)
    command = [sys.executable, "-m", "hoopterm", "console", "--engine", str(engine.directory / "control.sock")]
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "COLORTERM": "truecolor", "TZ": "UTC"}
    screen.start(command, environment, (80, 24))
    await screen.shows("● live")
    screen.press("5")
    await screen.shows("denied", "intended", "entries")
    await ask(screen, "decision:deny identity:b*")
    await screen.shows("── 1 of", "delete from notes")
    screen.press("Enter")
    await screen.shows("✓ proven here", "delete from notes where id = 7", "no-writes")
    screen.press("r")
    seen = await screen.shows("delete from notes where id = 7", "statements")
    assert CANARY not in seen
    screen.press("q")
    await screen.shows("✓ proven here")
    screen.press("q")
    await screen.shows("── 1 of")
    await ask(screen, "nothing-like-this")
    await screen.shows("No entry matches")
    screen.resize(160, 50)
    await ask(screen, "since:1h")
    await screen.shows("/ since:1h", "│ entry")
    screen.press("f")
    await screen.shows("following")
    await asyncio.to_thread(work, engine)
    await screen.until(lambda seen: seen.count("delete from notes") >= 2)
