"""A held statement waits for people, and an approval counts for exactly what was asked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import psycopg
import pytest

from hoopterm.client import Client
from tests.e2e.shop import SCHEMA
from tests.servers.engine import RunningEngine, StartEngine
from tests.servers.postgres import Database

RULES = """
rules:
  - {{name: read, decide: allow, who: {{groups: [agents]}}, what: {{effects: [read]}}}}
  - name: changes
    decide: review
    who: {{groups: [agents]}}
    what: {{effects: [write, delete]}}
    review: {{reviewers: {{groups: [dba]}}, {terms}}}
"""
DELETE = "delete from notes where id = 1"


@pytest.fixture
def engine(start_engine: StartEngine, database: Database) -> RunningEngine:
    database.psql(SCHEMA)
    return start_engine(rules=RULES.format(terms="hold: 20s, timeout: 60s"))


@pytest.fixture
def rejecting(start_engine: StartEngine, database: Database) -> RunningEngine:
    database.psql(SCHEMA)
    return start_engine(rules=RULES.format(terms="hold: 20s, timeout: 60s, on_hold: reject"))


def count(database: Database) -> int:
    return int(database.psql("select count(*) from notes"))


async def when_pending(client: Client) -> Any:
    """The first review that waits."""
    async for change in client.live():
        if change.review is not None and change.review.state == "pending":
            return change.review
    raise AssertionError("the live feed ended")


async def decided(engine: RunningEngine, decide: Callable[[Client, str], Awaitable[Any]]) -> Any:
    async with engine.client() as client:
        review = await when_pending(client)
        await decide(client, review.id)
        return review


async def test_an_approved_statement_runs_and_its_outcome_is_kept(engine: RunningEngine, database: Database) -> None:
    notices: list[str] = []
    connection = await psycopg.AsyncConnection.connect(**engine.dsn(), autocommit=True)
    connection.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
    async with connection, asyncio.TaskGroup() as tasks:
        deciding = tasks.create_task(decided(engine, lambda client, id: client.approve(id, "fine")))
        cursor = await connection.execute(DELETE)
        assert cursor.statusmessage == "DELETE 1"
    review = deciding.result()
    assert review.text == DELETE
    assert review.estimated_rows == 1
    assert any(review.id in notice for notice in notices)
    assert count(database) == 19
    async with engine.client() as client:
        seen = await client.review(review.id)
    assert seen.state == "used"
    assert seen.outcome is not None
    assert (seen.outcome.status, seen.outcome.changed) == ("completed", 1)


async def test_a_denied_review_fails_the_statement_with_the_reason(engine: RunningEngine, database: Database) -> None:
    connection = await psycopg.AsyncConnection.connect(**engine.dsn(), autocommit=True)
    async with connection, asyncio.TaskGroup() as tasks:
        tasks.create_task(decided(engine, lambda client, id: client.deny(id, "not tonight")))
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="not tonight"):
            await connection.execute(DELETE)
        cursor = await connection.execute("select 1")
        assert await cursor.fetchone() == (1,)
    assert count(database) == 20


async def test_cancelling_withdraws_the_review(engine: RunningEngine, database: Database) -> None:
    connection = await psycopg.AsyncConnection.connect(**engine.dsn(), autocommit=True)
    async with connection, asyncio.TaskGroup() as tasks:

        async def cancel(_client: Client, _id: str) -> None:
            await connection.cancel_safe()

        deciding = tasks.create_task(decided(engine, cancel))
        with pytest.raises(psycopg.Error):
            await connection.execute(DELETE)
    async with engine.client() as client:
        assert (await client.review(deciding.result().id)).state == "withdrawn"
    assert count(database) == 20


async def test_disconnecting_withdraws_the_review(engine: RunningEngine) -> None:
    dsn = engine.dsn()
    connection = await asyncpg.connect(
        host=dsn["host"], port=dsn["port"], user="bot", password=dsn["password"], database="db"
    )
    async with engine.client() as client, asyncio.TaskGroup() as tasks:

        async def hold() -> None:
            with pytest.raises(asyncpg.PostgresConnectionError):
                await connection.execute(DELETE)

        tasks.create_task(hold())
        review = await when_pending(client)
        connection.terminate()
        async for change in client.live():
            if change.review is not None and change.review.id == review.id and change.review.state == "withdrawn":
                break


async def test_a_rejected_statement_runs_once_when_it_is_sent_again_after_approval(
    rejecting: RunningEngine, database: Database
) -> None:
    async with rejecting.client() as client:
        with psycopg.connect(**rejecting.dsn(), autocommit=True) as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
                connection.execute(DELETE)
            found = re.search(r'"review": ?"([^"]+)"', caught.value.diag.message_detail or "")
            assert found is not None
            await client.approve(found[1], "once")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("delete from notes where id = 2")  # not these bytes
            assert connection.execute(DELETE).statusmessage == "DELETE 1"
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(DELETE)  # it served
    assert count(database) == 19


async def test_an_approval_for_one_identity_serves_no_other(rejecting: RunningEngine, database: Database) -> None:
    """GHSA-fxfw-2m4j-xmc8: an approval for one token authorises no other."""
    async with rejecting.client() as client:
        with psycopg.connect(**rejecting.dsn(), autocommit=True) as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(DELETE)
        review = (await client.reviews("pending"))[0]
        await client.approve(review.id, "for bot")
        with psycopg.connect(**rejecting.dsn("officer"), autocommit=True) as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(DELETE)
    assert count(database) == 20


@pytest.mark.parametrize("changed", [2, None])
async def test_an_approval_binds_to_its_parameters(
    rejecting: RunningEngine, database: Database, changed: int | None
) -> None:
    statement = "delete from notes where id = %s"
    async with rejecting.client() as client:
        with psycopg.connect(**rejecting.dsn(), autocommit=True) as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement, (1,))
            review = (await client.reviews("pending"))[0]
            assert review.parameters == ["1"]
            await client.approve(review.id, "id 1 only")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement, (changed,))
            assert connection.execute(statement, (1,)).statusmessage == "DELETE 1"
    assert count(database) == 19


async def test_inside_a_transaction_that_may_hold_locks_nothing_waits(engine: RunningEngine) -> None:
    with psycopg.connect(**engine.dsn()) as connection:
        connection.execute("select * from notes")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="waiting for approval"):
            connection.execute(DELETE)


async def test_other_sessions_go_on_while_one_is_held(engine: RunningEngine) -> None:
    held = await psycopg.AsyncConnection.connect(**engine.dsn(), autocommit=True)
    async with held, asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(held.execute(DELETE))
        async with engine.client() as client:
            review = await when_pending(client)
            with psycopg.connect(**engine.dsn("officer")) as other:
                assert other.execute("select count(*) from notes").fetchone() == (20,)
            await client.approve(review.id, "go")
        await waiting


async def test_what_was_approved_is_limited_all_the_same_and_its_reviewer_was_told(
    start_engine: StartEngine, database: Database
) -> None:
    database.psql(SCHEMA)
    engine = start_engine(rules=RULES.format(terms="hold: 20s, timeout: 60s") + "    limit: {changed: 5}\n")
    connection = await psycopg.AsyncConnection.connect(**engine.dsn(), autocommit=True)
    async with connection, asyncio.TaskGroup() as tasks:
        deciding = tasks.create_task(decided(engine, lambda client, id: client.approve(id, "a few")))
        with pytest.raises(psycopg.errors.ProgramLimitExceeded):
            await connection.execute("delete from notes")
    assert "at most 5 rows changed" in deciding.result().reason
    assert count(database) == 20
    async with engine.client() as client:
        seen = await client.review(deciding.result().id)
        assert seen.outcome is not None
        assert seen.outcome.status == "denied"
