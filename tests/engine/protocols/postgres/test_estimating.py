"""The planner's guess is asked for where that can run nothing, and only there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from engine.model import Operation, Parameter
from engine.protocols.postgres.analysis.analyst import Analyst
from engine.protocols.postgres.catalog.source import CatalogSource
from engine.protocols.postgres.estimating import Estimator, touched
from engine.protocols.postgres.statement import SessionState
from tests.engine.protocols.postgres.analysing import connector
from tests.servers.postgres import Database, fresh_database

SCHEMA = """
create schema shop;
create table shop.orders (id integer primary key, status text not null);
insert into shop.orders select n, case when n <= 100 then 'stale' else 'new' end from generate_series(1, 1000) as n;
create table shop.archive (id integer, status text);
create table parts (id integer) partition by range (id);
create table parts_1 partition of parts for values from (0) to (500);
create table parts_2 partition of parts for values from (500) to (1000);
insert into parts select generate_series(0, 999);
create sequence called;
create function peek() returns integer language plpgsql stable
as $$ begin perform nextval('called'); return 7; end $$;
create function seven() returns integer language sql stable as 'select 7';
create function one() returns integer language plpgsql immutable
as $$ begin raise log 'one was called'; return 1; end $$;
create function is_fine(anyelement) returns boolean language plpgsql immutable
as $$ begin raise log 'is_fine was called'; return true; end $$;
create schema behind;
create table behind.indexed (id integer);
create index on behind.indexed ((id + public.one()));
create table behind.partial (id integer);
create index on behind.partial (id) where public.is_fine(3);
create table behind.counted (id integer);
create statistics behind.sums on (id + public.one()), id from behind.counted;
create table behind.parts (id integer) partition by range ((id + public.one()));
create table behind.part partition of behind.parts for values from (0) to (9);
create table behind.plain (id integer);
create table behind.heir (check (public.is_fine(7))) inherits (behind.plain);
create domain behind.word as text check (public.is_fine(value));
create table behind.words (id integer, words behind.word[]);
create table behind.seen (id integer);
create index on behind.seen ((abs(id))) where id > 3;
create role planning_clerk;
grant usage on schema shop to planning_clerk;
grant select on shop.orders to planning_clerk;
analyze;
"""


@pytest.fixture(scope="module")
def shop(postgres_server: Any) -> Iterator[Database]:
    with fresh_database(postgres_server) as database:
        database.psql(SCHEMA)
        yield database
        database.psql("drop owned by planning_clerk; drop role planning_clerk")


async def estimate(database: Database, text: str, *values: str | None, trusted: str = "", **state: Any) -> int | None:
    """What is told of a statement in a session that looks into `shop`; everything is analysed as an adapter has it."""
    connect = connector(database)
    source = CatalogSource(connect)
    analyst = Analyst(source, [trusted], estimator=Estimator(connect))
    known = {"role": database.server.user, "search_path": ("shop", "public"), "settings_may_revert": False, **state}
    session = SessionState(database.name, **known)
    (statement,) = await analyst.analyse(text, session)
    parameters = [Parameter("text", value) for value in values]
    operation = analyst.operation(statement, id="o-1", session="s-1", state=session, parameters=parameters)
    try:
        return await analyst.estimate(operation, session)
    finally:
        await analyst.close()


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("delete from orders where status = 'stale'", 90, 110),
        ("update orders set status = 'new'", 1000, 1000),
        ("delete from parts where id < 600", 550, 650),
        ("insert into archive select * from orders where status = 'stale'", 90, 110),
        ("insert into archive values (1, 'a'), (2, 'b')", 2, 2),
        ("with gone as (delete from orders returning *) insert into archive select * from gone", 2000, 2000),
        ("merge into orders using parts on orders.id = parts.id when matched then delete", 900, 1100),
        ("select * from orders", 1000, 1000),
        ("select count(*) from orders", 1, 1),
        ("delete from orders where id = seven()", 1, 1),
    ],
)
async def test_it_is_the_rows_that_change_or_else_those_that_come_back(
    shop: Database, text: str, least: int, most: int
) -> None:
    told = await estimate(shop, text)
    assert told is not None
    assert least <= told <= most
    assert shop.psql("select count(*) from shop.orders").strip() == "1000"


async def test_it_is_planned_with_the_parameters_it_would_run_with(shop: Database) -> None:
    few, many = [await estimate(shop, "delete from orders where id <= $1", value) for value in ("10", "900")]
    assert few is not None
    assert many is not None
    assert few < 50 < 800 < many
    assert await estimate(shop, "delete from orders where status = $1 or status = $2", "o'clock \\", None) == 1


async def test_names_mean_what_they_mean_to_the_session(shop: Database) -> None:
    assert await estimate(shop, "delete from orders", search_path=("public",)) is None
    assert await estimate(shop, "select * from orders", role="planning_clerk") == 1000
    assert await estimate(shop, "delete from orders", role="planning_clerk") is None  # it may not
    assert await estimate(shop, "select * from orders", has_uncommitted_schema=True) is None


@pytest.mark.parametrize(
    "text",
    [
        "delete from orders where id = peek()",
        "delete from orders where id = (select peek())",
        "explain analyze delete from orders",
        "copy orders to stdout",
        "drop table orders",
        "create table copy as select * from orders",
        "select * into another from orders",
    ],
)
async def test_what_planning_could_run_is_not_planned(shop: Database, text: str) -> None:
    """SECURITY: code that Bind or EXPLAIN would run does not run before approval."""
    assert await estimate(shop, text) is None
    assert shop.psql("select is_called from called").strip() == "f"


@pytest.mark.parametrize(
    "text",
    [
        "select * from behind.indexed where id = 4",
        "delete from behind.partial where id = 4",
        "select * from behind.counted where id + 1 = 2",
        "select * from behind.parts where id = 4",
        "select * from behind.part where id = 4",
        "select * from behind.plain where id = 4",
        "select * from behind.words where words = '{x}'",
        "with some as (select * from behind.indexed) select * from some",
    ],
)
async def test_what_belongs_to_a_table_is_not_called(shop: Database, text: str) -> None:
    """SECURITY: code that Bind or EXPLAIN would run does not run before approval."""
    log = shop.server.directory / "server.log"
    before = log.stat().st_size
    assert await estimate(shop, text) is None
    assert await estimate(shop, "select * from behind.seen where id = 4") is not None
    assert b" was called" not in log.read_bytes()[before:]


async def test_even_a_trusted_function_changes_nothing(shop: Database) -> None:
    """What its owner vouches for is called in a transaction that may only read: the server says no, and no is none."""
    assert await estimate(shop, "delete from orders where id = peek()", trusted="public.*") is None
    assert shop.psql("select is_called from called").strip() == "f"


async def test_a_table_that_somebody_holds_is_not_waited_for(shop: Database) -> None:
    connection = await asyncpg.connect(shop.dsn)
    try:
        async with connection.transaction():
            await connection.execute("lock table shop.archive in access exclusive mode")
            assert await estimate(shop, "select * from archive") is None
    finally:
        await connection.close()


@pytest.mark.parametrize("fault", [OSError("refused"), TimeoutError(), asyncpg.InterfaceError("gone")])
async def test_a_server_that_does_not_answer_is_no_error(fault: Exception) -> None:
    async def connect() -> Any:
        raise fault

    state = SessionState("shop", "planning_clerk")
    operation = Operation("o", "s", "statement", "SELECT", "select 1", ())
    assert await Estimator(connect).rows(operation, state) is None
    assert await Estimator(connect).rows(replace(operation, kind="copy"), state) is None


def test_members_are_counted_as_older_servers_call_them() -> None:
    parts = [{"Node Type": "Seq Scan", "Parent Relationship": "Member", "Plan Rows": rows} for rows in (5, 6)]
    first = {"Node Type": "Result", "Parent Relationship": "InitPlan", "Plan Rows": 9}
    assert touched({"Node Type": "ModifyTable", "Plan Rows": 0, "Plans": [first, *parts]}) == 11
