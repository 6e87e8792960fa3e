"""What has changed is told relation by relation, and loading it alone gives what loading everything would."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from engine.protocols.postgres.catalog.snapshot import Objects, Snapshot
from engine.protocols.postgres.catalog.source import CatalogSource
from engine.protocols.postgres.catalog.stamps import Stamps
from tests.engine.protocols.postgres.analysing import connector
from tests.servers.postgres import Database

SCHEMA = """
create schema s;
create type mood as enum ('good', 'bad');
create function f() returns int language sql immutable as 'select 1';
create table t (a int primary key, v varchar(10) default 'x', m mood, check (a > 0));
create table u (id serial primary key, t int references t on delete cascade, row t);
create table p (k int) partition by range (k);
create table p1 partition of p for values from (0) to (10);
create table alone (k int, b int);
create view w as select a, v as b, m from t;
create view x as select w.b, u.id from w join u on u.t = w.a;
create view whole as select t as r from t;
create view typed as select null::t as r;
create function atomic() returns bigint begin atomic select count(*) from t; end;
create function of_row(t) returns int language sql as 'select 1';
alter table t enable row level security;
create policy pol on t using (exists (select 1 from alone where k = t.a));
create rule r as on insert to alone do also notify somebody;
"""

CHANGES = (
    "alter table t rename to renamed",
    "alter table t rename column v to z",
    "alter table alone rename to renamed",
    "alter table alone rename column k to z",
    "alter table alone drop column b",
    "alter table alone add column c int default 5",
    "alter table alone set schema s",
    "alter schema s rename to z",
    "alter sequence u_id_seq rename to counted",
    "alter type mood rename to feeling",
    "alter type mood rename value 'bad' to 'worse'",
    "alter function f rename to g",
    "alter view w rename to renamed",
    "alter view w rename column b to c",
    "create or replace view w as select a, v as b, m, 1 as more from t",
    "drop view x",
    "drop table u cascade",
    "drop table p1",
    "alter table p detach partition p1",
    "create table p2 partition of p for values from (10) to (20)",
    "create table n (id int primary key, parent int references n, t int references t on update set null)",
    "create index on alone (k) where k > f()",
    "create trigger tr before update on alone for each row when (old.* is distinct from new.*) execute function "
    "suppress_redundant_updates_trigger()",
    "create materialized view kept as select * from alone",
    "alter policy pol on t using (true)",
    "drop rule r on alone",
    "create domain d as t",
    "drop table alone cascade",
    "truncate alone",
    "create publication pub for table alone",
)


@pytest.fixture
async def source(database: Database) -> AsyncIterator[CatalogSource]:
    database.psql(SCHEMA)
    source = CatalogSource(connector(database))
    yield source
    await source.close()


def content(snapshot: Snapshot) -> Objects:
    """What users made, in an order of its own."""
    users = snapshot.users
    relations = tuple(
        replace(each, children=tuple(sorted(each.children)), cascades=tuple(sorted(each.cascades)))
        for each in sorted(users.relations, key=lambda relation: relation.oid)
    )
    types = tuple(
        replace(each, parts=tuple(sorted(each.parts))) for each in sorted(users.types, key=lambda type_: type_.oid)
    )
    return replace(users, relations=relations, types=types)


@pytest.mark.parametrize("change", CHANGES)
async def test_loading_what_changed_gives_what_loading_everything_gives(
    database: Database, source: CatalogSource, change: str
) -> None:
    await source.fresh()
    database.psql(change)
    source.outdate()
    after = await source.fresh()
    other = CatalogSource(connector(database))
    try:
        assert content(after) == content(await other.fresh())
    finally:
        await other.close()


async def test_a_new_table_loads_itself_and_nothing_else(database: Database, source: CatalogSource) -> None:
    before = {relation.oid: relation for relation in (await source.fresh()).users.relations}
    database.psql("create table n (id int)")
    source.outdate()
    after = (await source.fresh()).users.relations
    assert [relation.name for relation in after if relation.oid not in before] == ["n"]
    kept = {relation.oid: relation for relation in after if relation.name != "n"}
    assert kept.keys() == before.keys() != set()
    assert all(kept[oid] is relation for oid, relation in before.items())


async def test_a_view_is_loaded_anew_when_what_it_prints_is_called_otherwise(
    database: Database, source: CatalogSource
) -> None:
    """A new table under the old name must not stand for the one that the view reads."""
    await source.fresh()
    database.psql(
        "alter table alone rename to old; create table alone (k int, b int); create view y as select * from old"
    )
    source.outdate()
    await source.fresh()
    database.psql("alter table old rename to older")
    source.outdate()
    snapshot = await source.fresh()
    view = snapshot.relation("public", "y", ())
    assert view is not None
    assert "public.older" in (view.definition or "")


def test_relations_that_are_new_gone_or_not_as_they_were_have_changed() -> None:
    older = Stamps({1: "a", 2: "b", 3: "c"}, "")
    assert Stamps({1: "a", 2: "x", 4: "d"}, "").changed_since(older) == {2, 3, 4}
