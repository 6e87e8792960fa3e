"""A denial is a failed statement: native, honest, and the connection stays usable."""

from __future__ import annotations

import json

import psycopg
import pytest

from tests.e2e.shop import MASKING, SCHEMA
from tests.servers.engine import RunningEngine, StartEngine
from tests.servers.postgres import Database

RULES = """
rules:
  - {name: read, decide: allow, who: {groups: [agents]}, what: {effects: [read]}}
  - {name: write-notes, decide: allow, who: {groups: [agents]}, what: {effects: [write], tables: [public.notes]}}
  - {name: no-ddl, decide: deny, what: {effects: [schema]}, reason: use a migration}
"""


@pytest.fixture(scope="module")
def engine(start_module_engine: StartEngine, module_database: Database) -> RunningEngine:
    module_database.psql(SCHEMA)
    return start_module_engine(rules=RULES, masking=MASKING)


def count(database: Database) -> int:
    return int(database.psql("select count(*) from notes"))


def test_a_denial_carries_state_rule_reason_hint_and_one_line_of_json(engine: RunningEngine) -> None:
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
            connection.execute("drop table notes")
        diagnosis = caught.value.diag
        assert diagnosis.sqlstate == "42501"
        assert "no-ddl" in (diagnosis.message_detail or "")
        assert "use a migration" in (diagnosis.message_detail or "")
        assert diagnosis.message_hint
        line = next(line for line in (diagnosis.message_detail or "").splitlines() if line.startswith("{"))
        assert json.loads(line)["rule"] == "no-ddl"
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_denied_statement_aborts_its_transaction_and_keeps_the_session(
    engine: RunningEngine, module_database: Database
) -> None:
    with psycopg.connect(**engine.dsn()) as connection:
        connection.execute("insert into notes (person, body) values (1, 'half')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("drop table notes")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("select 1")
        connection.rollback()
        assert connection.execute("select 1").fetchone() == (1,)
    assert count(module_database) == 20


def test_a_denial_in_a_multi_statement_string_leaves_no_half_of_it(
    engine: RunningEngine, module_database: Database
) -> None:
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("insert into notes (person, body) values (1, 'half'); drop table notes")
        assert connection.execute("select 1").fetchone() == (1,)
    assert count(module_database) == 20


def test_a_denial_in_a_pipeline_rolls_back_up_to_sync_and_claims_nothing(
    engine: RunningEngine, module_database: Database
) -> None:
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.pipeline() as pipeline:
            connection.execute("insert into notes (person, body) values (1, 'half')")
            connection.execute("drop table notes")
            connection.execute("insert into notes (person, body) values (1, 'other half')")
            pipeline.sync()
        assert connection.execute("select 1").fetchone() == (1,)
    assert count(module_database) == 20


@pytest.mark.parametrize(
    "statement",
    [
        'DROP TABLE "notes"',
        "drop/**/table public.notes",
        "do $$ begin execute 'drop table notes'; end $$",
        "explain analyze delete from notes",
        "with gone as (delete from notes returning *) select * from gone",
        "select * into elsewhere from notes",
        "copy notes to program 'cat'",
        "copy (delete from notes returning *) to stdout",
        "set role pg_read_all_data",
        "set session authorization default",
        "prepare p as delete from notes",
        "select pg_read_file('/etc/passwd')",
        "select query_to_xml('delete from notes', true, true, '')",
        "select set_config('role', 'postgres', false)",
        "select lo_import('/etc/passwd')",
        "select pg_terminate_backend(1)",
        "insert into people (id, name) values (99, 'x')",
        "truncate notes",
        "select 1; drop table notes",
        'delete from U&"n\\006ftes"',
        "merge into notes using people on false when not matched then insert (body) values ('x')"
        " when matched then delete",
        "grant all on notes to public",
        "alter table notes add column x text",
        "create extension dblink",
        "lock table people in access exclusive mode",
        "select * from people for update",
        "begin; delete from notes; commit",
        "declare c cursor for delete from notes",
    ],
)
def test_what_no_rule_allows_is_denied_however_it_is_written(
    engine: RunningEngine, module_database: Database, statement: str
) -> None:
    """SECURITY: guardrails hold against nesting, quoting, comments, cursors, prepared statements and functions."""
    before = module_database.psql("select count(*), min(xmin::text::bigint), max(xmin::text::bigint) from notes")
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.SyntaxError)):
            connection.execute(statement)
        connection.rollback()
        assert connection.execute("select 1").fetchone() == (1,)
    assert (
        module_database.psql("select count(*), min(xmin::text::bigint), max(xmin::text::bigint) from notes") == before
    )
