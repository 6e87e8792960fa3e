"""Real drivers through a real engine: they notice nothing but the masks and the rules."""

from __future__ import annotations

import io
import os
import subprocess
from typing import Any

import asyncpg
import pg8000.dbapi
import psycopg
import pytest

from engine.protocols.postgres import requests as r
from hoopterm.demo.postgres import binaries
from tests.e2e.shop import MASKING, SCHEMA, assert_clean
from tests.servers.engine import WRITE_RULES, RunningEngine, StartEngine
from tests.servers.postgres import Database


@pytest.fixture(scope="module")
def engine(start_module_engine: StartEngine, module_database: Database) -> RunningEngine:
    module_database.psql(SCHEMA)
    return start_module_engine(rules=WRITE_RULES, masking=MASKING)


def environment(engine: RunningEngine) -> dict[str, str]:
    return {
        **os.environ,
        "PGHOST": "127.0.0.1",
        "PGPORT": str(engine.port),
        "PGUSER": "bot",
        "PGDATABASE": "db",
        "PGPASSWORD": engine.token(),
    }


def run(engine: RunningEngine, *command: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    program = [str(binaries() / command[0]), *command[1:]]
    return subprocess.run(
        program, input=stdin, env=environment(engine), capture_output=True, text=True, check=False, timeout=60
    )


def test_psql_reads_masked_rows_and_describes_tables(engine: RunningEngine) -> None:
    done = run(engine, "psql", "-X", stdin="select * from people order by id limit 3;\n\\d people\n\\dt\n\\df\n")
    assert done.returncode == 0, done.stderr
    assert "name-1" in done.stdout
    assert "*" * 15 in done.stdout
    assert "people_pkey" in done.stdout
    assert_clean(done.stdout + done.stderr)


def test_psycopg_works_in_pipeline_mode_with_prepared_statements_and_copy(engine: RunningEngine) -> None:
    with psycopg.connect(**engine.dsn()) as connection:
        with connection.pipeline():
            cursors = [
                connection.execute("select id, name, secret from people where id = %s", (n,), prepare=True)
                for n in range(1, 6)
            ]
        rows: list[Any] = [cursor.fetchone() for cursor in cursors]
        assert [row[0] for row in rows] == [1, 2, 3, 4, 5]
        assert_clean(rows)
        with connection.cursor() as cursor:
            with cursor.copy("copy notes (person, body) from stdin") as into:
                into.write_row((1, "copied"))
                into.write_row((2, "also copied"))
            cursor.execute("select count(*) from notes where body like '%copied'")
            assert cursor.fetchone() == (2,)
            with cursor.copy("copy people to stdout") as out:
                copied = b"".join(bytes(block) for block in out)
        assert copied.count(b"\n") == 20
        assert_clean(copied)


@pytest.mark.parametrize("binary", [False, True])
def test_psycopg_sees_masked_values_in_both_formats(engine: RunningEngine, binary: bool) -> None:
    with psycopg.connect(**engine.dsn()) as connection, connection.cursor(binary=binary) as cursor:
        cursor.execute("select id, secret, pin from people order by id")
        rows = cursor.fetchall()
    assert [row[0] for row in rows] == list(range(1, 21))
    assert {row[1].strip("*") for row in rows} == {""}
    assert {row[2] for row in rows} == {None}


async def test_asyncpg_works_with_binary_rows_cursors_and_copy(engine: RunningEngine) -> None:
    dsn = engine.dsn()
    connection = await asyncpg.connect(
        host=dsn["host"], port=dsn["port"], user="bot", password=dsn["password"], database="db"
    )
    try:
        rows = await connection.fetch("select * from people where id = any($1::int[])", [1, 2, 3])
        assert len(rows) == 3
        assert_clean(rows)
        async with connection.transaction():
            names = [row["name"] async for row in connection.cursor("select name from people order by id", prefetch=3)]
        assert names[:2] == ["name-1", "name-2"]
        statement = await connection.prepare("select secret from people where id = $1")
        assert_clean([await statement.fetchval(number) for number in range(1, 5)])
        sink = io.BytesIO()
        assert await connection.copy_from_table("people", output=sink) == "COPY 20"
        assert_clean(sink.getvalue())
        await connection.copy_records_to_table("notes", records=[(3, "by copy")], columns=["person", "body"])
        assert await connection.fetchval("select count(*) from notes where body = 'by copy'") == 1
    finally:
        await connection.close()


def test_a_pure_python_driver_works(engine: RunningEngine) -> None:
    dsn = engine.dsn()
    connection = pg8000.dbapi.connect(
        host=dsn["host"], port=dsn["port"], user="bot", password=dsn["password"], database="db"
    )
    cursor = connection.cursor()
    cursor.execute("select name, secret from people where id = %s", (7,))
    row = cursor.fetchone()
    assert row[0] == "name-7"
    assert_clean(row)
    cursor.execute("update notes set body = %s where id = %s", ("changed", 1))
    connection.commit()
    cursor.execute("select body from notes where id = 1")
    assert cursor.fetchone() == ["changed"]
    connection.close()


def test_pg_dump_of_a_permitted_table_equals_the_direct_one(engine: RunningEngine, module_database: Database) -> None:
    through = run(engine, "pg_dump", "--table=notes", "--no-owner")
    assert through.returncode == 0, through.stderr
    server = module_database.server
    direct = subprocess.run(
        [str(binaries() / "pg_dump"), "--table=notes", "--no-owner", module_database.dsn],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PGPASSWORD": server.password},
    )

    def without_key(text: str) -> list[str]:
        return [line for line in text.splitlines() if "restrict" not in line]

    assert without_key(through.stdout) == without_key(direct.stdout)


@pytest.mark.parametrize("mode", ["simple", "extended", "prepared"])
def test_pgbench_runs_in_every_query_mode(engine: RunningEngine, module_database: Database, mode: str) -> None:
    subprocess.run(
        [str(binaries() / "pgbench"), "--initialize", "--quiet", module_database.dsn], capture_output=True, check=True
    )
    done = run(engine, "pgbench", f"--protocol={mode}", "--client=2", "--transactions=20", "--no-vacuum")
    assert done.returncode == 0, done.stderr
    assert "number of transactions actually processed: 40/40" in done.stdout
    assert "number of failed transactions: 0" in done.stdout


def test_errors_notices_and_notifications_come_through(engine: RunningEngine) -> None:
    notices: list[str] = []
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        connection.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        with pytest.raises(psycopg.errors.UndefinedColumn):
            connection.execute("select nothing from notes")
        connection.execute("drop table if exists not_there")
        connection.execute("listen channel_one")
        connection.execute("notify channel_one, 'hello'")
        received = next(connection.notifies(timeout=5, stop_after=1))
    assert received.payload == "hello"
    assert any("not_there" in notice for notice in notices)


def test_a_copy_by_the_extended_protocol_comes_to_its_end(engine: RunningEngine) -> None:
    """A server keeps the answer to an extended COPY back until Sync or Flush."""
    with engine.raw() as client:
        client.send(r.Parse("", "copy notes (person, body) from stdin"), r.Bind("", ""), r.Execute(""), r.Sync())
        assert client.kinds("G") == "12G"
        client.send(r.CopyData(b"1\tcopied\n"), r.CopyDone(), r.Sync())
        assert client.kinds() == "CZ"
        client.query("delete from notes where body = 'copied'")
