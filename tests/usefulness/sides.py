"""One database, reached directly and through an engine: whatever is done on both sides should look the same."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hoopterm.demo.postgres import binaries
from tests.servers.engine import engines
from tests.servers.postgres import Database

POLICY = """
rules:
  - name: ordinary-work
    decide: allow
    who: {groups: [agents]}
    what: {effects: [read, write, delete, schema, privilege, session, execute, network]}
"""
"""Everything a rule can allow, but for files of the server and what could not be told."""

ELSEWHERE = """
masking:
  - {name: elsewhere, columns: ["*.no_such_column"]}
"""
"""A column that no table has: the lineage works at full strength, and nothing is protected."""

MAIL = """
masking:
  - {name: mail, columns: [customer.email]}
"""
"""The rental shop's protected column."""


@dataclass(frozen=True)
class Side:
    """One way to the database: connection parameters as libpq spells them."""

    name: str
    host: str
    port: int
    user: str
    password: str
    database: str

    @property
    def parameters(self) -> dict[str, Any]:
        """For psycopg."""
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "dbname": self.database,
        }

    def environment(self) -> dict[str, str]:
        """For programs of PostgreSQL."""
        return {
            **os.environ,
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGDATABASE": self.database,
            "PGPASSWORD": self.password,
            "PGTZ": "UTC",
            "PAGER": "cat",
        }

    def run(self, program: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs on this side."""
        command: Sequence[str] = [str(binaries() / program), *arguments]
        return subprocess.run(
            command, input=stdin, env=self.environment(), capture_output=True, text=True, check=False, timeout=300
        )


@dataclass(frozen=True)
class Sides:
    """Both ways to one database."""

    direct: Side
    through: Side
    database: Database

    def on(self, other: Database) -> Sides:
        """Both ways to another database of the same server, through the same engine."""
        through = replace(self.through, database=f"db/{other.name}")
        return Sides(replace(self.direct, database=other.name), through, other)

    def both(self) -> Iterator[Side]:
        """First directly, then through the engine."""
        yield self.direct
        yield self.through


@contextmanager
def sides(
    directory: Path, database: Database, masking: str = ELSEWHERE, target: str = "", rules: str = POLICY
) -> Iterator[Sides]:
    """Start an engine before a database, and say how to reach both."""
    server = database.server
    direct = Side("direct", server.host, server.port, server.user, server.password, database.name)
    with engines(directory, database) as start:
        engine = start(rules=rules, masking=masking, target=target)
        through = Side("through", "127.0.0.1", engine.port, "bot", engine.token(), "db")
        yield Sides(direct, through, database)
