"""Disks that fill up, fail, store half, or take their time; and a clock that jumps."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from random import Random

import psycopg
import pytest

from engine.protocols.postgres import requests as r
from tests.campaign.killing import gone, rows, serves
from tests.campaign.ledger import Account, Record, check, check_gaps, entries, verified
from tests.campaign.load import Crowd
from tests.servers import tmpfs
from tests.servers.engine import RunningEngine
from tests.servers.postgres import Database
from tests.servers.raw import Answer, RawClient, errors

FAILING = ("fail", "full", "short", "fsync")
RECORD_FAILED = "58030"
INSERT = "insert into ledger values ('full', 0)"
_ENOUGH = 20_000  # statements after which a full disk must have been noticed
_UNREADABLE = Path("/proc/self/mem")  # opens, and then every read of it is EIO


def fail_at_work(engine: RunningEngine, database: Database, random: Random, how: str) -> list[Account]:
    """Storage fails at some moment of the work: every client hears it, nothing is lost, and service resumes."""
    crowd = Crowd(engine)
    crowd.start()
    crowd.pace.reaches(random.randrange(10, 300))
    with engine.fault(how):
        crowd.join()
        for worker in crowd.workers:
            assert worker.failure is not None, f"{worker.account.name} was served without a record"
    resume(engine)
    check(Record(entries(engine.state)), crowd.accounts, rows(database), gone(database))
    return crowd.accounts


def slow_at_work(engine: RunningEngine, database: Database, random: Random) -> list[Account]:
    """Every write and sync takes long: all the same everyone is served."""
    crowd = Crowd(engine)
    crowd.start()
    with engine.fault("slow"):
        crowd.pace.reaches(random.randrange(20, 100))
    crowd.stop()
    crowd.join()
    for worker in crowd.workers:
        assert worker.failure is None, (worker.account.name, worker.failure)
    check(Record(entries(engine.state)), crowd.accounts, rows(database), gone(database))
    return crowd.accounts


def resume(engine: RunningEngine) -> None:
    """Storage is back: sessions open again, and are served."""
    while True:
        with contextlib.suppress(psycopg.Error):
            serves(engine)
            return


def fill(engine: RunningEngine, database: Database) -> None:
    """The engine's disk is full to the last byte: operations are refused, what idles stays, and it ends as it began."""
    with engine.raw() as idle, engine.raw() as working:
        assert errors(idle.query(INSERT)) == []
        before = len(rows(database))
        with tmpfs.filled(engine.state):
            done = notice(working, INSERT)
            no_session_opens(engine)
            ran = len(rows(database)) - before
            assert ran in (done, done + 1)  # the outcome of the last one may be what could not be told
        while errors(idle.query("select 1")) == [RECORD_FAILED]:
            continue
        assert errors(idle.query(INSERT)) == []
        assert len(rows(database)) == before + ran + 1


def notice(working: RawClient, text: str) -> int:
    """Work until the disk is known to be full: what was reserved before is used up first. How often that worked.

    A session whose answer could not be recorded hears why and ends; one that was refused goes on, and is refused again.
    """
    done = 0
    while done < _ENOUGH:
        answers = talk(working, text)
        assert errors(answers) in ([], [RECORD_FAILED]), answers
        done += any(kind == "C" for kind, _ in answers)
        if errors(answers):
            for again in (text, "begin; select 1; commit") if answers[-1][0] == "Z" else ():
                assert errors(talk(working, again)) == [RECORD_FAILED], again
            return done
    raise AssertionError("a full disk was never noticed")


def talk(client: RawClient, text: str) -> list[Answer]:
    """A query and its answer, as far as there is one."""
    client.send(r.Query(text))
    answers = []
    with contextlib.suppress(EOFError):
        answers = [client.receive()]
        while answers[-1][0] != "Z":
            answers.append(client.receive())
    return answers


def no_session_opens(engine: RunningEngine) -> None:
    """A session that cannot be recorded is refused, and its client is told why."""
    with pytest.raises(psycopg.OperationalError, match=r"cannot be (written|used)|storage|space|full"):
        psycopg.connect(**engine.dsn())


def kill_while_full(engine: RunningEngine) -> None:
    """Killed on a full disk it starts in the room it keeps for itself, or says why not; and once there is space."""
    with engine.raw() as working, tmpfs.filled(engine.state):
        notice(working, "select 1")
        engine.stop(signal.SIGKILL)
        verified(engine.state)
        if started(engine, unless="No space left on device"):
            engine.stop(signal.SIGKILL)
        verified(engine.state)
    engine.start()
    serves(engine)
    verified(engine.state)


def started(engine: RunningEngine, unless: str) -> bool:
    """Whether it started; where it did not, it said this."""
    try:
        engine.start()
    except AssertionError as told:
        if unless not in str(told).rpartition("engine.errors.")[2]:
            raise
        return False
    return True


@contextlib.contextmanager
def unreadable(path: Path) -> Iterator[None]:
    """Every read of the file is an I/O error meanwhile."""
    aside = path.with_name(path.name + ".aside")
    path.rename(aside)
    path.symlink_to(_UNREADABLE)
    try:
        yield
    finally:
        path.unlink()
        aside.rename(path)


def unreadable_at_recovery(engine: RunningEngine, database: Database, random: Random) -> None:
    """After a kill a part of the record does not read: the log stops the engine, one recording does not."""
    crowd = Crowd(engine)
    crowd.start()
    crowd.pace.reaches(random.randrange(10, 100))
    engine.stop(signal.SIGKILL)
    crowd.join()
    with unreadable(max((engine.state / "log" / "journal").glob("*.journal"))):
        assert not started(engine, unless="Input/output error")
    left = [path for path in (engine.state / "recordings").glob("*.hoop") if path.stat().st_mode & 0o200]
    with unreadable(random.choice(left)):
        engine.start()
        serves(engine)
        engine.stop(signal.SIGKILL)
    engine.start()
    verified(engine.state)
    record = Record(entries(engine.state))
    check(record, crowd.accounts, rows(database), gone(database))
    check_gaps(record, crowd.accounts)


def jump_at_work(engine: RunningEngine, database: Database, random: Random, ahead: float) -> list[Account]:
    """The clock jumps while clients work, and the engine is killed before it is right again."""
    crowd = Crowd(engine)
    crowd.start()
    crowd.pace.reaches(random.randrange(10, 100))
    engine.set_clock(ahead)
    if ahead > 0:
        crowd.join()  # tokens live for an hour: what has expired is ended
        for worker in crowd.workers:
            assert worker.failure is not None, f"{worker.account.name} outlived its token"
    else:
        crowd.pace.reaches(300)
    engine.stop(signal.SIGKILL)
    crowd.join()
    engine.start()
    serves(engine)
    verified(engine.state)
    engine.set_clock(0)
    engine.stop()
    engine.start()  # with tokens of this time
    verified(engine.state)
    record = Record(entries(engine.state))
    check(record, crowd.accounts, rows(database), gone(database))
    check_gaps(record, crowd.accounts)
    return crowd.accounts
