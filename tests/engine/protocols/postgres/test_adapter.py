"""One client from socket to end, through a real engine to a real PostgreSQL."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import asyncpg
import psycopg
import pytest

from engine.protocols.postgres.answers import ANSWERS, ErrorResponse, ReadyForQuery
from engine.protocols.postgres.codec import ANSWER_LIMITS
from engine.protocols.postgres.framing import Framing
from engine.protocols.postgres.messages import Message, cstring
from engine.protocols.postgres.requests import FunctionCall, Query
from engine.protocols.postgres.startup import write_cancel, write_startup
from tests.servers.engine import WRITE_RULES, RunningEngine, StartEngine
from tests.servers.postgres import Database

DENY_SESSION = """
rules:
  - {name: read, decide: allow, who: {groups: [agents]}, what: {effects: [read, opaque, execute]}}
"""


@pytest.fixture(scope="module")
def engine(start_module_engine: StartEngine) -> RunningEngine:
    return start_module_engine(rules=WRITE_RULES + "\n" + OPAQUE)


OPAQUE = "  - {name: opaque, decide: allow, who: {groups: [agents]}, what: {effects: [opaque]}}"


class Raw:
    """A client that speaks bytes."""

    def __init__(self, engine: RunningEngine, minor: int = 0, /, **parameters: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", engine.port), timeout=20)
        self.socket.sendall(write_startup({"user": "bot", "database": "db", **parameters}, minor))
        self._framing = Framing({**ANSWER_LIMITS, ord("R"): 1000, ord("v"): 1000})
        self.read_until(ord("R"))
        password = cstring(engine.token())
        self.socket.sendall(b"p" + (len(password) + 4).to_bytes(4) + password)
        self.greeting = self.read_until(ReadyForQuery.kind, ErrorResponse.kind)

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(self, *messages: Message) -> list[Message]:
        self.socket.sendall(b"".join(message.encode() for message in messages))
        return [ANSWERS[kind].decode(data) for kind, data in self.read_until(ReadyForQuery.kind)]

    def read_until(self, *kinds: int) -> list[tuple[int, bytes]]:
        frames: list[tuple[int, bytes]] = []
        while not frames or frames[-1][0] not in kinds:
            while (frame := self._framing.next_frame()) is not None:
                frames.append(frame)
            if frames and frames[-1][0] in kinds:
                break
            data = self.socket.recv(65536)
            if not data:
                break
            self._framing.receive_data(data)
        return frames

    @property
    def key(self) -> tuple[int, bytes]:
        (data,) = (data for kind, data in self.greeting if kind == ord("K"))
        return int.from_bytes(data[5:9]), data[9:]


def refusal(client: Raw) -> ErrorResponse:
    return ErrorResponse.decode(next(data for kind, data in client.greeting if kind == ErrorResponse.kind))


@pytest.mark.parametrize(("minor", "size"), [(0, 4), (2, 32)])
def test_the_cancel_key_is_the_engines_own_and_as_long_as_the_protocol_has_it(
    engine: RunningEngine, minor: int, size: int
) -> None:
    with Raw(engine, minor) as one, Raw(engine, minor) as other:
        assert len(one.key[1]) == size
        assert one.key[0] != other.key[0]
        assert one.key[1] != other.key[1]


async def test_a_cancel_request_ends_the_statement_of_its_own_session_only(engine: RunningEngine) -> None:
    async with asyncio.TaskGroup() as tasks:
        with Raw(engine) as one, Raw(engine) as other:
            sleeping = tasks.create_task(asyncio.to_thread(one.ask, Query("select pg_sleep(30)")))
            counting = tasks.create_task(asyncio.to_thread(other.ask, Query("select pg_sleep(1)")))
            while not sleeping.done():
                with socket.create_connection(("127.0.0.1", engine.port)) as cancelling:
                    cancelling.sendall(write_cancel(*one.key))
                    await asyncio.to_thread(cancelling.recv, 1)
            error = (await sleeping)[-2]
            assert isinstance(error, ErrorResponse)
            assert error.fields["C"] == "57014"
            assert not any(isinstance(answer, ErrorResponse) for answer in await counting)


def test_a_wrong_cancel_key_is_answered_with_nothing(engine: RunningEngine) -> None:
    """SECURITY: only the session that owns the key (GHSA-qw79-rh95-853p)."""
    with Raw(engine) as client, socket.create_connection(("127.0.0.1", engine.port), timeout=10) as cancelling:
        cancelling.sendall(write_cancel(client.key[0], b"\0\0\0\0"))
        assert cancelling.recv(1) == b""
        assert isinstance(client.ask(Query("select 1"))[-1], ReadyForQuery)


def test_a_start_up_that_asks_for_a_role_is_decided(start_engine: StartEngine, database: Database) -> None:
    """SECURITY: start-up parameters are operations too."""
    engine = start_engine(rules=DENY_SESSION)
    for parameters in ({"options": "-c role=postgres"}, {"session_replication_role": "replica"}):
        with Raw(engine, 0, **parameters) as client:
            assert refusal(client).fields["M"] == "SET denied"


def test_replication_is_refused_clearly(engine: RunningEngine) -> None:
    """SECURITY: replication mode."""
    with Raw(engine, replication="database") as client:
        assert "replication connections are not offered" in refusal(client).fields["M"]


def test_a_function_call_is_decided_and_called(engine: RunningEngine) -> None:
    arguments = b"\0\0" + b"\0\1" + b"\0\0\0\2" + b"-7" + b"\0\0"
    with Raw(engine) as client:
        answers = client.ask(FunctionCall(1397, arguments))  # abs(int4)
        assert answers[0].encode()[9:] == b"7"


def test_a_function_call_is_denied_where_no_rule_names_it(start_engine: StartEngine, database: Database) -> None:
    """SECURITY: FunctionCall."""
    engine = start_engine()
    with Raw(engine) as client:
        answers = client.ask(FunctionCall(1397, b"\0\0\0\0\0\0"))
        assert isinstance(answers[0], ErrorResponse)
        assert answers[0].fields["C"] == "42501"
        assert isinstance(client.ask(Query("select 1"))[-1], ReadyForQuery)


def test_an_upstream_backend_that_is_killed_is_a_clear_error(engine: RunningEngine, module_database: Database) -> None:
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        (pid,) = connection.execute("select pg_backend_pid()").fetchone() or (0,)
        with psycopg.connect(**engine.dsn(), autocommit=True) as other:
            module_database.psql(f"select pg_terminate_backend({pid})")
            with pytest.raises(psycopg.OperationalError, match="terminating connection due to administrator command"):
                connection.execute("select 1")
            assert other.execute("select 1").fetchone() == (1,)


def test_another_database_of_the_target_is_named_behind_a_slash(
    engine: RunningEngine, module_database: Database
) -> None:
    with psycopg.connect(**engine.dsn(dbname="db/postgres"), autocommit=True) as connection:
        assert connection.execute("select current_database()").fetchone() == ("postgres",)
    with pytest.raises(psycopg.OperationalError, match="no such database"):
        psycopg.connect(**engine.dsn(dbname="db/none"))


async def test_a_large_answer_passes_in_constant_memory(engine: RunningEngine) -> None:
    """SECURITY: a hostile client costs bounded memory: this one does not read what it asked for."""
    assert engine.process is not None
    status = Path(f"/proc/{engine.process.pid}/status")

    def resident() -> int:
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS"))

    with Raw(engine) as client:
        before = resident()
        client.socket.sendall(Query("select repeat('x', 1000) from generate_series(1, 200000)").encode())
        received, most = 0, before
        while received < 200_000_000:
            chunk = await asyncio.to_thread(client.socket.recv, 1 << 20)
            received += len(chunk)
            most = max(most, resident())
            if chunk.endswith(b"Z\0\0\0\x05I"):
                break
        assert received > 200_000_000
        assert most - before < 64_000  # kB


async def test_asyncpg_prepares_fetches_in_parts_and_copies(engine: RunningEngine) -> None:
    dsn = engine.dsn()
    connection = await asyncpg.connect(
        host="127.0.0.1", port=dsn["port"], user="bot", password=dsn["password"], database="db"
    )
    try:
        await connection.execute("create table if not exists numbers (n int, t text)")
        await connection.copy_records_to_table("numbers", records=[(n, str(n)) for n in range(1000)])
        async with connection.transaction():
            cursor = await connection.cursor("select n, t from numbers order by n")
            assert [record["n"] for record in await cursor.fetch(7)] == list(range(7))
            assert [record["n"] for record in await cursor.fetch(2)] == [7, 8]
        statement = await connection.prepare("select t from numbers where n = any($1::int[])")
        assert [record["t"] for record in await statement.fetch([1, 5])] == ["1", "5"]
        await connection.executemany("insert into numbers values ($1, $2)", [(n, "more") for n in range(50)])
        assert await connection.fetchval("select count(*) from numbers") == 1050
    finally:
        await connection.close()
