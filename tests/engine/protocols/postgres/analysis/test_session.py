"""Uncommitted schema and temporary objects are looked up on the session that has them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from engine.protocols.postgres.analysis.analyst import Analyst
from engine.protocols.postgres.catalog.source import CatalogSource
from engine.protocols.postgres.statement import Row, SessionState
from tests.engine.protocols.postgres.analysing import connector, in_words
from tests.servers.postgres import Database


@dataclass
class Client:
    """A client's upstream session, and the analyst that is asked about its statements."""

    connection: Any
    analyst: Analyst
    state: SessionState
    questions: list[str]

    async def do(self, text: str) -> None:
        """Run a statement, and note what it may have changed."""
        (statement,) = await self.analyst.analyse(text, self.state)
        await self.connection.execute(text)
        if statement.changes_schema:
            self.state.has_uncommitted_schema = True
        self.state.version += 1

    async def find(self, text: str) -> list[str]:
        """What a statement would do."""
        (statement,) = await self.analyst.analyse(text, self.state)
        return in_words(statement)


@pytest.fixture
async def client(database: Database) -> AsyncIterator[Client]:
    database.psql("create schema secret; create table secret.t (id int, pin int); create table t (id int, name text)")
    source = CatalogSource(connector(database))
    connection = await asyncpg.connect(database.dsn)
    questions: list[str] = []

    async def probe(query: str) -> Sequence[Row]:
        questions.append(query)
        return [tuple(None if cell is None else str(cell) for cell in row) for row in await connection.fetch(query)]

    state = SessionState(database.name, "postgres", settings_may_revert=False, probe=probe)
    yield Client(connection, Analyst(source), state, questions)
    await connection.close()
    await source.close()


async def test_a_session_without_changes_is_asked_nothing(client: Client) -> None:
    assert await client.find("select id from t") == ["read table:public.t(id)"]
    assert client.questions == []


async def test_uncommitted_schema_is_seen(client: Client) -> None:
    """Uncommitted DDL of the same session must not dodge a rule."""
    await client.do("begin")
    await client.do("create view w as select pin from secret.t")
    assert await client.find("select * from w") == ["read table:public.w", "read table:secret.t(pin)"]
    await client.do("alter table t rename to u")
    await client.do("alter view w rename to t")
    assert await client.find("select * from t") == ["read table:public.t", "read table:secret.t(pin)"]
    assert await client.find("select id from u") == ["read table:public.u(id)"]


async def test_a_temporary_table_is_seen_where_it_hides_another(client: Client) -> None:
    await client.do("create temp table t (other int)")
    (found,) = await client.find("select other from t")
    assert found.startswith("read table:pg_temp_")
    assert await client.find("select id from public.t") == ["read table:public.t(id)"]
    (found,) = await client.find("select other from pg_temp.t")
    assert found.startswith("read table:pg_temp_")


async def test_a_temporary_view_counts_as_what_it_reads(client: Client) -> None:
    await client.do("create temp view t as select pin from secret.t")
    assert "read table:secret.t(pin)" in await client.find("select * from t")


async def test_an_uncommitted_function_counts_as_its_body(client: Client) -> None:
    await client.do("begin")
    await client.do("create function lower(x int) returns bigint language sql as 'select count(pin) from secret.t'")
    assert "read table:secret.t(pin)" in await client.find("select lower(1)")


async def test_an_unknown_name_is_looked_for_once_more_and_then_on_the_session(client: Client) -> None:
    await client.find("select 1")
    await client.connection.execute("create temp table unseen (id int)")
    (found,) = await client.find("select id from unseen")
    assert found.startswith("read table:pg_temp_")


async def test_a_name_committed_a_moment_ago_is_found(client: Client, database: Database) -> None:
    await client.find("select 1 from t")
    database.psql("create table brand_new (id int)")
    assert await client.find("select id from brand_new") == ["read table:public.brand_new(id)"]
    assert client.questions == []


async def test_a_table_another_session_made_a_moment_ago_is_found_beside_temporary_ones(
    client: Client, database: Database
) -> None:
    await client.do("create temp table own (id int)")
    assert await client.find("select id from t") == ["read table:public.t(id)"]
    database.psql("create table brand_new (id int)")
    assert await client.find("select id from brand_new") == ["read table:public.brand_new(id)"]


async def test_what_another_session_of_ours_changes_is_seen_at_once_beside_temporary_tables(
    client: Client, database: Database
) -> None:
    database.psql("create view shown as select id from t")
    await client.do("create temp table own (id int)")
    assert await client.find("select * from shown") == ["read table:public.shown", "read table:public.t(id)"]
    database.psql("create or replace view shown as select pin as id from secret.t")
    await client.analyst.schema_changed()
    assert await client.find("select * from shown") == ["read table:public.shown", "read table:secret.t(pin)"]


async def test_a_table_is_read_by_the_session_that_has_locked_it(client: Client) -> None:
    """Whoever empties a table and fills it again holds its lock meanwhile."""
    await client.connection.execute("begin; truncate t")
    assert "write table:public.t(id)" in await client.find("insert into t (id) values (1)")
    await client.connection.execute("rollback")
    assert await client.find("select id from t") == ["read table:public.t(id)"]


async def test_a_table_that_another_session_has_locked_cannot_be_told(client: Client, database: Database) -> None:
    other = await asyncpg.connect(database.dsn)
    await other.execute("begin; truncate t")
    (statement,) = await client.analyst.analyse("select id from t", client.state)
    assert "another transaction is changing it" in (statement.why_opaque or "")
    await other.close()


async def test_a_name_nobody_knows_stays_opaque_and_loads_nothing(client: Client) -> None:
    for _ in range(3):
        (statement,) = await client.analyst.analyse("select * from nobody", client.state)
        assert statement.why_opaque is not None
    assert not any("pg_get_viewdef" in question for question in client.questions)


async def test_without_schema_changes_the_session_is_compared_and_not_loaded_again(client: Client) -> None:
    await client.do("create temp table t2 (id int)")
    await client.find("select id from t2")
    loads = sum("pg_get_viewdef" in question for question in client.questions)
    await client.do("set application_name = 'x'")
    await client.find("select id from t2 where id = 1")
    assert sum("pg_get_viewdef" in question for question in client.questions) == loads == 1


async def test_a_session_whose_operators_may_not_be_the_built_in_ones_is_not_asked(client: Client) -> None:
    """Our own questions must not call operators of the client's making."""
    await client.do("create temp table t2 (id int)")
    client.state.search_path = ("secret", "pg_catalog")
    (statement,) = await client.analyst.analyse("select id from t2", client.state)
    assert statement.why_opaque is not None
    assert client.questions == []


async def test_the_answers_to_our_questions_cannot_be_forged(client: Client) -> None:
    """A better matching function or operator of the client's own is not the one that our questions call."""
    await client.do("begin")
    for text in (
        "create function text_is(text, text) returns boolean language sql as 'select false'",
        "create operator public.= (leftarg = text, rightarg = text, procedure = text_is)",
        "create function json_agg(json) returns json language sql as 'select null::json'",
        "create function pg_get_viewdef(oid) returns text language sql as 'select ''select 1'''",
        "create view w as select pin from secret.t",
    ):
        await client.do(text)
    assert "read table:secret.t(pin)" in await client.find("select * from w")


async def test_a_session_that_cannot_be_asked_leaves_its_names_opaque(client: Client) -> None:
    async def refuse(query: str) -> Sequence[Row]:
        raise LookupError("a failed transaction")

    await client.do("create temp table t2 (id int)")
    client.state.probe = refuse
    client.state.version += 1
    (statement,) = await client.analyst.analyse("select id from t", client.state)
    assert "failed transaction" in (statement.why_opaque or "")
    assert await client.find("rollback") == ["housekeeping statement"]
