"""The PostgreSQL 18 under test: one server a test run, one fresh database where a test asks for it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def fresh_database(server: EmbeddedPostgres) -> Iterator[Database]:
    """A fresh, empty database, dropped when the context ends."""
    name = f"test_{next(_NUMBERS)}"
    server.psql(f"create database {name}")
    yield Database(server, name)
    server.psql(f"drop database if exists {name} with (force)")


@pytest.fixture
def database(postgres_server: EmbeddedPostgres) -> Iterator[Database]:
    """A database for one test."""
    with fresh_database(postgres_server) as database:
        yield database


@pytest.fixture(scope="module")
def module_database(postgres_server: EmbeddedPostgres) -> Iterator[Database]:
    """A database that the tests of a module share: they must leave it as they found it."""
    with fresh_database(postgres_server) as database:
        yield database
