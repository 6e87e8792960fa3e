"""A store in SQLite and one in PostgreSQL: what holds for one holds for the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.store.store import Store
from tests.servers.postgres import Database


@pytest.fixture(params=["sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    url = "sqlite"
    if request.param == "postgres":
        database: Database = request.getfixturevalue("database")
        url = database.dsn
    opened = await Store.open(url, tmp_path)
    yield opened
    await opened.close()
