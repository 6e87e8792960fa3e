"""A dump through the engine is the direct one, and can be restored through it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers.postgres import Database, fresh_database
from tests.usefulness.dumps import WAYS, dump, restore
from tests.usefulness.sides import Sides, sides

TWO_WAYS = WAYS[1::2]  # a script in one transaction, an archive in several sessions


@pytest.fixture
def empty(rental: Database, tmp_path: Path) -> Iterator[list[Sides]]:
    """An empty database for each of two ways to restore."""
    with ExitStack() as stack:
        databases = [stack.enter_context(fresh_database(rental.server)) for _ in TWO_WAYS]
        first = stack.enter_context(sides(tmp_path, databases[0], masking=""))
        yield [first.on(database) for database in databases]


def test_every_form_of_pg_dump_gives_what_it_gives_directly(shop: Sides, tmp_path: Path) -> None:
    _, differences = dump(shop, tmp_path)
    assert not differences, "\n\n".join(map(str, differences))


def test_a_dump_restored_through_the_engine_is_the_database_it_was_made_of(
    shop: Sides, empty: list[Sides], tmp_path: Path
) -> None:
    _, differences = restore(shop.direct, empty, tmp_path, TWO_WAYS)
    assert not differences, "\n\n".join(map(str, differences))
