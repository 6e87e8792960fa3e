"""Statements about the schema run what they compute, and what watches over changes."""

from __future__ import annotations

import asyncio

from engine.protocols.postgres.catalog.source import CatalogSource
from tests.engine.protocols.postgres.analysing import Desk, Still, connector
from tests.servers.postgres import Database


def desk_of(database: Database) -> Desk:
    """A desk whose catalog is what the database has now."""

    async def load() -> Still:
        source = CatalogSource(connector(database))
        still = Still(await source.fresh(), await source.usable("postgres"))
        await source.close()
        return still

    return Desk(asyncio.run(load()))


def test_maintenance_runs_what_indexes_and_checks_compute(desk: Desk) -> None:
    for text in ("vacuum full notes", "analyze notes", "cluster notes", "reindex table notes"):
        assert "opaque function:public.mystery" in desk.find(text)


def test_event_triggers_run_on_changes_of_the_schema(database: Database) -> None:
    database.psql(
        "create function watch() returns event_trigger language plpgsql as $$ begin end $$;"
        "create event trigger watching on ddl_command_start execute function watch()"
    )
    desk = desk_of(database)
    assert desk.find("create table t (id int)") == ["opaque function:public.watch", "schema table:public.t"]
    assert desk.find("create role bob") == ["privilege role:bob"]


def test_a_cast_between_built_in_types_may_run_in_any_expression(database: Database) -> None:
    database.psql(
        "create function odd(int) returns boolean language plpgsql as $$ begin return true; end $$;"
        "create cast (int2 as boolean) with inout as implicit; create function odd(bigint) returns boolean"
        " language plpgsql as $$ begin return true; end $$; create cast (bigint as boolean) with function odd(bigint)"
        " as implicit; create table t (id bigint)"
    )
    desk = desk_of(database)
    assert desk.find("select 1 from t where id") == ["opaque function:public.odd", "read table:public.t(id)"]


def test_making_a_function_runs_the_checks_of_the_constants_in_its_body(database: Database) -> None:
    """A domain's check runs when a literal of it is parsed, which CREATE FUNCTION does."""
    database.psql(
        "create function odd(text) returns boolean language plpgsql as $$ begin return true; end $$;"
        "create domain checked as text check (odd(value)); create table t (a checked);"
        "create function takes(checked) returns int language sql return 1"
    )
    desk = desk_of(database)
    runs = "opaque function:public.odd"
    for body in ("select '{x}'::checked[]", "select takes('x')", "insert into t values ('x')"):
        assert runs in desk.find(f"create procedure p() language sql as $$ {body} $$"), body
    assert runs in desk.find("create function f() returns checked language sql return 'x'::checked")
    assert runs not in desk.find("create function f() returns text language sql as $$ select 'x'::text $$")
