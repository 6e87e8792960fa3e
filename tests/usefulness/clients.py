"""What drivers do by themselves and what people do with them, on both sides."""

from __future__ import annotations

import asyncio
import decimal
from collections.abc import Callable
from typing import Any

import asyncpg
import pg8000.dbapi
import psycopg
from psycopg.types.composite import CompositeInfo, register_composite
from psycopg.types.enum import EnumInfo, register_enum

from tests.usefulness.programs import Difference
from tests.usefulness.sides import Side, Sides


def with_psycopg(side: Side) -> list[Any]:
    """Types looked up, binary rows, server-side cursors, pipelines, COPY, two-phase commit."""
    seen: list[Any] = []
    with psycopg.connect(**side.parameters) as connection:
        enum = EnumInfo.fetch(connection, "mpaa_rating")
        assert enum is not None
        register_enum(enum, connection)
        composite = CompositeInfo.fetch(connection, "category")
        assert composite is not None
        register_composite(composite, connection)
        seen += connection.execute("select rating from film where film_id < %s order by film_id", (4,)).fetchall()
        seen += connection.execute("select c from category c order by category_id limit 1").fetchall()
        with connection.cursor(name="rows", scrollable=True) as held:
            held.itersize = 7
            held.execute("select film_id, title from film order by film_id limit 20")
            seen += list(held)
            held.scroll(3, mode="absolute")
            seen.append(held.fetchone())
        with connection.pipeline():
            cursors = [connection.execute("select %s::int + %s", (n, 1)) for n in range(5)]
        seen += [cursor.fetchone() for cursor in cursors]
        with connection.cursor(binary=True) as cursor:
            cursor.execute("select length, rental_rate, special_features, details from film order by film_id limit 5")
            seen += cursor.fetchall()
            cursor.executemany(
                "update film set length = %s where film_id = %s returning length", [(90, 1), (91, 2)], returning=True
            )
            seen.append(cursor.fetchone())
            with cursor.copy("copy (select film_id, title from film order by film_id limit 3) to stdout") as copy:
                seen += list(copy.rows())
        connection.rollback()
        seen += _in_two_phases(connection)
    return seen


def _in_two_phases(connection: psycopg.Connection[Any]) -> list[Any]:
    """A transaction by name; a server without room for one says so."""
    connection.autocommit = True
    connection.execute("begin")
    connection.execute("insert into language (name) values ('Klingon')")
    try:
        connection.execute("prepare transaction 'hoopterm-usefulness'")
    except psycopg.Error as error:
        return [error.sqlstate]
    prepared = connection.execute("select count(*) from pg_prepared_xacts").fetchall()
    connection.execute("rollback prepared 'hoopterm-usefulness'")
    return [prepared]


async def _with_asyncpg(side: Side) -> list[Any]:
    connection = await asyncpg.connect(
        host=side.host, port=side.port, user=side.user, password=side.password, database=side.database
    )
    try:
        seen: list[Any] = [await connection.fetchval("select $1::mpaa_rating", "PG")]
        seen += await connection.fetch("select rating, special_features, release_year, rental_rate from film limit 4")
        seen += [tuple(row) for row in await connection.fetch("select c from category c order by category_id limit 2")]
        await connection.set_type_codec("jsonb", encoder=str, decoder=len, schema="pg_catalog")
        seen.append(await connection.fetchval("select details from film where film_id = $1", 3))
        statement = await connection.prepare("select title from film where rental_rate = $1 and length > $2 order by 1")
        seen += [(attribute.name, attribute.type.name) for attribute in statement.get_attributes()]
        seen += await statement.fetch(decimal.Decimal("0.99"), 150)
        await connection.execute("create temp table gathered (id int, name text)")
        await connection.copy_records_to_table("gathered", records=[(1, "a"), (2, "b")])
        seen.append(await connection.fetchval("select count(*) from gathered"))
        async with connection.transaction(isolation="serializable", readonly=True):
            seen += [row["title"] async for row in connection.cursor("select title from film order by film_id limit 5")]
        async with connection.transaction():
            async with connection.transaction():
                await connection.executemany("insert into gathered values ($1, $2)", [(3, "c"), (4, "d")])
            seen += await connection.fetch("select * from gathered order by id")
        heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        await connection.add_listener("shop", lambda *event: heard.set_result(event[3]))
        await connection.execute("select pg_notify('shop', 'open')")
        seen.append(await asyncio.wait_for(heard, 30))
        await connection.reset()
        return [tuple(item) if isinstance(item, asyncpg.Record) else item for item in seen]
    finally:
        await connection.close()


def with_asyncpg(side: Side) -> list[Any]:
    """Introspection of types, prepared statements, codecs, COPY, cursors, savepoints, notifications, reset."""
    return asyncio.run(_with_asyncpg(side))


def with_pg8000(side: Side) -> list[Any]:
    """A driver in Python alone: unnamed statements, parameters of its own typing, savepoints, errors."""
    connection = pg8000.dbapi.connect(
        host=side.host, port=side.port, user=side.user, password=side.password, database=side.database
    )
    try:
        cursor = connection.cursor()
        seen: list[Any] = []
        cursor.execute("select film_id, rental_rate, special_features, details from film where rating = %s", ("R",))
        seen += cursor.fetchmany(5)
        cursor.execute("savepoint one")
        try:
            cursor.execute("select 1 / 0")
        except pg8000.dbapi.DatabaseError as error:
            seen.append(error.args[0]["C"])
        cursor.execute("rollback to savepoint one")
        cursor.execute("insert into language (name) values (%s) returning name", ("Frisian",))
        seen += cursor.fetchall()
        cursor.execute("select lo_from_bytea(0, %s) > 0", (b"large",))
        seen += cursor.fetchall()
        connection.rollback()
        return seen
    finally:
        connection.close()


CLIENTS: tuple[Callable[[Side], list[Any]], ...] = (with_psycopg, with_asyncpg, with_pg8000)


def work(sides: Sides) -> tuple[int, list[Difference]]:
    """Have each client work on both sides: how many there are, and which saw something else."""
    differences = []
    for client in CLIENTS:
        answers = [repr(client(side)) for side in sides.both()]
        if answers[0] != answers[1]:
            differences.append(Difference(client.__name__, *answers))
    return len(CLIENTS), differences
