"""The stop button, with real clients: within a second nothing of the locked runs any more, here or upstream."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import psycopg
import pytest

from hoopterm.errors import Refused
from tests.e2e.shop import SCHEMA
from tests.servers.engine import RunningEngine, StartEngine
from tests.servers.postgres import Database

RULES = """
rules:
  - {name: read, decide: allow, who: {groups: [agents]}, what: {effects: [read, execute]}}
  - name: deletes
    decide: review
    who: {groups: [agents]}
    what: {effects: [delete]}
    review: {reviewers: {groups: [dba]}, hold: 60s}
"""
_RUNNING = "select count(*) from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'"


@pytest.fixture
def engine(start_engine: StartEngine, database: Database) -> RunningEngine:
    database.psql(SCHEMA)
    return start_engine(rules=RULES)


async def connect(engine: RunningEngine, subject: str = "bot") -> psycopg.AsyncConnection[Any]:
    return await psycopg.AsyncConnection.connect(**engine.dsn(subject), autocommit=True)


async def until(database: Database, count: str) -> None:
    """Wait until that many statements sleep upstream."""
    while database.psql(_RUNNING).strip() != count:  # noqa: ASYNC110 — a server tells nobody what it runs
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("lock", [{"identity": "bot"}, {"identity": "alice"}, {"target": "db"}])
async def test_a_lock_ends_what_runs_within_a_second_upstream_too(
    engine: RunningEngine, database: Database, lock: dict[str, str]
) -> None:
    connection = await connect(engine)
    async with engine.client() as client, asyncio.TaskGroup() as tasks:
        running = tasks.create_task(_ended(connection, "select pg_sleep(60)"))
        await until(database, "1")
        async with asyncio.timeout(1):
            assert (await client.lock(**lock, reason="INC-7")).ended == 1
            said = await running
            await until(database, "0")
        assert "is locked" in said
        assert "INC-7" not in said
        with pytest.raises(psycopg.OperationalError, match="is locked"):
            await connect(engine)
        await client.unlock(**lock, reason="over")
    async with await connect(engine) as again:
        await again.execute("select 1")


async def _ended(connection: psycopg.AsyncConnection[Any], statement: str) -> str:
    with pytest.raises(psycopg.OperationalError) as caught:
        await connection.execute(statement.encode())
    await connection.close()
    return f"{caught.value} {caught.value.diag.message_detail}"


async def test_a_lock_ends_what_is_held_and_its_review(engine: RunningEngine) -> None:
    connection = await connect(engine)
    async with engine.client() as client, asyncio.TaskGroup() as tasks:
        held = tasks.create_task(_ended(connection, "delete from notes where id = 1"))
        async for change in client.live():
            if change.review is not None and change.review.is_held:
                break
        async with asyncio.timeout(1):
            await client.lock(identity="bot", reason="INC-7")
            await held
        (review,) = await client.reviews()
        assert review.state == "withdrawn"
        with pytest.raises(Refused):
            await client.approve(review.id)


async def test_others_go_on(engine: RunningEngine) -> None:
    async with await connect(engine, "officer") as other, engine.client() as client:
        await other.execute("select 1")
        await client.lock(identity="bot", reason="INC-7")
        assert await (await other.execute("select 2")).fetchone() == (2,)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
async def test_a_lock_survives_the_engine(engine: RunningEngine, end: signal.Signals) -> None:
    """Its command has returned, so it is on stable storage: kill -9 changes nothing."""
    async with engine.client() as client:
        await client.lock(identity="bot", reason="INC-7")
    engine.stop(end)
    engine.start()
    with pytest.raises(psycopg.OperationalError, match="is locked"):
        await connect(engine)
    async with engine.client() as client:
        assert [lock.reason for lock in await client.locks()] == ["INC-7"]
        with pytest.raises(Refused, match="no token is minted"):
            await client.create_token("bot", 60)
    engine.stop()
    assert engine.verified().ok


async def test_who_may_not_use_a_target_does_not_learn_that_it_is_locked(engine: RunningEngine) -> None:
    async with engine.client() as client:
        access = await client.create_token("bob", 60)
        words = []
        for name in ("db", "nothere"):
            with pytest.raises(psycopg.OperationalError) as caught:
                parameters = {**engine.dsn(), "user": "bob", "password": access.secret, "dbname": name}
                await psycopg.AsyncConnection.connect(**parameters)
            words.append(str(caught.value).replace(name, "X"))
            await client.lock(target="db", reason="INC-7") if name == "nothere" else None
        with pytest.raises(psycopg.OperationalError) as locked:
            await psycopg.AsyncConnection.connect(**{**engine.dsn(), "user": "bob", "password": access.secret})
    assert words[0] == words[1] == str(locked.value).replace("db", "X")
