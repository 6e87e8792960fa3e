"""What a hostile client says on the wire, through a real engine to a real server."""

from __future__ import annotations

import contextlib
import socket
import struct
from pathlib import Path

import psycopg
import pytest

from engine.protocols.postgres import requests as r
from engine.protocols.postgres.startup import CANCEL_REQUEST, message, write_startup
from tests.e2e.shop import SCHEMA
from tests.servers.engine import RunningEngine, StartEngine
from tests.servers.postgres import Database
from tests.servers.raw import Answer, RawClient, errors

RULES = """
rules:
  - {name: work, decide: allow, who: {groups: [agents]}, what: {effects: [read, write, execute]}}
  - name: deletes
    decide: review
    who: {groups: [agents]}
    what: {effects: [delete]}
    review: {reviewers: {groups: [dba]}, hold: 20s, timeout: 60s}
"""


@pytest.fixture(scope="module")
def engine(start_module_engine: StartEngine, module_database: Database) -> RunningEngine:
    module_database.psql(SCHEMA)
    return start_module_engine(rules=RULES)


def serves(engine: RunningEngine) -> None:
    """Another client gets its answer."""
    with engine.raw() as client:
        client.send(r.Query("select 1"))
        assert client.kinds() == "TDCZ"


BAD_LENGTHS = [-1, -(2**31), 0, 3, 2**31 - 1]


@pytest.mark.parametrize("length", BAD_LENGTHS)
@pytest.mark.parametrize("kind", ["Q", "P", "B", "D", "E", "S", "C", "H", "F", "X", "d", "c", "f"])
def test_a_length_no_message_has_ends_the_session_and_no_other(
    engine: RunningEngine, module_database: Database, kind: str, length: int
) -> None:
    """CVE-2026-6668, CVE-2026-107348, CVE-2026-6664: lengths negative, below 4, larger than the limit."""
    with engine.raw() as client:
        client.send(struct.pack("!ci", kind.encode(), length) + b"x" * 16)
        assert errors(client.ending()) == ["08P01"]


@pytest.mark.parametrize("kind", sorted(set(map(chr, range(256))) - set("QPBDESCHFXdcf")))
def test_an_unknown_message_is_refused(engine: RunningEngine, kind: str) -> None:
    """SECURITY: promise 5, unknown is refused: message types."""
    with engine.raw() as client:
        client.send(kind.encode("latin-1") + (4).to_bytes(4, "big"))
        assert errors(client.ending()) == ["08P01"]


@pytest.mark.parametrize("startup", [write_startup({"user": "bot", "database": "db"}, 0)])
def test_a_second_startup_message_is_refused(engine: RunningEngine, startup: bytes) -> None:
    """CVE-2026-107350, after authentication too."""
    with engine.raw() as client:
        client.send(startup)
        assert errors(client.ending()) == ["08P01"]
    with RawClient(engine.port, login=False) as client:
        client.send(startup)
        assert client.receive()[0] == "R"
        client.send(startup)
        assert errors(client.ending()) == ["08P01"]


@pytest.mark.parametrize("body", [b"", b"\0", b"x", b"S", b"Sx", b"\xff\xff\xff\xff", b"\0\0\xff\xff"])
@pytest.mark.parametrize("kind", ["Q", "P", "B", "D", "E", "C", "F"])
def test_a_body_that_does_not_read_ends_the_session_and_no_other(engine: RunningEngine, kind: str, body: bytes) -> None:
    with engine.raw() as client:
        client.send(message(kind.encode(), body), r.Sync())
        with contextlib.suppress(TimeoutError):
            client.sock.settimeout(0.5)
            client.ending()
    with engine.raw() as client:
        assert errors(client.query("select 1")) == []


def test_messages_of_a_server_and_copy_data_out_of_place_do_nothing(engine: RunningEngine) -> None:
    with engine.raw() as client:
        client.send(message(b"d", b"data"), message(b"c", b""), message(b"f", b"no\0"), r.Query("select 1"))
        assert client.kinds() == "TDCZ"


def test_a_pipeline_around_a_denial_commits_nothing_and_answers_in_order(
    engine: RunningEngine, module_database: Database
) -> None:
    """A denial inside a pipeline discards nothing else and claims nothing ran that did not."""
    insert = "insert into notes (person, body) values (1, 'pipelined')"
    with engine.raw() as client:
        for text in (insert, "drop table notes", insert):
            client.send(r.Parse("", text), r.Bind("", ""), r.Execute(""))
        client.send(r.Sync(), r.Query("select count(*) from notes where body = 'pipelined'"))
        answers = client.until("Z")
        assert "".join(kind for kind, _ in answers) == "12CEZ"
        assert errors(answers) == ["42501"]
        answers = client.until("Z")
        assert next(data for kind, data in answers if kind == "D").endswith(b"0")


def test_a_multi_statement_string_with_a_denial_leaves_no_half_committed(
    engine: RunningEngine, module_database: Database
) -> None:
    with engine.raw() as client:
        for text in (
            "insert into notes (person, body) values (1, 'half'); commit; drop table notes",
            "insert into notes (person, body) values (1, 'half'); drop table notes",
        ):
            assert errors(client.query(text)) == ["42501"]
    assert module_database.psql("select count(*) from notes where body = 'half'").strip() == "0"


def test_function_call_and_replication_are_refused(engine: RunningEngine) -> None:
    with engine.raw() as client:
        client.send(message(b"F", struct.pack("!IHHH", 1598, 0, 0, 0)))
        assert errors(client.until("Z")) == ["42501"]
        assert errors(client.query("select 1")) == []
    with pytest.raises(psycopg.OperationalError, match="replication"):
        psycopg.connect(**engine.dsn(), replication="database")


def test_flushes_and_syncs_without_end_are_answered_in_bounded_memory(engine: RunningEngine) -> None:
    """SECURITY: promise 6. A client that never reads its answers is not read either."""
    with engine.raw() as client:
        client.query("select 1")
        before = engine.memory()
        client.sock.settimeout(2)
        flood = (r.Sync().encode() + r.Flush().encode()) * 20_000
        with contextlib.suppress(TimeoutError):
            for _ in range(400):
                client.send(flood)
        assert engine.memory() - before < 60 << 20
    serves(engine)


def test_binds_without_end_are_held_back_in_bounded_memory(engine: RunningEngine) -> None:
    """SECURITY: promise 6. What is not answered yet is counted."""
    with engine.raw() as client:
        client.query("select 1")
        before = engine.memory()
        client.sock.settimeout(3)
        client.send(r.Parse("s", "select 1"))
        flood = (r.Bind("", "s").encode() + r.Execute("").encode()) * 5_000
        with contextlib.suppress(TimeoutError):
            for _ in range(100):
                client.send(flood)
        assert engine.memory() - before < 150 << 20
    serves(engine)


def test_prepared_statements_without_end_are_refused(engine: RunningEngine) -> None:
    """SECURITY: promise 6. What a session keeps in the engine is bounded."""
    text = f"select '{'x' * (1 << 20)}'"
    with engine.raw() as client:
        client.query("select 1")
        before = engine.memory()
        refused: list[str] = []
        for number in range(300):
            client.send(r.Parse(f"s{number}", text), r.Sync())
            refused += errors(client.until("Z"))
        assert set(refused) == {"54000"}
        assert engine.memory() - before < 200 << 20
        client.send(r.Close("S", "s0"), r.Parse("again", text), r.Sync())
        assert errors(client.until("Z")) == []
    serves(engine)


def test_a_client_that_never_reads_costs_bounded_memory(engine: RunningEngine) -> None:
    """SECURITY: promise 6, a client that does not read while it selects gigabytes."""
    with engine.raw() as client, engine.raw() as other:
        client.query("select 1")
        before = engine.memory()
        client.send(r.Query("select n, repeat('x', 2000) from generate_series(1, 1000000) as n"))
        for _ in range(200):
            assert errors(other.query("select 1")) == []
        assert engine.memory() - before < 40 << 20


def test_half_open_connections_cost_little_and_keep_nobody_out(engine: RunningEngine) -> None:
    """SECURITY: promise 6, before authentication: a thousand that say nothing, half a start-up, or no password."""
    before = engine.memory()
    startup = write_startup({"user": "bot", "database": "db"}, 0)
    with contextlib.ExitStack() as stack:
        for number in range(1000):
            half = stack.enter_context(socket.create_connection(("127.0.0.1", engine.port), timeout=30))
            half.sendall((b"", startup[:7], startup, startup + b"p")[number % 4])
        serves(engine)
        assert engine.memory() - before < 100 << 20
    serves(engine)


def cancel(engine: RunningEngine, pid: int, key: bytes) -> None:
    with socket.create_connection(("127.0.0.1", engine.port), timeout=30) as request:
        body = struct.pack("!II", CANCEL_REQUEST, pid) + key
        request.sendall((len(body) + 4).to_bytes(4, "big") + body)
        assert request.recv(1) == b""


def cancelled(engine: RunningEngine, client: RawClient) -> list[Answer]:
    """The answers of what runs, cancelled until it ends: a request that comes before the statement runs is lost."""
    patience = client.sock.gettimeout()
    client.sock.settimeout(0.5)
    try:
        for _ in range(20):
            cancel(engine, client.pid, client.key)
            with contextlib.suppress(TimeoutError):
                return client.until("Z")
    finally:
        client.sock.settimeout(patience)
    raise AssertionError("it was never cancelled")


def test_only_the_key_of_a_session_cancels_what_it_runs(engine: RunningEngine) -> None:
    """Cancel: only the session that owns the key; keys unguessable."""
    with engine.raw() as client, engine.raw() as other:
        client.send(r.Query("select pg_sleep(1.5)"))
        for pid, key in (
            (client.pid, other.key),
            (client.pid, b"\0\0\0\0"),
            (client.pid, client.key + b"\0"),
            (client.pid, client.key * 64),
            (other.pid, client.key),
            (other.pid, other.key),
            (0, client.key),
        ):
            cancel(engine, pid, key)
        assert errors(client.until("Z")) == []
        client.send(r.Query("select pg_sleep(30)"))
        assert errors(cancelled(engine, client)) == ["57014"]


def test_a_flood_of_cancels_changes_nothing_for_others(engine: RunningEngine) -> None:
    """GHSA-qw79-rh95-853p: a cancel flood stays bounded."""
    with engine.raw() as client, engine.raw() as other:
        client.send(r.Query("select pg_sleep(30)"))
        for _ in range(300):
            cancel(engine, client.pid, client.key)
        assert errors(cancelled(engine, client)) == ["57014"]
        assert errors(other.query("select 1")) == []
        assert errors(client.query("select 1")) == []


@pytest.mark.parametrize(
    "end",
    [
        message(b"f", b"changed my mind\0"),
        message(b"X", b""),
        message(b"Q", b"select 1\0"),
        message(b"B", b"\0\0\0\0\0\0\0\0"),
        b"d\xff\xff\xff\xff",
        b"",
    ],
    ids=["CopyFail", "Terminate", "Query", "Bind", "a bad length", "disconnect"],
)
def test_a_copy_that_is_given_up_leaves_nothing_and_the_engine_serves(
    engine: RunningEngine, module_database: Database, end: bytes
) -> None:
    with engine.raw() as client:
        client.send(r.Query("copy notes (person, body) from stdin"))
        assert client.kinds("G", "E") == "G"
        client.send(message(b"d", b"1\thalf a copy\n") * 1000, end)
    serves(engine)
    assert module_database.psql("select count(*) from notes where body = 'half a copy'").strip() == "0"


@pytest.mark.parametrize(
    "parameters",
    [
        {"dbname": "db/../db"},
        {"dbname": "/db"},
        {"dbname": "DB"},
        {"dbname": "db\n"},
        {"options": "-c role=pg_monitor"},
        {"options": "-c session_authorization=pg_monitor"},
        {"options": "-c standard_conforming_strings=off"},
        {"options": "-c nosuch.thing=1 -c is_superuser=on"},
    ],
    ids=lambda parameters: next(iter(parameters.values())),
)
def test_a_session_start_that_asks_for_more_is_refused(engine: RunningEngine, parameters: dict[str, str]) -> None:
    """Names compare case-exactly; what a start-up sets is an operation, and here no rule allows it."""
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(**engine.dsn(**parameters))
    serves(engine)


def test_the_state_directory_is_for_the_engine_alone(engine: RunningEngine) -> None:
    """SECURITY: promise 7. Only the socket, the public tiles and what leads to them may be reached by others."""
    serves(engine)
    reachable = [engine.state]
    for directory in reachable:
        for path in directory.iterdir():
            mode = path.stat().st_mode
            if path.is_dir() and mode & 0o005:
                reachable.append(path)
            elif not path.is_socket():
                assert not mode & 0o077, path
    assert engine.state.stat().st_mode & 0o777 == 0o711


def test_the_engines_process_shows_no_secret(engine: RunningEngine, module_database: Database) -> None:
    """SECURITY: promise 3, process arguments; and of the children, the environment."""
    password = module_database.server.password.encode()
    assert engine.process is not None
    pid = engine.process.pid
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    for process in (pid, *children):
        assert password not in Path(f"/proc/{process}/cmdline").read_bytes()
        assert engine.token().encode() not in Path(f"/proc/{process}/cmdline").read_bytes()
    for child in children:
        assert password not in Path(f"/proc/{child}/environ").read_bytes()
