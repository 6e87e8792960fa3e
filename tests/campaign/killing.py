"""kill -9 of the engine, at any moment of the work of many clients."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from random import Random

import psycopg

from tests.campaign.ledger import Account, Record, Row, check, check_gaps, entries, verified
from tests.campaign.load import Crowd
from tests.servers.engine import RunningEngine
from tests.servers.postgres import Database


def rows(database: Database) -> list[Row]:
    """What the clients made, as the database has it."""
    with psycopg.connect(database.dsn) as connection:
        return [(str(name), int(number)) for name, number in connection.execute("select client, number from ledger")]


def gone(database: Database) -> set[int]:
    """The rows of `held` that are deleted."""
    with psycopg.connect(database.dsn) as connection:
        found = connection.execute("select n from generate_series(1, 20000) n except select id from held")
        return {int(number) for (number,) in found}


def kill_at_work(engine: RunningEngine, database: Database, random: Random) -> tuple[int, list[Account]]:
    """One round: clients at work, the engine is killed, restarted, and the record looked at. How many answers."""
    crowd = Crowd(engine)
    crowd.start()
    crowd.pace.reaches(random.randrange(1, 400))
    engine.stop(signal.SIGKILL)
    crowd.join()
    verified(engine.state)  # as the crash left it
    if random.random() < 0.2:
        kill_while_it_recovers(engine, random)
    engine.start()
    serves(engine)
    verified(engine.state)
    record = Record(entries(engine.state))
    check(record, crowd.accounts, rows(database), gone(database))
    check_gaps(record, crowd.accounts)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute("truncate ledger")
    return sum(len(account.answered) for account in crowd.accounts), crowd.accounts


def kill_while_it_recovers(engine: RunningEngine, random: Random) -> None:
    """The engine is killed again at some moment of its start."""
    engine.begin()
    assert engine.process is not None
    with contextlib.suppress(subprocess.TimeoutExpired):
        engine.process.wait(random.uniform(0, 2))
    engine.stop(signal.SIGKILL)


def serves(engine: RunningEngine) -> None:
    """Another client gets its answer."""
    with psycopg.connect(**engine.dsn(application_name="after"), autocommit=True) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
