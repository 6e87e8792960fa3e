from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from engine.store.store import Store
from engine.store.tables import metadata


def _differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_the_migrations_make_exactly_the_tables_the_code_reads(store: Store) -> None:
    async with store._reading() as connection:
        assert await connection.run_sync(_differences) == []
