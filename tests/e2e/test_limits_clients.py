"""Limits on rows as real clients meet them: drivers, psql, COPY, and bare messages of the extended protocol."""

from __future__ import annotations

import io
from typing import Any

import asyncpg
import pg8000.dbapi
import psycopg
import pytest

from engine.protocols.postgres import requests as r
from tests.e2e.limited import autocommit, state
from tests.e2e.limited import engine as engine
from tests.e2e.limited import shop as shop
from tests.e2e.test_drivers import run
from tests.servers.engine import RunningEngine
from tests.servers.postgres import Database

# ── COPY ──


def test_a_copy_in_that_brings_too_much_leaves_nothing(engine: RunningEngine, shop: Database) -> None:
    before = state(shop)
    with autocommit(engine) as connection:
        with pytest.raises(psycopg.errors.ProgramLimitExceeded):
            copy_in(connection, "copy things from stdin", range(101, 107))
        assert state(shop) == before
        copy_in(connection, "copy things from stdin", range(101, 106))
        assert connection.execute("select count(*) from things").fetchone() == (25,)


def copy_in(connection: psycopg.Connection[Any], text: str, numbers: range) -> None:
    with connection.cursor() as cursor, cursor.copy(text) as copy:
        for number in numbers:
            copy.write_row((number, "copied"))


@pytest.mark.parametrize("form", ["text", "csv, header", "binary"])
def test_a_copy_out_is_cut_at_its_limit_and_cancelled(engine: RunningEngine, form: str) -> None:
    with autocommit(engine) as connection:
        assert copied(connection, f"copy (table things limit 10) to stdout (format {form})").count(b"thing") == 10
        got = io.BytesIO()
        rows = "select 'thing ' || generate_series(1, 1000000000)"
        with pytest.raises(psycopg.errors.ProgramLimitExceeded):
            copied(connection, f"copy ({rows}) to stdout (format {form})", got)
        assert got.getvalue().count(b"thing") == 10
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_copy_in_that_the_client_gives_up_leaves_nothing(engine: RunningEngine, shop: Database) -> None:
    before = state(shop)
    with autocommit(engine) as connection:
        with pytest.raises(ZeroDivisionError), connection.cursor() as cursor:
            with cursor.copy("copy things from stdin") as copy:
                copy.write_row((101, "copied"))
                raise ZeroDivisionError
        assert connection.execute("select 1").fetchone() == (1,)
    assert state(shop) == before


def copied(connection: psycopg.Connection[Any], text: str, into: io.BytesIO | None = None) -> bytes:
    into = into or io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(text) as copy:
        for piece in copy:
            into.write(piece)
    return into.getvalue()


# ── drivers ──


def test_psycopg_in_a_pipeline_keeps_nothing_of_the_batch(engine: RunningEngine, shop: Database) -> None:
    before = state(shop)
    with autocommit(engine) as connection:
        with pytest.raises(psycopg.errors.ProgramLimitExceeded), connection.pipeline() as pipeline:
            connection.execute("update things set name = 'x' where id = %s", (1,))
            connection.execute("update things set name = 'x' where id <= %s", (6,))
            connection.execute("update things set name = 'x' where id = %s", (2,))
            pipeline.sync()
        assert state(shop) == before
        with connection.pipeline():
            cursors = [connection.execute("select * from things where id <= %s", (n,)) for n in range(1, 9)]
        assert [len(cursor.fetchall()) for cursor in cursors] == list(range(1, 9))


def test_psycopg_prepared_statements_and_server_cursors_are_counted(engine: RunningEngine, shop: Database) -> None:
    before = state(shop)
    with autocommit(engine) as connection:
        for _ in range(3):
            with pytest.raises(psycopg.errors.ProgramLimitExceeded):
                connection.execute("update things set name = 'x' where id > %s", (0,), prepare=True)
            changed = connection.execute("update things set name = name where id <= %s", (5,), prepare=True)
            assert changed.rowcount == 5
    with psycopg.connect(**engine.dsn()) as connection, connection.cursor("named") as cursor:
        cursor.execute("select * from things")
        assert len(cursor.fetchmany(6)) == 6
        with pytest.raises(psycopg.errors.ProgramLimitExceeded):
            cursor.fetchmany(6)
    assert sorted(state(shop)) == sorted(before)


async def test_asyncpg_sees_the_error_and_goes_on(engine: RunningEngine, shop: Database) -> None:
    before = state(shop)
    parameters = engine.dsn()
    connection = await asyncpg.connect(
        host="127.0.0.1", port=parameters["port"], user="bot", password=parameters["password"], database="db"
    )
    try:
        with pytest.raises(asyncpg.ProgramLimitExceededError):
            await connection.execute("delete from things where id <= 6")
        with pytest.raises(asyncpg.ProgramLimitExceededError):
            await connection.execute("delete from things where id <= $1", 6)
        with pytest.raises(asyncpg.ProgramLimitExceededError):
            await connection.fetch("select * from things where id > $1", 1)
        with pytest.raises(asyncpg.ProgramLimitExceededError):
            await connection.executemany(
                "insert into things select n, 'x' from generate_series($1::int, $2) n", [(101, 102), (201, 206)]
            )
        with pytest.raises(asyncpg.ProgramLimitExceededError):
            await connection.copy_records_to_table("things", records=[(n, "x") for n in range(101, 107)])
        async with connection.transaction():
            cursor = await connection.cursor("select * from things where id > $1", 1)
            assert len(await cursor.fetch(6)) == 6
        with pytest.raises(asyncpg.ProgramLimitExceededError):
            async with connection.transaction():
                cursor = await connection.cursor("select * from things where id > $1", 1)
                await cursor.fetch(6)
                await cursor.fetch(6)
        assert state(shop) == before
        assert await connection.execute("delete from things where id <= $1", 5) == "DELETE 5"
    finally:
        await connection.close()


def test_pg8000_sees_the_error_and_goes_on(engine: RunningEngine, shop: Database) -> None:
    before = state(shop)
    connection = pg8000.dbapi.connect(
        user="bot", host="127.0.0.1", port=engine.port, database="db", password=engine.token()
    )
    connection.autocommit = True
    cursor = connection.cursor()
    with pytest.raises(pg8000.dbapi.DatabaseError, match="54000"):
        cursor.execute("delete from things where id <= %s", (6,))
    with pytest.raises(pg8000.dbapi.DatabaseError, match="54000"):
        cursor.execute("select * from things")
    assert state(shop) == before
    cursor.execute("delete from things where id <= %s", (5,))
    assert cursor.rowcount == 5
    connection.close()


def test_psql_shows_the_limit_the_rule_and_what_to_do(engine: RunningEngine, shop: Database) -> None:
    before = state(shop)
    done = run(engine, "psql", "-X", stdin="delete from things;\nselect count(*) from things;\n")
    assert "ERROR:  DELETE undone: more than 5 rows changed" in done.stderr
    assert "rule work: at most 5 rows may be changed, and it changed 20" in done.stderr
    assert "HINT:  nothing of it is kept" in done.stderr
    assert "20" in done.stdout
    assert state(shop) == before


def test_rows_of_a_change_cannot_be_fetched_in_parts_and_committed_between(
    engine: RunningEngine, shop: Database
) -> None:
    """The count of a RETURNING comes with its last row, and Sync would commit before that is fetched."""
    before = state(shop)
    with engine.raw() as client:
        client.send(r.Parse("", "delete from things returning id"), r.Bind("", ""), r.Execute("", 1), r.Sync())
        answers = client.until("Z")
        assert "".join(kind for kind, _ in answers) == "12DEZ"
        assert b"42501" in answers[-2][1]
    assert state(shop) == before


def test_a_copy_by_the_extended_protocol_is_counted_too(engine: RunningEngine, shop: Database) -> None:
    before = state(shop)
    with engine.raw() as client:
        for rows, expected in ((6, "12GEZ"), (5, "12GCZ")):
            data = b"".join(b"%d\tx\n" % number for number in range(101, 101 + rows))
            client.send(r.Parse("", "copy things from stdin"), r.Bind("", ""), r.Execute(""), r.Sync())
            start = client.kinds("G")
            client.send(r.CopyData(data), r.CopyDone(), r.Sync())
            assert start + client.kinds() == expected
            assert (state(shop) == before) is (rows == 6)
        client.send(r.Terminate())
