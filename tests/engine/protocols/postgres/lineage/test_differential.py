"""Lineage against the server itself: the same columns, the same origins, and no flow that was not told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from psycopg import pq

from engine.protocols.postgres.lineage.tracing import analyse_lineage, origin
from engine.protocols.postgres.parsing import Unreadable, parse
from hoopterm.demo.postgres import EmbeddedPostgres
from tests.engine.protocols.postgres.lineage.grammar import queries
from tests.engine.protocols.postgres.lineage.shop import CORPUS, SCHEMA, Shop, named

_ROWS = """
insert into customers (id, name, email, ssn, city, balance, tags) values
  (1, 'ann', '{0}', '{1}', 'here', 5, '{{a,b}}'), (2, 'bob', '{2}', null, 'there', 0, '{{}}'),
  (3, 'cy', null, '{3}', 'here', 7, null), (4, 'ann', '{4}', '{5}', 'far', -3, '{{x}}');
insert into orders values (1, 1, 10, '2020-01-01', 'first'), (2, 1, 20, '2020-01-02', 'ann'),
  (3, 2, 5, '2020-01-03', null), (4, 4, 1, '2020-01-04', 'a');
insert into people values (1, '{0}', 'eu'), (2, '{4}', 'us');
"""
# One world's values look like words that queries compare with, the other's like what makes functions fail.
_WORLDS = (("ann@a.x", "1", "bob@b.y", "22", "a", "xyz"), ("zo(e@qq.long", "99", "a\\", "ann", "9", "("))

_PROTECTED = {"customers.email", "customers.ssn", "people.email"}


@pytest.fixture(scope="session")
def server(shop: Shop) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(shop.dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def worlds(postgres_server: EmbeddedPostgres) -> Iterator[list[psycopg.Connection[Any]]]:
    """Two databases that differ in nothing but their protected values."""
    connections = []
    for number, values in enumerate(_WORLDS):
        name = f"lineage_world_{number}"
        postgres_server.psql(f"create database {name}")
        postgres_server.psql(SCHEMA + _ROWS.format(*values), name)
        server = postgres_server
        dsn = f"postgresql://{server.user}:{server.password}@{server.host}:{server.port}/{name}"
        connections.append(psycopg.connect(dsn, autocommit=True, options="-c statement_timeout=5s"))
    yield connections
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("sql", CORPUS)
def test_the_columns_are_those_the_server_describes_and_hold_at_least_their_origins(
    shop: Shop, server: psycopg.Connection[Any], sql: str
) -> None:
    prepared = server.pgconn.prepare(b"", sql.encode())
    assert prepared.status == pq.ExecStatus.COMMAND_OK, prepared.error_message.decode()
    described = server.pgconn.describe_prepared(b"")
    columns = shop.lineage(sql).columns
    assert columns is not None
    assert [column.name for column in columns] == [
        (described.fname(position) or b"").decode() for position in range(described.nfields)
    ]
    for position, column in enumerate(columns):
        if (oid := described.ftable(position)) and column.sources is not None:
            at_least = origin(oid, described.ftablecol(position), shop.catalog)
            assert at_least is not None
            assert at_least <= column.sources


def test_every_view_of_the_server_has_the_columns_that_lineage_gives_it(
    shop: Shop, server: psycopg.Connection[Any]
) -> None:
    names = server.execute("select schemaname, viewname from pg_views where schemaname <> 'public'").fetchall()
    assert len(names) > 100
    for schema, view in names:
        sql = f"select * from {schema}.{view}"
        described = server.execute(f"{sql} limit 0").description or []
        columns = shop.lineage(sql).columns
        assert columns is not None, view
        assert [column.name for column in columns] == [column.name for column in described], view


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(sql=queries())
def test_what_is_told_free_of_a_protected_column_does_not_change_with_its_values(
    shop: Shop, worlds: list[psycopg.Connection[Any]], sql: str
) -> None:
    parsed = parse(sql)
    assert not isinstance(parsed, Unreadable)
    lineage = analyse_lineage(parsed[0].node, shop.catalog, shop.state)
    assert lineage.columns is not None
    assert lineage.inferences is not None
    if named(lineage.inferences) & _PROTECTED:
        return
    free = [
        position
        for position, column in enumerate(lineage.columns)
        if column.sources is not None and not named(column.sources) & _PROTECTED
    ]
    one, other = (_answer(world, sql, free) for world in worlds)
    assert one == other


def _answer(world: psycopg.Connection[Any], sql: str, positions: list[int]) -> str | list[tuple[str, ...]] | None:
    """The error, or what these columns hold in all rows, in no order."""
    try:
        rows = world.execute(sql.encode()).fetchall()
    except psycopg.Error as error:
        return error.sqlstate
    return sorted(tuple(repr(row[position]) for position in positions) for row in rows)
