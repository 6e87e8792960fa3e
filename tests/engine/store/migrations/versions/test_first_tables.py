from sqlalchemy import Connection, inspect

from engine.store.store import Store


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_it_makes_the_four_tables(store: Store) -> None:
    async with store._reading() as connection:
        assert await connection.run_sync(_tables) >= {"alembic_version", "tokens", "sessions", "reviews", "votes"}
