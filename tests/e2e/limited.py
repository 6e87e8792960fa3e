"""What the end-to-end tests of limits share: rules that limit, a table whose rows are counted, and their fixtures."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.servers.engine import RunningEngine, StartEngine
from tests.servers.postgres import Database

EFFECTS = "effects: [read, write, delete, schema, session, execute, housekeeping]"
UNLIMITED = f"rules: [{{name: work, decide: allow, who: {{groups: [agents]}}, what: {{{EFFECTS}}}}}]"


def limited(changed: int = 5, returned: int = 10) -> str:
    return UNLIMITED.replace("decide: allow", f"decide: allow, limit: {{changed: {changed}, returned: {returned}}}")


SCHEMA = """
drop table if exists things, more, children, parents;
create table things (id integer primary key, name text);
insert into things select n, 'thing ' || n from generate_series(1, 20) as n;
create table parents (id integer primary key);
create table children (parent integer references parents deferrable initially deferred);
create or replace function renamed() returns bigint language sql
as $$ with changed as (update things set name = 'y' returning 1) select count(*) from changed $$;
"""


@pytest.fixture(scope="module")
def engine(start_module_engine: StartEngine) -> RunningEngine:
    return start_module_engine(rules=limited())


@pytest.fixture(autouse=True)
def shop(module_database: Database) -> Database:
    module_database.psql(SCHEMA)
    return module_database


def state(database: Database) -> str:
    return database.psql("select id, name from things order by id; select to_regclass('more')")


def autocommit(engine: RunningEngine) -> psycopg.Connection[Any]:
    return psycopg.connect(**engine.dsn(), autocommit=True)
