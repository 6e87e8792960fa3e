"""The engine's own connection notices what changed, before anything is decided by what was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from engine.errors import UpstreamError
from engine.protocols.postgres.catalog.source import CatalogSource
from tests.engine.protocols.postgres.analysing import connector
from tests.servers.postgres import Database


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def source(database: Database, clock: Clock) -> AsyncIterator[CatalogSource]:
    source = CatalogSource(connector(database), clock=clock)
    yield source
    await source.close()


CHANGES = {
    "create table t2 (id int)": "a table",
    "alter table t add column more int": "a column",
    "alter table t rename column a to z": "a column's name",
    "alter table t alter column v type text": "a type that needs no rewrite",
    "alter table t alter column a set default 5": "a default",
    "alter table t add check (a > 0)": "a check",
    "create index on t (lower(v))": "an index",
    "create or replace view w as select a, a + 1 as b from t": "a view",
    "create or replace function f() returns int language sql as 'select 2'": "a function's body",
    "alter function f() volatile": "a function's volatility",
    "create trigger tr before update on t execute function suppress_redundant_updates_trigger()": "a trigger",
    "create rule r as on insert to t do instead nothing": "a rule",
    "create policy p on t using (true)": "a policy",
    "alter table t enable row level security": "row security",
    "create table heir () inherits (t)": "an heir",
    "alter table t set schema s": "a schema",
    "create operator ### (leftarg = int, rightarg = int, procedure = int4pl)": "an operator",
    "create domain d as int check (value > 0)": "a domain",
    "create cast (int as m) with function g(int)": "a cast",
    "drop view w": "a view that is gone",
    "grant usage on schema s to pg_monitor": "a schema's rights",
    "revoke usage on schema public from public": "the rights on public",
    "grant pg_monitor to pg_signal_backend": "a role's membership",
}


@pytest.mark.parametrize("change", CHANGES, ids=CHANGES.get)
async def test_schema_changed_by_somebody_else_is_noticed(
    database: Database, source: CatalogSource, clock: Clock, change: str
) -> None:
    """Out-of-band DDL is noticed within a second of use, before a decision that relies on it."""
    database.psql(
        "create schema s; create table t (a int, v varchar(10)); create view w as select a, a as b from t;"
        "create function f() returns int language sql immutable as 'select 1'; create type m as enum ('x');"
        "create function g(int) returns m language sql as 'select null::m'"
    )
    before = await source.fresh()
    database.psql(change)
    clock.now += 1.0
    after = await source.fresh()
    assert after.version != before.version


async def test_within_a_second_nobody_is_asked_and_then_nothing_is_loaded_again(
    database: Database, source: CatalogSource, clock: Clock
) -> None:
    before = await source.fresh()
    database.psql("create table t (a int)")
    assert source.current is before
    clock.now += 1.0
    assert source.current is None
    after = await source.fresh()
    assert after.relation(None, "t", ("public",)) is not None
    database.psql("insert into t select generate_series(1, 100)")
    clock.now += 1.0
    assert await source.fresh() is after


async def test_a_change_that_is_announced_is_looked_for_at_once(database: Database, source: CatalogSource) -> None:
    before = await source.fresh()
    database.psql("create table t (a int)")
    source.outdate()
    assert source.current is None
    after = await source.fresh()
    assert after.version != before.version


async def test_a_change_announced_while_comparing_is_not_overlooked(database: Database, clock: Clock) -> None:
    class Slow(CatalogSource):
        async def _compare(self) -> Any:
            snapshot = await super()._compare()
            self.outdate()
            return snapshot

    source = Slow(connector(database), clock=clock)
    await source.fresh()
    assert source.current is None
    await source.close()


async def test_temporary_objects_of_others_change_nothing(
    database: Database, source: CatalogSource, clock: Clock
) -> None:
    before = await source.fresh()
    other = await asyncpg.connect(database.dsn)
    await other.execute("create temp table t (a int); create temp view v as select * from t")
    clock.now += 1.0
    after = await source.fresh()
    assert after.relation(None, "t", ("public",)) is None
    assert after.version == before.version
    await other.close()


async def test_a_locked_table_makes_nobody_wait(database: Database, source: CatalogSource, clock: Clock) -> None:
    """Printing a view locks what it mentions; a session that holds a lock stops only what stands on it."""
    database.psql("create table t (a int default 1); create view v as select * from t; create view w as select 1 as x")
    other = await asyncpg.connect(database.dsn)
    await other.execute("begin; alter table t add column b int")
    snapshot = await asyncio.wait_for(source.fresh(), 5)
    table, view, free = (snapshot.relation("public", name, ()) for name in ("t", "v", "w"))
    assert table is not None
    assert view is not None
    assert free is not None
    assert (table.is_unreadable, view.is_unreadable, free.is_unreadable) == (True, True, False)
    await other.execute("commit")
    clock.now += 1.0
    view = (await source.fresh()).relation("public", "v", ())
    assert view is not None
    assert not view.is_unreadable
    await other.close()


async def test_a_table_that_was_locked_and_not_changed_is_read_once_it_is_free(
    database: Database, source: CatalogSource, clock: Clock
) -> None:
    database.psql("create table t (a int default 1)")
    other = await asyncpg.connect(database.dsn)
    await other.execute("begin; lock table t in access exclusive mode")
    locked = (await source.fresh()).relation("public", "t", ())
    assert locked is not None
    assert locked.is_unreadable
    await other.execute("commit")
    clock.now += 1.0
    free = (await source.fresh()).relation("public", "t", ())
    assert free is not None
    assert not free.is_unreadable
    await other.close()


async def test_a_lost_connection_is_made_again(database: Database, source: CatalogSource, clock: Clock) -> None:
    await source.fresh()
    database.psql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hoopterm'")
    clock.now += 1.0
    with pytest.raises(UpstreamError):
        await source.fresh()
    clock.now += 1.0
    assert (await source.fresh()).relation(None, "pg_class", ()) is not None


async def test_a_failure_is_told_without_what_was_sent_to_log_in(clock: Clock) -> None:
    calls = 0

    async def connect() -> Any:
        nonlocal calls
        calls += 1
        raise OSError("password canary-4711 refused")

    source = CatalogSource(connect, clock=clock)
    for _ in range(3):
        with pytest.raises(UpstreamError) as told:
            await source.fresh()
        assert "canary" not in str(told.value)
    assert calls == 1
    clock.now += 1.0
    with pytest.raises(UpstreamError):
        await source.usable("postgres")
    assert calls == 2


async def test_the_schemas_a_role_may_use_are_told(database: Database, source: CatalogSource) -> None:
    database.psql("create schema hidden; create schema open; grant usage on schema open to public")
    usable = await source.usable("pg_monitor")
    assert "open" in usable
    assert "hidden" not in usable
    assert source.usable_now("pg_monitor") == usable
    assert await source.usable("nobody at all") == frozenset()


async def test_its_own_session_can_write_nothing(database: Database, source: CatalogSource) -> None:
    await source.fresh()
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await source._connection.execute("create table public.t (a int)")
