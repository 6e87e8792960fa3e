"""The PostgreSQL 18 under test: one server a test run, one fresh database where a test asks for it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from hoopterm.demo.postgres import EmbeddedPostgres

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """A fresh database of the shared server."""

    server: EmbeddedPostgres
    name: str

    @property
    def dsn(self) -> str:
        """A libpq URL as the superuser."""
        server = self.server
        return f"postgresql://{server.user}:{server.password}@{server.host}:{server.port}/{self.name}"

    def psql(self, script: str) -> str:
        """Run SQL in it as the superuser."""
        return self.server.psql(script, self.name)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    """The wheel's PostgreSQL 18, shared by the whole run."""
    with EmbeddedPostgres(password="upstream-secret-5c1d") as server:
        yield server


@pytest.fixture
def database(postgres_server: EmbeddedPostgres) -> Iterator[Database]:
    """A fresh, empty database."""
    name = f"test_{next(_NUMBERS)}"
    postgres_server.psql(f"create database {name}")
    yield Database(postgres_server, name)
    postgres_server.psql(f"drop database if exists {name} with (force)")
