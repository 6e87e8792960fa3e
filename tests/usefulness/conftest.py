"""The rental shop behind an engine, for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.postgres import Database
from tests.usefulness.precision import RENTAL, TRUSTED
from tests.usefulness.sides import MAIL, Sides, sides


@pytest.fixture(scope="module")
def rental(module_database: Database) -> Database:
    """A database with the shop in it."""
    module_database.psql(RENTAL)
    return module_database


@pytest.fixture(scope="module")
def shop(rental: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    """Both ways to it, nothing of it protected."""
    with sides(tmp_path_factory.mktemp("engines"), rental, target=TRUSTED) as both:
        yield both


@pytest.fixture(scope="module")
def protected_shop(rental: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    """Both ways to it, customer.email protected."""
    with sides(tmp_path_factory.mktemp("engines"), rental, masking=MAIL, target=TRUSTED) as both:
        yield both
