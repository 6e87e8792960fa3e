"""Masking by source column cannot be queried around: the canary is in no byte that comes back."""

from __future__ import annotations

from functools import partial
from typing import Any

import psycopg
import pytest

from tests.e2e.shop import MASKING, SCHEMA, assert_clean
from tests.servers.engine import WRITE_RULES, RunningEngine, StartEngine
from tests.servers.postgres import Database

LENIENT = MASKING.replace("with: redact", "with: redact, inference: allow")


@pytest.fixture(scope="module")
def engine(start_module_engine: StartEngine, module_database: Database) -> RunningEngine:
    module_database.psql(SCHEMA)
    return start_module_engine(rules=WRITE_RULES, masking=LENIENT)


def ask(engine: RunningEngine, statement: str, binary: bool = False, **parameters: Any) -> Any:
    """What comes back for a statement: rows, or the error's whole text."""
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        try:
            with connection.cursor(binary=binary) as cursor:
                cursor.execute(statement, parameters or None)
                return cursor.fetchall() if cursor.description else cursor.statusmessage
        except psycopg.Error as error:
            diagnosis = error.diag
            return [str(error), diagnosis.message_primary, diagnosis.message_detail, diagnosis.context]


def keep_notice(seen: list[Any], notice: psycopg.errors.Diagnostic) -> None:
    seen.extend((notice.message_primary, notice.message_detail, notice.context))


DODGES = [
    "select secret from people",
    "select secret as harmless from people",
    "select * from people",
    "table people",
    "select people from people",
    "select people::text from people",
    "select row_to_json(people) from people",
    "select to_jsonb(p) from people p",
    "select (p).secret from people p",
    "select (p).* from people p",
    "select jsonb_agg(p) from people p",
    "select row(p.*) from people p",
    "select upper(secret) from people",
    "select reverse(secret) from people",
    "select encode(secret::bytea, 'hex') from people",
    "select secret || '' from people",
    "select substr(secret, 1, 9) || '-' || substr(secret, 10) from people",
    "select string_agg(secret, ',') from people",
    "select array_agg(secret) from people",
    "select unnest(array_agg(secret)) from people",
    "select max(secret) from people",
    "select min(secret) over () from people",
    "select lag(secret) over (order by id) from people",
    "select first_value(secret) over (partition by city) from people",
    "select coalesce(null, secret) from people",
    "select case when id > 0 then secret end from people",
    "select (select secret from people where id = 1)",
    "select array(select secret from people)",
    "select code from roster",
    "select * from roster",
    "select r.code as x from roster r",
    "select secret_of(1)",
    "select * from secret_of(2)",
    "select secret from people union select 'x'",
    "select 'x' union all select secret from people",
    "with p as (select secret as s from people) select s from p",
    "with recursive r(n, s) as (select 1, secret from people where id = 1 union all select n + 1, s from r where n < 3)"
    " select * from r",
    "select s from (select secret from people) as t(s)",
    "select l.s from people p, lateral (select p.secret as s) l",
    "select p.secret from people p join people q using (id)",
    "select secret from people natural join notes",
    "values ((select secret from people limit 1))",
    "select xmlelement(name x, secret) from people",
    "select json_build_object('k', secret) from people",
    "select json_object('k' : secret) from people",
    "select json_agg(row_to_json(t)) from (select secret from people) t",
    "select format('%s', secret) from people",
    "select concat_ws(',', id, secret) from people",
    "select regexp_replace(secret, 'x', 'y') from people",
    "select * from regexp_split_to_table((select secret from people limit 1), '-')",
    "select md5(secret), secret from people",
    "select convert_to(secret, 'UTF8') from people",
    "select ascii(secret), chr(ascii(secret)) from people",
    "select translate(secret, 'abc', 'abc') from people",
    "update people set name = name where id = 1 returning secret",
    "insert into people select id + 1000, name, null, null, city from people where id = 1 returning *",
    "delete from people where id = 120 returning people",
    "update people set name = name returning old.secret, new.secret",
    "execute immediate 'x'",
    "select secret::int from people",
    "select (secret || 'x')::date from people",
    "select 1 / (case when secret like 'c%' then 0 else 1 end) from people",
    "select most_common_vals from pg_stats where tablename = 'people'",
    "select * from pg_stats",
    "select stavalues1 from pg_statistic",
    "select query from pg_stat_activity",
    "select query_to_xml('select * from people', true, true, '')",
    "select table_to_xml('people', true, true, '')",
    "select ts_stat('select to_tsvector(secret) from people')",
    "select set_config('application_name', secret, false) from people limit 1",
    "select pg_notify('c', secret) from people limit 1",
    "create table stolen as select secret from people",
    "insert into notes (body) select secret from people",
    "update notes set body = (select secret from people limit 1) where id = 1",
    "select distinct secret from people",
    "select secret from people group by secret",
    "select secret from people order by secret limit 1",
    "select t.x from people, xmltable('/a' passing xmlelement(name a, secret) columns x text path '.') t",
    "select j.v from people, json_table(json_build_array(secret), '$[*]' columns (v text path '$')) j",
    "select * from json_each(json_build_object('k', (select secret from people limit 1)))",
    "select greatest(secret, ''), least(secret, 'z') from people",
    "select nullif(secret, '') from people",
    'select secret collate "C" from people',
    "select cast(secret as varchar(40)) from people",
    "select (array[secret])[1] from people",
    "select overlay(secret placing '' from 1 for 0) from people",
    "select quote_literal(secret) from people",
    "explain (analyze, verbose) select secret from people where secret > 'c'",
]


@pytest.mark.parametrize("statement", DODGES)
def test_no_way_of_asking_shows_a_protected_value(engine: RunningEngine, statement: str) -> None:
    """SECURITY: promise 2, nothing unmasked escapes."""
    assert_clean(ask(engine, statement))
    assert_clean(ask(engine, statement, binary=True))


def test_sequences_of_statements_do_not_carry_a_value_out(engine: RunningEngine) -> None:
    """SECURITY: cursors, prepared statements, settings, temporary tables and notifications."""
    scripts = [
        ["begin", "declare c cursor for select secret from people", "fetch all from c", "rollback"],
        [
            "begin",
            "declare c cursor for select upper(secret) from people",
            "move 1 from c",
            "fetch 3 from c",
            "rollback",
        ],
        ["prepare p as select secret from people where id = $1", "execute p(1)", "deallocate p"],
        ["prepare p(int) as select secret || '' from people where id = $1", "execute p(1)"],
        ["create temp table t as select secret from people", "select * from t"],
        ["create temp view v as select secret as s from people", "select s from v"],
        ["create view w as select secret || 'x' as s from people", "select s from w", "drop view w"],
        ["create function f() returns setof people language sql as 'select * from people'", "select * from f()"],
        ["select set_config('my.value', secret, false) from people", "show my.value"],
        ["listen c", "select pg_notify('c', secret) from people", "select 1"],
        ["create table copied (like people)", "insert into copied select * from people", "select * from copied"],
        ["analyze people", "select histogram_bounds from pg_stats"],
        ["begin", "alter table people rename column secret to plain", "select plain from people", "rollback"],
        ["begin", "alter table people rename to folk", "select secret from folk", "rollback"],
        ["begin", "alter table people set schema pg_temp", "select secret from people", "rollback"],
    ]
    for script in scripts:
        seen: list[Any] = []
        with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
            connection.add_notice_handler(partial(keep_notice, seen))
            for statement in script:
                try:
                    cursor = connection.execute(statement)
                    seen.append(cursor.fetchall() if cursor.description else cursor.statusmessage)
                except psycopg.Error as error:
                    seen.append([str(error), error.diag.message_detail, error.diag.context])
            seen.extend(notification.payload for notification in connection.notifies(timeout=0.1))
        assert_clean(seen)


@pytest.mark.parametrize("options", ["", "(format csv)", "(format csv, header, force_quote *)", "(format binary)"])
@pytest.mark.parametrize(
    "source", ["people", "people (id, secret)", "(select secret || 'x' from people)", "(table roster)"]
)
def test_copy_is_masked_in_every_format(engine: RunningEngine, source: str, options: str) -> None:
    """Others left COPY unmasked."""
    with psycopg.connect(**engine.dsn()) as connection, connection.cursor() as cursor:
        with cursor.copy(f"copy {source} to stdout {options}") as out:
            content = b"".join(bytes(block) for block in out)
    assert content
    assert_clean(content)


def test_a_prepared_statement_executed_without_a_fresh_describe_is_masked(engine: RunningEngine) -> None:
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        for number in range(1, 8):
            cursor = connection.execute("select secret from people where id = %s", (number,), prepare=True)
            assert_clean(cursor.fetchall())


def test_a_protected_column_may_not_steer_an_answer_by_default(start_engine: StartEngine, database: Database) -> None:
    """SECURITY: blind inference through WHERE, ORDER BY and GROUP BY is off unless the policy turns it on."""
    database.psql(SCHEMA)
    engine = start_engine(rules=WRITE_RULES, masking=MASKING)
    for statement in (
        "select count(*) from people where secret like 'c%'",
        "select id from people order by secret",
        "select count(*) from people group by secret",
        "select p.id from people p join people q on p.secret = q.secret",
        "select count(*) filter (where secret > 'a') from people",
        "select 1 where exists (select from people where secret ~ '^c')",
        "delete from people where secret like 'c%'",
    ):
        with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
    assert ask(engine, "select count(secret), count(*) from people") == [(20, 20)]


def test_who_is_exempt_sees_the_values(start_engine: StartEngine, database: Database) -> None:
    database.psql(SCHEMA)
    engine = start_engine(rules=WRITE_RULES, masking=MASKING)
    engine.shows_values = True
    with psycopg.connect(**engine.dsn("officer")) as connection:
        row = connection.execute("select secret from people where id = 1").fetchone()
    assert row == ("canary-7f3a9c-1",)


def test_unprotected_columns_of_ordinary_queries_are_not_masked(
    engine: RunningEngine, module_database: Database
) -> None:
    for statement in (
        "select p.name, count(n.id) from people p left join notes n on n.person = p.id group by p.name order by 1",
        "with c as (select city, count(*) as n from people group by city) select * from c order by city",
        "select upper(r.name) || '!', r.city from roster r order by 1",
        "select id, case when id > 10 then 'high' else 'low' end from people order by id",
        "select string_agg(body, ',' order by id) from notes",
        "select name from people union select body from notes order by 1",
    ):
        with psycopg.connect(module_database.dsn) as direct:
            expected = direct.execute(statement).fetchall()
        assert ask(engine, statement) == expected


def test_the_record_of_all_this_holds_no_protected_value(start_engine: StartEngine, database: Database) -> None:
    database.psql(SCHEMA)
    engine = start_engine(rules=WRITE_RULES, masking=LENIENT)
    for statement in DODGES[:40]:
        ask(engine, statement)
    engine.stop()
    assert_clean(engine.everything_written())
    assert engine.verified().ok
