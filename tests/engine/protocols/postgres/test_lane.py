"""The fast lane against a real server; what goes over it and out of it in scripts is in tests/dsl/test_lane.py."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import psycopg

from replay.format import Frame, RowBatch, read
from tests.servers.engine import StartEngine
from tests.servers.postgres import Database

MASKING = """
masking:
  - {name: pii, columns: [people.mail], detect: [credit_card]}
"""


def answers(path: Path) -> list[tuple[str, str, int]]:
    """Each operation of a recording: its text, its tag, the rows recorded of it."""
    with path.open("rb") as file:
        frames: list[Frame] = list(read(file))
    rows: dict[object, int] = {}
    for frame in frames:
        if isinstance(frame.data, RowBatch):
            rows[frame.data.operation] = rows.get(frame.data.operation, 0) + frame.data.rows
    events = [(frame.code, frame.data) for frame in frames if not isinstance(frame.data, RowBatch)]
    texts = {data["operation"]: data["text"] for code, data in events if code == "q"}
    return [
        (texts[data["operation"]], data["tag"], rows.get(data["operation"], 0)) for code, data in events if code == "e"
    ]


def test_every_statement_is_answered_masked_and_recorded_however_often_it_comes(
    start_engine: StartEngine, database: Database
) -> None:
    database.psql("create table people (id int primary key, mail text, note text)")
    database.psql(
        "insert into people select i, 'canary' || i || '@engines.example', 'n' || i from generate_series(1,9) i"
    )
    engine = start_engine(masking=MASKING)
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        for number in (1, 2, 3, 4, 99):
            # Without parameters psycopg sends a simple Query.
            row = connection.execute(f"select mail, note from people where id = {number}").fetchone()
            assert row == (None if number == 99 else ("*" * 23, f"n{number}"))
        card = connection.execute("select note from people where note = '4111 1111 1111 1111'").fetchall()
        again = connection.execute("select note from people where note = '4111 1111 1111 1112'").fetchall()
        assert (card, again) == ([], [])
    report = engine.verified()
    assert (report.verdict, report.problems) == ("self-asserted", [])
    (path,) = (engine.state / "recordings").iterdir()
    said = [answer for answer in answers(path) if answer[0].startswith("select mail")]
    assert said == [
        (f"select mail, note from people where id = {number}", f"SELECT {rows}", rows)
        for number, rows in ((1, 1), (2, 1), (3, 1), (4, 1), (99, 0))
    ]
    assert any("note = '" + "*" * 19 in text for text, _, _ in answers(path))
    assert not any("4111" in text and "1111 1111 1111" in text for text, _, _ in answers(path))


async def test_a_prepared_statement_says_no_more_of_a_table_that_has_changed(
    start_engine: StartEngine, database: Database
) -> None:
    database.psql("create table t (a int); insert into t values (1)")
    engine = start_engine()
    dsn = engine.dsn()
    connection = await asyncpg.connect(
        host=dsn["host"],
        port=dsn["port"],
        user=dsn["user"],
        password=dsn["password"],
        database="db",
        statement_cache_size=8,
    )
    try:
        for _ in range(4):
            assert [tuple(row) for row in await connection.fetch("select * from t where a > $1", 0)] == [(1,)]
        database.psql("alter table t add b text default 'new'")
        assert [tuple(row) for row in await connection.fetch("select * from t where a > $1", 0)] == [(1, "new")]
    finally:
        await connection.close()
