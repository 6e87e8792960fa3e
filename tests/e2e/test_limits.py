"""Limits on rows before a real server: past one nothing is kept or shown, and what is within it is as ever."""

from __future__ import annotations

import psycopg
import pytest

from engine.protocols.postgres import requests as r
from engine.protocols.postgres.answers import ErrorResponse
from tests.e2e.limited import SCHEMA, UNLIMITED, autocommit, limited, state
from tests.e2e.limited import engine as engine
from tests.e2e.limited import shop as shop
from tests.servers.engine import RunningEngine, StartEngine
from tests.servers.postgres import Database

# ── simple queries ──

TOO_MUCH = [
    "update things set name = 'x' where id <= 6",
    "delete from things where id <= 6",
    "insert into things select n, 'x' from generate_series(101, 106) as n",
    "merge into things as t using generate_series(1, 6) as n on t.id = n when matched then update set name = 'x'",
    "update things set name = 'x' where id <= 6 returning id",
    "delete from things where id <= 12 returning id",
    "create table more as select * from things where id <= 6",
    "create table more as table things",
    "select * into more from things where id <= 6",
    "update things set name = 'x' where id = 1; update things set name = 'x' where id <= 6; select 1",
    "update things set name = 'x' where id = 1; begin; update things set name = 'x' where id <= 6; commit",
    "begin; update things set name = 'x' where id <= 6; commit",
    "update things set name = 'x' where id = 1; select * from things",
    "prepare p as update things set name = 'x'; execute p",
    "begin; declare c cursor for select * from things; fetch 6 from c; fetch 6 from c",
    "begin; declare c cursor for select * from things; fetch all from c",
    "explain select * from things t1, things t2, things t3, things t4, things t5, things t6, things t7, things t8",
]


@pytest.mark.parametrize("text", TOO_MUCH)
def test_what_goes_too_far_is_undone_in_autocommit(engine: RunningEngine, shop: Database, text: str) -> None:
    before = state(shop)
    with autocommit(engine) as connection:
        with pytest.raises(psycopg.errors.ProgramLimitExceeded) as caught:
            connection.execute(text)
        assert "rule work: at most" in (caught.value.diag.message_detail or "")
        connection.rollback()
        assert connection.execute("select 1").fetchone() == (1,)
    assert state(shop) == before


@pytest.mark.parametrize("text", TOO_MUCH)
def test_what_goes_too_far_aborts_an_explicit_transaction(engine: RunningEngine, shop: Database, text: str) -> None:
    before = state(shop)
    with psycopg.connect(**engine.dsn()) as connection:
        connection.execute("update things set name = 'half' where id = 20")
        with pytest.raises(psycopg.errors.ProgramLimitExceeded):
            connection.execute(text.replace("begin;", ""))
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("select 1")
        connection.commit()
        assert connection.execute("select 1").fetchone() == (1,)
    assert state(shop) == before


@pytest.mark.parametrize(
    "text",
    [
        "with gone as (delete from things returning 1) select 1",
        "with gone as (delete from things returning 1) update things set name = 'x' where id = 1",
        "with gone as (delete from things returning 1) select 1 as one into more",
        "explain analyze delete from things",
        "truncate things",
        "select renamed()",
        "copy (delete from things returning id) to stdout",
        "prepare p as with gone as (delete from things returning 1) select 1; execute p",
    ],
)
def test_what_nobody_counts_is_denied_before_it_runs(engine: RunningEngine, shop: Database, text: str) -> None:
    before = state(shop)
    with autocommit(engine) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
            connection.execute(text)
        assert "may change at most 5 rows" in (caught.value.diag.message_detail or "")
        assert connection.execute("select 1").fetchone() == (1,)
    assert state(shop) == before


def test_rows_up_to_the_limit_arrive_and_the_next_one_reaches_nobody(start_module_engine: StartEngine) -> None:
    engine = start_module_engine(rules=limited())
    with engine.raw() as client:
        answers = client.query("select name from things order by id")
        assert "".join(kind for kind, _ in answers) == "T" + "D" * 10 + "EZ"
        assert answers[-1][1].endswith(b"I")
        client.send(r.Terminate())
    assert b"thing 10" in engine.everything_written()
    assert b"thing 11" not in engine.everything_written()


FAITHFUL = [
    "select 1 as one, 'x'::text, null::int, array[1, 2]",
    "select * from things where id < 4 order by id",
    "select from things where id < 4",
    "values (1), (2)",
    "update things set name = 'ü' where id = 1",
    "insert into things values (101, 'x') returning id, name",
    "delete from things where id = 101",
    "select 1; update things set name = 'x' where id = 2; select name from things where id = 2",
    "select 'ü'; select nonsense",
    "select 1; selct",
    "update things set nme = 'x'",
    "update things set name = 'x' where id = 1; update things set id = 1/0; select 1",
    "select name from things where id = 1",
    "do_it",
    "insert into children values (1)",  # fails at the commit
    "insert into parents values (1); insert into children values (1)",
    "insert into children values (2); select 1",
    "begin; insert into parents values (7); savepoint s; select 1/0",
    "rollback to s",
    "select count(*) from parents",
    "commit",
    "begin",
    "set local application_name = 'inside'; show application_name",
    "update things set name = 'kept' where id = 3",
    "select nonsense",
    "select 1",
    "rollback",
    "show application_name",
    "commit",
    "explain (costs off) select * from things",
    "begin; declare c cursor for select id from things order by id; fetch 2 from c; move 1 in c; fetch 1 from c",
    "close c",
    "commit; select 1",
    "create table more (id integer)",
    "insert into more values (1); drop table more",
    "create table more as select 1 as one",
    "drop table more",
    "prepare p as select $1::int + 1; execute p(2); deallocate p",
    "select pg_notify('here', 'x'), 1",
    "listen here; notify here, 'said'",
    "copy (select id, name from things where id < 3 order by id) to stdout",
    "copy (select id, name from things where id < 3 order by id) to stdout (format binary)",
    "copy (select id, name from things where id < 3 order by id) to stdout (format csv, header)",
    "",
    "-- nothing",
    "set client_encoding = 'LATIN1'",
    "select 'x'; select name, nonsense from things",
    "reset client_encoding",
    "vacuum things",
    "discard all",
    "deallocate all",
    "close all",
    "reset all",
    "set session characteristics as transaction read write",
    "begin isolation level serializable; select 1",
    "savepoint a; update things set name = 'a' where id = 1; rollback to a",
    "release a; select name from things where id = 1",
    "commit; commit",
    "rollback; update things set name = 'b' where id = 1; commit; select count(*) from things",
    "select 1 \\gdesc",
    "create index concurrently on things (name)",
    "select 1; vacuum things",
]


def test_under_a_limit_that_is_kept_a_client_sees_just_what_it_sees_without(
    start_module_engine: StartEngine, shop: Database
) -> None:
    seen = []
    for rules in (UNLIMITED, limited(1000, 1000)):
        shop.psql(SCHEMA)
        with start_module_engine(rules=rules).raw() as client:
            seen.append([(text, client.query(text)) for text in FAITHFUL])
            client.send(r.Terminate())
    for plain, kept in zip(*seen, strict=True):
        assert _told(plain) == _told(kept)


def _told(said: tuple[str, list[tuple[str, bytes]]]) -> tuple[str, list[tuple[str, object]]]:
    """Without what differs from session to session (who sent a notification, a column's table), and where in the
    server's source an error was raised. Settings and notifications come
    at the end, in any order with the last tag."""
    text, answers = said
    return text, sorted(map(_comparable, answers), key=lambda answer: answer[0] in "SA")


def _comparable(answer: tuple[str, bytes]) -> tuple[str, object]:
    kind, data = answer
    if kind == "E":
        return kind, {code: said for code, said in ErrorResponse.decode(data).fields.items() if code not in "LR"}
    return kind, data[:5] if kind in "AT" else data


@pytest.mark.parametrize("text", ["select $1", "select * from things where id = $1"])
def test_a_simple_query_has_no_parameters_under_a_limit_either(engine: RunningEngine, text: str) -> None:
    with engine.raw() as client:
        error, _ = client.query(text)
        assert ErrorResponse.decode(error[1]).fields["M"] == "there is no parameter $1"
        client.send(r.Terminate())


# ── evidence ──


def test_the_record_says_what_went_too_far(start_engine: StartEngine, database: Database) -> None:
    database.psql(SCHEMA)
    engine = start_engine(rules=limited())
    with autocommit(engine) as connection, pytest.raises(psycopg.errors.ProgramLimitExceeded):
        connection.execute("delete from things")
    engine.stop()
    written = engine.everything_written()
    assert b'"excess":{"kind":"changed","rule":"work","most":5,"seen":20}' in written
    assert b'"status":"denied"' in written
    assert b"operation.completed" not in written
    assert engine.verified().verdict in ("self-asserted", "verified")


def test_an_observed_target_stops_nothing_and_says_what_would_have_been(
    start_engine: StartEngine, database: Database
) -> None:
    database.psql(SCHEMA)
    engine = start_engine(rules=limited(), target="mode: observe")
    with autocommit(engine) as connection:
        assert connection.execute("delete from things where id <= 6").rowcount == 6
        assert len(connection.execute("select * from things").fetchall()) == 14
    engine.stop()
    written = engine.everything_written()
    assert b'"excess":{"kind":"changed","rule":"work","most":5,"seen":6}' in written
    assert b'"excess":{"kind":"returned","rule":"work","most":10,"seen":14}' in written
