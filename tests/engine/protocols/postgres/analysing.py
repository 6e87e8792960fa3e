"""An analyst over a shop's catalog that was loaded once, and a short way to say what it finds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from engine.protocols.postgres.analysis.analyst import Analyst
from engine.protocols.postgres.catalog.snapshot import Objects, Snapshot
from engine.protocols.postgres.catalog.source import CatalogSource
from engine.protocols.postgres.statement import SessionState, Statement
from hoopterm.demo.postgres import EmbeddedPostgres
from tests.servers.postgres import Database

SHOP = (Path(__file__).parent / "analysis" / "shop.sql").read_text()


class Still:
    """A catalog source that never changes."""

    def __init__(self, snapshot: Snapshot, usable: frozenset[str]) -> None:
        self.current = self.latest = snapshot
        self._usable = usable

    @property
    def builtin(self) -> Objects:
        return self.current.builtin

    def outdate(self) -> None:
        """Nothing to compare with."""

    async def fresh(self) -> Snapshot:
        return self.current

    async def usable(self, role: str) -> frozenset[str]:
        return self._usable

    def usable_now(self, role: str) -> frozenset[str]:
        return self._usable

    async def close(self) -> None:
        """Nothing to hang up."""


@dataclass
class Desk:
    """`desk.find("select …")` is what one statement does, in words."""

    source: Any
    state: SessionState = field(default_factory=lambda: SessionState("shop", "clerk", settings_may_revert=False))
    trusted: tuple[str, ...] = ("reports.*",)

    def __post_init__(self) -> None:
        self.analyst = Analyst(self.source, self.trusted)

    def all(self, text: str, **state: Any) -> tuple[Statement, ...]:
        """The statements of a text, in a session like this."""
        return asyncio.run(self.analyst.analyse(text, replace(self.state, **state)))

    def one(self, text: str, **state: Any) -> Statement:
        """The only statement of a text."""
        (statement,) = self.all(text, **state)
        return statement

    def find(self, text: str, **state: Any) -> list[str]:
        """Its accesses as `effect kind:name(columns)`, sorted."""
        return in_words(self.one(text, **state))

    def effects(self, text: str, **state: Any) -> set[str]:
        """Its distinct effects."""
        return {access.effect.value for access in self.one(text, **state).accesses}


def in_words(statement: Statement) -> list[str]:
    """The accesses of a statement, sorted."""
    return sorted(f"{access.effect.value} {access.resource}" for access in statement.accesses)


def connector(database: Database) -> Any:
    """Connects to a database as the superuser."""

    async def connect() -> Any:
        return await asyncpg.connect(database.dsn)

    return connect


@pytest.fixture(scope="session")
def shop_source(postgres_server: EmbeddedPostgres) -> Iterator[Still]:
    """The shop's catalog, loaded once a run."""
    database = Database(postgres_server, "analysis_shop")
    postgres_server.psql("create database analysis_shop")
    database.psql(SHOP)

    async def load() -> Still:
        source = CatalogSource(connector(database))
        snapshot = await source.fresh()
        usable = await source.usable("clerk")
        await source.close()
        return Still(snapshot, usable)

    yield asyncio.run(load())
    postgres_server.psql("drop database analysis_shop with (force)")
    postgres_server.psql("drop role clerk")


@pytest.fixture
def desk(shop_source: Still) -> Desk:
    """A clerk's desk at the shop."""
    return Desk(shop_source)
