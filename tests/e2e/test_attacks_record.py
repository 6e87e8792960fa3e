"""Storage that fails, stalls or is full under live sessions: no record, no execution, and service when it is back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from engine.api.schema import SessionView
from engine.protocols.postgres import requests as r
from replay.format import Frame, RowBatch, read
from replay.tiles import Tiles
from tests.e2e.shop import SCHEMA
from tests.servers.engine import WRITE_RULES, RunningEngine, StartEngine
from tests.servers.postgres import Database
from tests.servers.raw import RawClient, errors

INSERT = "insert into notes (person, body) values (1, 'under failure')"
RECORD_FAILED = "58030"


@pytest.fixture
def engine(start_engine: StartEngine, database: Database) -> RunningEngine:
    database.psql(SCHEMA)
    return start_engine(rules=WRITE_RULES)


@contextlib.contextmanager
def failing(engine: RunningEngine, how: str) -> Iterator[None]:
    """Storage fails, and the engine has noticed."""
    with engine.raw() as noticing, engine.fault(how):
        noticing.send(r.Query("select 1"))
        noticing.ending()
        yield


def resume(client: RawClient) -> None:
    """Storage is back: ask until the engine has noticed."""
    while errors(client.query("select 1")) == [RECORD_FAILED]:
        continue


def sessions(engine: RunningEngine) -> list[SessionView]:
    async def ask() -> list[SessionView]:
        async with engine.client() as client:
            return await client.sessions("live")

    return asyncio.run(ask())


def troubles(engine: RunningEngine) -> dict[str, str]:
    async def ask() -> dict[str, str]:
        async with engine.client() as client:
            return (await client.status()).troubles

    return asyncio.run(ask())


def entries(engine: RunningEngine) -> list[dict[str, Any]]:
    """The log of a stopped engine, read from its files."""
    size = engine.verified().size
    return [msgspec.json.decode(entry) for entry in Tiles(engine.state / "log", size).entries(0)]


def frames(path: Path) -> list[Frame]:
    with path.open("rb") as file:
        return list(read(file))


def inserted(database: Database) -> int:
    return int(database.psql("select count(*) from notes where body = 'under failure'"))


@pytest.mark.parametrize("how", ["fail", "full"])
def test_while_the_record_fails_operations_fail_natively_and_resume_when_it_is_back(
    engine: RunningEngine, database: Database, how: str
) -> None:
    """SECURITY: promise 1, a full disk and a failing fsync."""
    with engine.raw() as client:
        client.query("select 1")
        with failing(engine, how):
            for text in ("select 1", INSERT, "drop table nothere", "begin; select 1; commit"):
                assert errors(client.query(text)) == [RECORD_FAILED], text
            client.send(r.Parse("", INSERT), r.Bind("", ""), r.Execute(""), r.Sync())
            assert errors(client.until("Z")) == [RECORD_FAILED]
            assert inserted(database) == 0
        resume(client)
        assert errors(client.query(INSERT)) == []
    assert inserted(database) == 1
    engine.stop()
    report = engine.verified()
    assert report.ok, report.problems


def test_every_session_hears_that_the_record_failed(engine: RunningEngine, database: Database) -> None:
    """SECURITY: promise 6, one session's end never keeps the news from another."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(engine.raw()) for _ in range(8)]
        with engine.fault("fail"):
            with engine.fault("stall"):
                for number, client in enumerate(clients):
                    client.send(r.Query("select * from notes" if number % 2 else INSERT))
            for client in clients:
                answers = client.until("E")
                assert errors(answers) == [RECORD_FAILED]
                assert "D" not in {kind for kind, _ in answers}
        assert inserted(database) == 0


@pytest.mark.parametrize("text", ["select * from notes", INSERT])
def test_nothing_is_shown_or_done_before_its_intent_is_durable(
    engine: RunningEngine, database: Database, text: str
) -> None:
    """SECURITY: promise 1, a slow fsync. A write has not reached the upstream, a read's answer has not reached the
    client, for as long as the disk does not say that the intent is stored."""
    with engine.raw() as client, engine.raw() as other:
        other.query("select 1")
        with engine.fault("stall"):
            client.send(r.Query(text))
            client.sock.settimeout(1)
            with pytest.raises(TimeoutError):
                client.receive()
            assert inserted(database) == 0
        client.sock.settimeout(30)
        assert errors(client.until("Z")) == []
    assert inserted(database) == (text == INSERT)


def test_a_session_that_cannot_be_recorded_is_refused_and_leaves_nothing_behind(
    engine: RunningEngine, database: Database
) -> None:
    with engine.raw() as client:
        with failing(engine, "fail"):
            for _ in range(3):
                with pytest.raises(psycopg.OperationalError, match="cannot be written"):
                    psycopg.connect(**engine.dsn())
        resume(client)
        assert [session.identity.subject for session in sessions(engine)] == ["bot"]


def test_status_says_that_the_record_fails_and_that_it_is_back(engine: RunningEngine) -> None:
    with engine.raw() as client:
        assert troubles(engine) == {}
        with failing(engine, "fail"):
            assert "Input/output error" in troubles(engine)["record"]
        resume(client)
        assert troubles(engine) == {}


def test_the_failure_is_in_the_record_when_storage_is_back(engine: RunningEngine) -> None:
    """SECURITY: promise 1, the failure is evidenced when storage returns."""
    with engine.raw() as client:
        with failing(engine, "full"):
            assert errors(client.query(INSERT)) == [RECORD_FAILED]
        resume(client)
    engine.stop()
    gaps = [entry for entry in entries(engine) if entry["event"] == "answer.gap"]
    assert any("No space left" in gap["data"]["why"] for gap in gaps)
    report = engine.verified()
    assert report.ok, report.problems


def test_a_recording_that_falls_behind_holds_the_answer_back_and_loses_nothing_of_it(
    engine: RunningEngine, database: Database
) -> None:
    """SECURITY: promise 6, bounded memory; a long answer waits for its recording instead of being left out of it."""
    rows = 150_000
    with engine.raw() as client:
        client.query("select 1")
        before = engine.memory()
        with engine.fault("lag"):
            client.send(r.Query(f"select n, repeat('x', 1000) from generate_series(1, {rows}) as n"))
            client.sock.settimeout(1)
            received = 0
            with contextlib.suppress(TimeoutError):
                while True:
                    received += client.receive()[0] == "D"
            assert received < rows
            assert engine.memory() - before < 100 << 20
        client.sock.settimeout(60)
        received += sum(kind == "D" for kind, _ in client.until("Z"))
        assert received == rows
    engine.stop()
    recorded = [frame for path in (engine.state / "recordings").iterdir() for frame in frames(path)]
    assert [frame for frame in recorded if frame.code == "g"] == []
    assert sum(frame.data.rows for frame in recorded if isinstance(frame.data, RowBatch)) == rows + 1


@pytest.mark.parametrize("size", [1, 60])
def test_statements_that_come_faster_than_they_can_be_recorded_wait(engine: RunningEngine, size: int) -> None:
    """SECURITY: promise 6, bounded memory: what a client says is in its recording too."""
    text = f"select nothere('{'x' * (size << 17)}')"
    with engine.raw() as client:
        client.query("select 1")
        before = engine.memory()
        with engine.fault("lag"):
            client.sock.settimeout(2)
            with contextlib.suppress(TimeoutError):
                for _ in range(4000 // size):
                    client.send(r.Parse("", text), r.Bind("", "", (b"y" * (size << 17),)), r.Sync())
            grown = engine.memory() - before
        assert grown < 250 << 20
