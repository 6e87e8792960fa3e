import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from engine.store.store import _MIGRATIONS, Store


def _down_and_up(connection: sa.Connection) -> list[set[str]]:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    seen = []
    for move, revision in ((command.downgrade, "0001"), (command.upgrade, "0002")):
        move(config, revision)
        seen.append(set(sa.inspect(connection).get_table_names()))
    return seen


async def test_a_store_of_before_gets_the_table_of_locks(store: Store) -> None:
    async with store._writing() as connection:
        before, after = await connection.run_sync(_down_and_up)
    assert after - before == {"locks"}
