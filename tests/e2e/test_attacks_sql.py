"""Attacks on masking and on decisions through the SQL side, each of which worked once."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from engine.protocols.postgres import requests as r
from engine.protocols.postgres.messages import Message
from tests.e2e.shop import CANARY, MASKING, SCHEMA, assert_clean
from tests.servers.engine import WRITE_RULES, RunningEngine, StartEngine
from tests.servers.postgres import Database

EXTRA = """
create schema other;
create table cities (s text); insert into cities values ('plain');
create view other.cities as select secret as s from people;
create materialized view kept as select id, code from roster;
create table ruled (id int); create table spilled (body text);
create rule spill as on insert to ruled do also insert into spilled select secret from people where id = new.id;
create table uniques (code text unique); insert into uniques values ('one');
create table pointers (code text references uniques (code));
create table defaulted (id int, body text default secret_of(1));
"""
LENIENT = MASKING.replace("with: redact", "with: redact, inference: allow")


@pytest.fixture(scope="module")
def engine(start_module_engine: StartEngine, module_database: Database) -> RunningEngine:
    module_database.psql(SCHEMA + EXTRA)
    return start_module_engine(rules=WRITE_RULES, masking=LENIENT)


class Raw:
    """A client that sends whatever messages it likes, and gathers every byte that comes back."""

    def __init__(self, engine: RunningEngine) -> None:
        self._socket = socket.create_connection(("127.0.0.1", engine.port), 20)
        parameters = b"user\0bot\0database\0db\0\0"
        self._socket.sendall(struct.pack("!II", len(parameters) + 8, 196608) + parameters)
        self._receive(b"R")
        token = engine.token().encode() + b"\0"
        self._socket.sendall(b"p" + struct.pack("!I", len(token) + 4) + token)
        self._receive(b"Z")
        self.heard = b""

    def send(self, *messages: Message) -> None:
        """Send messages of which the last is answered by ReadyForQuery."""
        self._socket.sendall(b"".join(message.encode() for message in messages))
        self.heard += self._receive(b"Z")

    def close(self) -> None:
        self._socket.close()

    def _receive(self, last: bytes) -> bytes:
        heard = b""
        while True:
            head = self._exactly(5)
            body = self._exactly(struct.unpack("!I", head[1:])[0] - 4)
            heard += head + body
            if head[:1] == last:
                return heard

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self._socket.recv(size - len(data))
            assert piece, "the engine hung up"
            data += piece
        return data


@pytest.fixture(scope="module")
def strict(start_module_engine: StartEngine, engine: RunningEngine) -> RunningEngine:
    """Before the same database, where a protected column may not steer an answer."""
    return start_module_engine(rules=WRITE_RULES, masking=MASKING.replace("people.pin", "people.pin, uniques.code"))


@pytest.fixture
def raw(engine: RunningEngine) -> Iterator[Raw]:
    with closing(Raw(engine)) as client:
        yield client


def ask(engine: RunningEngine, *statements: str) -> str:
    """Everything that comes back for statements of one session, errors whole."""
    heard: list[object] = []
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        connection.add_notice_handler(lambda notice: heard.append((notice.message_primary, notice.message_detail)))
        for statement in statements:
            try:
                cursor = connection.execute(statement)
                heard.append(cursor.fetchall() if cursor.description else cursor.statusmessage)
            except psycopg.Error as error:
                heard += [str(error), error.diag.message_detail, error.diag.context, error.diag.message_hint]
    return str(heard)


@pytest.mark.parametrize(
    "expression",
    [
        "secret::regclass", "secret::regtype", "secret::regproc", "secret::regrole", "secret::regnamespace",
        "secret::regconfig", "current_setting(secret)", "currval(secret)", "has_table_privilege(secret, 'select')",
        "has_column_privilege('people', secret, 'select')", "pg_get_serial_sequence('people', secret)",
        "to_regtype(secret)", "pg_get_viewdef(secret)", "to_tsquery(secret)", "secret::xml",
    ],
)  # fmt: skip
def test_an_error_about_a_name_that_a_value_was_taken_for_does_not_quote_it(
    engine: RunningEngine, expression: str
) -> None:
    assert_clean(ask(engine, f"select {expression} from people"))
    declare = f"declare c cursor for select {expression} from people"
    assert_clean(ask(engine, "begin", declare, "fetch c", "rollback"))


@pytest.mark.parametrize("expression", ["get_bit('x'::bytea, pin)", "chr(pin * 10)", "lo_get(pin)"])
def test_an_error_does_not_tell_a_protected_number(engine: RunningEngine, expression: str) -> None:
    assert "900001" not in ask(engine, f"select {expression} from people order by id")


def test_the_end_of_a_transaction_quotes_no_row_that_it_checked(engine: RunningEngine) -> None:
    heard = ask(
        engine,
        "alter table people add constraint once unique (secret) deferrable initially deferred",
        "begin",
        "update people set secret = (select min(secret) from people)",
        "commit",
        "alter table people drop constraint once",
    )
    assert "duplicate key" in heard
    assert_clean(heard)


def test_a_cursors_name_does_not_lend_its_columns_to_a_portal_of_the_same_name(raw: Raw) -> None:
    for fetch in ([r.Query("fetch 3 from c")], [r.Parse("", "fetch 3 from c"), r.Bind("", ""), r.Execute(), r.Sync()]):
        raw.send(r.Query("begin; declare c cursor for select name from people"))
        raw.send(r.Close("P", "c"), r.Parse("", "select secret || '' from people"), r.Bind("c", ""), r.Sync())
        raw.send(*fetch)
        raw.send(r.Query("rollback"))
    assert_clean(raw.heard)


@pytest.mark.parametrize(
    "statement",
    ["copy (select s || '' from cities) to stdout", "explain analyze select s || '' from cities", "execute p"],
)
def test_a_portal_is_run_as_it_was_decided_or_not_at_all(raw: Raw, statement: str) -> None:
    raw.send(r.Query("prepare p as select s || '' from cities"))
    raw.send(r.Query("begin"))
    raw.send(r.Parse("", statement), r.Bind("x", ""), r.Sync())
    raw.send(r.Query("set local search_path = other"))
    raw.send(r.Execute("x"), r.Sync())
    assert b"55000" in raw.heard
    assert_clean(raw.heard)


def test_a_portal_outlives_what_concerns_it_not(raw: Raw) -> None:
    raw.send(r.Query("begin"))
    raw.send(r.Parse("", "select name from people order by id"), r.Bind("x", ""), r.Execute("x", 1), r.Sync())
    raw.send(r.Query("create temp table beside (id int)"))
    raw.send(r.Execute("x", 1), r.Sync())
    assert b"name-2" in raw.heard


def test_an_open_cursor_shows_nothing_that_its_functions_read_by_now(engine: RunningEngine) -> None:
    body = "returns text language sql volatile set work_mem = '1MB'"
    heard = ask(
        engine,
        "begin",
        f"create function late() {body} as 'select name from people limit 1'",
        "declare c cursor for select late() || '' from generate_series(1, 5)",
        f"create or replace function late() {body} as 'select secret from people limit 1'",
        "fetch 2 from c",
        "rollback",
    )
    assert_clean(heard)


def test_a_function_sees_no_search_path_that_its_own_statement_set(engine: RunningEngine) -> None:
    create = "create function there() returns text language sql volatile as 'select s from cities limit 1'"
    assert_clean(ask(engine, create, "select set_config('search_path', 'other', false), there() || ''"))


def test_a_materialized_view_is_not_unmasked_by_replacing_what_it_stands_on(engine: RunningEngine) -> None:
    view = "create or replace view roster as select id, name, name as code, city from people"
    assert_clean(ask(engine, view, "select code || '' from kept", "select code from kept"))


@pytest.mark.parametrize(
    ("change", "look"),
    [
        ("insert into ruled values (1)", "select body from spilled"),
        ("insert into defaulted (id) values (1)", "select body from defaulted"),
        ("insert into defaulted values (1, default) returning body", "select body || '' from defaulted"),
        ("alter table cities add column more text default secret_of(1)", "select more || '' from cities"),
    ],
)
def test_rules_and_defaults_copy_no_protected_column(engine: RunningEngine, change: str, look: str) -> None:
    heard = ask(engine, change, look)
    assert "denied" in heard
    assert_clean(heard)


def test_what_execute_is_given_may_be_in_its_answer(engine: RunningEngine) -> None:
    assert_clean(ask(engine, "prepare p(text) as select $1", "execute p(secret_of(1))"))


@pytest.mark.parametrize(
    "question",
    [
        "select repeat('x', ascii(secret)) from people",
        "select nullif(secret, secret) from people",
        "select case when secret like 'c%' then 'a' else 'bb' end from people",
        "select rpad('', pin % 10, 'x') from people",
        "select trim(both 'c' from secret) from people",
    ],
)
def test_the_shape_of_a_masked_expression_answers_no_question(
    start_engine: StartEngine, database: Database, question: str
) -> None:
    database.psql(SCHEMA)
    engine = start_engine(rules=WRITE_RULES, masking=MASKING)
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        try:
            shown = set(connection.execute(question).fetchall())
        except psycopg.errors.InsufficientPrivilege:
            return
    assert shown == {(None,)}


def test_partial_shows_no_part_that_was_moved_to_the_end(start_engine: StartEngine, database: Database) -> None:
    database.psql(SCHEMA)
    engine = start_engine(rules=WRITE_RULES, masking=LENIENT.replace("with: redact", "with: partial"))
    question = "select 'xxxxxxxxxxxxxxxx' || left(secret, 4) as s from people"
    heard = ask(engine, question, f"with s as ({question}) select s from s", f"select s from ({question}) q")
    assert CANARY[:4] not in heard


def test_the_servers_own_settings_are_shown_as_they_are(engine: RunningEngine) -> None:
    assert "public" in ask(engine, "show search_path")
    assert "max_connections" in ask(engine, "show all")
    assert_clean(ask(engine, "select set_config('a.b', secret, false) from people", "show a.b"))


LOOKING = (
    "create function scratch.look(int) returns text language sql immutable as 'select secret from people where id = $1'"
)


@pytest.mark.parametrize(
    "script",
    [
        ["create table scratch.g (a int, b text generated always as (scratch.look(a)) stored)",
         "insert into scratch.g values (1)", "select b from scratch.g"],
        ["alter table notes add column z text generated always as (scratch.look(id)) stored", "select z from notes"],
        ["alter table notes add column z text generated always as (body) stored",
         "alter table notes alter column z set expression as (scratch.look(id))", "select z from notes"],
    ],
)  # fmt: skip
def test_a_generated_column_shows_nothing_that_its_function_looks_up(engine: RunningEngine, script: list[str]) -> None:
    assert_clean(ask(engine, "begin", "create schema scratch", LOOKING, *script, "rollback"))


def test_a_default_that_looks_up_a_value_is_not_stored_by_copy(engine: RunningEngine) -> None:
    with psycopg.connect(**engine.dsn()) as connection:
        connection.execute("create table filled (a text, b text default secret_of(1))")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            with connection.cursor().copy("copy filled (a) from stdin") as copy:
                copy.write("x\n")
        connection.rollback()


ORACLES = [
    ["insert into uniques values ('guess')"],
    ["update uniques set code = 'guess'"],
    ["insert into pointers values ('guess')"],
    ["copy notes from stdin where body < secret_of(1)"],
    ["create table checked (a text check (a < secret_of(1)))", "insert into checked values ('m')"],
    ["create domain early as text check (value < secret_of(1))"],
    ["create view guesses as select id, nullif(secret, 'guess') as s from people",
     "select id, count(s) from guesses group by id"],
    ["create index i on people (secret)", "cluster people using i"],
    ["create index i on people (secret, id)"],
    ["create table split (like people) partition by list (secret)",
     "alter table split attach partition people for values in ('x')"],
    ["select n_distinct, correlation from pg_stats where null_frac > 0.5"],
]  # fmt: skip


@pytest.mark.parametrize("script", ORACLES)
def test_what_fails_or_orders_by_a_protected_value_is_refused(strict: RunningEngine, script: list[str]) -> None:
    """SECURITY: blind inference; a violated key, a check and the order of rows are answers too."""
    with psycopg.connect(**strict.dsn(), autocommit=True) as connection:
        connection.execute("begin")
        for statement in script[:-1]:
            connection.execute(statement)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(script[-1])
        connection.execute("rollback")


SHADOW = "create temp table roster (code text)"  # the view of that name shows a protected column


def test_a_temporary_table_that_was_rolled_back_no_longer_hides_the_protected_one(raw: Raw) -> None:
    """SECURITY: uncommitted DDL of the same session."""
    undone = ("savepoint s", "rollback to s", SHADOW, "rollback to s")
    for text in ("begin", *undone, "select code || '' from roster", "rollback"):
        raw.send(r.Query(text))
    assert_clean(raw.heard)


def test_nor_does_it_in_the_pipeline_that_rolls_it_back(raw: Raw) -> None:
    asking = "select code || '' from roster"
    for text in ("begin", SHADOW, asking):
        raw.send(r.Query(text))
    undone = [r.Parse("", "rollback"), r.Bind("", ""), r.Execute("")]
    raw.send(*undone, r.Parse("", asking), r.Bind("", ""), r.Describe("P"), r.Execute(""), r.Sync())
    assert_clean(raw.heard)


QUESTIONS = (
    "returns bigint language sql as $$ select count(*) from people where secret like 'a%' $$",
    "returns int language sql as $$ select 1 / (ascii(secret) - 97) from people $$",
    "returns bigint language sql begin atomic select count(*) from people where secret like 'a%'; end",
    "returns int language sql return (select 1 / (ascii(secret) - 97) from people limit 1)",
)


@pytest.mark.parametrize("body", QUESTIONS)
def test_a_function_of_ones_own_making_asks_nothing_about_a_protected_column(
    start_engine: StartEngine, database: Database, body: str
) -> None:
    """SECURITY: blind inference through WHERE … is off by default; what can fail on a value is a question too."""
    database.psql(SCHEMA)
    engine = start_engine(rules=WRITE_RULES, masking=MASKING)
    with psycopg.connect(**engine.dsn(), autocommit=True) as client, pytest.raises(psycopg.Error) as caught:
        client.execute(f"create function asks() {body}")
        client.execute("select asks()")
    assert caught.value.sqlstate == "42501"
