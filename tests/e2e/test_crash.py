"""kill -9 under load: after the restart the log verifies, and what was in flight is shown as such."""

from __future__ import annotations

import contextlib
import signal
import threading

import psycopg

from tests.e2e.shop import MASKING, SCHEMA, assert_clean
from tests.servers.engine import WRITE_RULES, RunningEngine, StartEngine
from tests.servers.postgres import Database


def work(engine: RunningEngine, started: threading.Event, done: list[int]) -> None:
    """Insert rows one by one until the connection breaks; `done` gets the numbers that were acknowledged."""
    with contextlib.suppress(psycopg.Error), psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        for number in range(100_000):
            connection.execute("insert into notes (person, body) values (1, %s)", (f"crash {number}",))
            done.append(number)
            if number == 20:
                started.set()


def test_after_a_kill_under_load_the_log_verifies_and_has_every_answer(
    start_engine: StartEngine, database: Database
) -> None:
    """SECURITY: promise 1, no record, no execution, under kill -9."""
    database.psql(SCHEMA)
    engine = start_engine(rules=WRITE_RULES, masking=MASKING)
    for _ in range(3):
        started, done = threading.Event(), list[int]()
        worker = threading.Thread(target=work, args=(engine, started, done))
        worker.start()
        assert started.wait(30)
        engine.stop(signal.SIGKILL)
        worker.join()
        report = engine.verified()
        assert report.ok, report.problems
        engine.start()
        inserted = int(database.psql("select count(*) from notes where body like 'crash %'"))
        database.psql("delete from notes where body like 'crash %'")
        assert inserted >= len(done)
    engine.stop()
    report = engine.verified()
    assert report.ok, report.problems
    assert_clean(engine.everything_written())


def test_a_clean_stop_leaves_nothing_in_flight(start_engine: StartEngine, database: Database) -> None:
    database.psql(SCHEMA)
    engine = start_engine(rules=WRITE_RULES)
    with psycopg.connect(**engine.dsn()) as connection:
        connection.execute("insert into notes (person, body) values (1, 'x')")
        connection.commit()
    assert engine.stop() == 0
    report = engine.verified()
    assert report.ok, report.problems
    assert report.in_flight == []


def test_live_sessions_hear_that_the_engine_stops(start_engine: StartEngine, database: Database) -> None:
    database.psql(SCHEMA)
    engine = start_engine(rules=WRITE_RULES)
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        connection.execute("select 1")
        engine.stop()
        with contextlib.suppress(psycopg.OperationalError):
            connection.execute("select 1")
        assert connection.closed
