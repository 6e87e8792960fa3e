"""The engine's own way to the database: TLS, channel binding, Unix sockets, and an older server."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.servers.debian_postgres import PASSWORD, DebianPostgres
from tests.servers.engine import WRITE_RULES, RunningEngine, StartEngine


def reached(engine: RunningEngine, statement: str) -> Any:
    with psycopg.connect(**engine.dsn()) as connection:
        return connection.execute(statement).fetchone()


@pytest.mark.parametrize("role", ["app", "tls_only"])
def test_a_target_is_reached_over_verified_tls_with_channel_binding(
    start_engine: StartEngine, debian_postgres: DebianPostgres, role: str
) -> None:
    engine = start_engine(
        rules=WRITE_RULES,
        target=f"tls: {{mode: verify-full, ca: {debian_postgres.ca}}}",
        host="localhost",
        port=debian_postgres.port,
        database="shop",
        role=role,
        password=PASSWORD,
    )
    assert reached(engine, "select ssl, current_user from pg_stat_ssl where pid = pg_backend_pid()") == (True, role)


def test_a_target_whose_certificate_is_for_another_name_is_refused(
    start_engine: StartEngine, debian_postgres: DebianPostgres
) -> None:
    engine = start_engine(
        rules=WRITE_RULES,
        target=f"tls: {{mode: verify-full, ca: {debian_postgres.ca}}}",
        host="127.0.0.2",
        port=debian_postgres.port,
        database="shop",
        role="app",
        password=PASSWORD,
    )
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect(**engine.dsn())
    assert PASSWORD not in str(caught.value)


def test_a_target_is_reached_over_its_unix_socket(start_engine: StartEngine, debian_postgres: DebianPostgres) -> None:
    engine = start_engine(
        rules=WRITE_RULES,
        host=str(debian_postgres.socket_directory),
        port=debian_postgres.port,
        database="shop",
        role="app",
        password=PASSWORD,
    )
    assert reached(engine, "select current_user, inet_server_addr()") == ("app", None)


def test_an_older_server_is_analysed_and_served(start_engine: StartEngine, debian_postgres: DebianPostgres) -> None:
    engine = start_engine(
        rules=WRITE_RULES,
        host="127.0.0.1",
        port=debian_postgres.port,
        database="shop",
        role="trusted",
        password=PASSWORD,
    )
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        connection.execute("create temp table made (id int, note text)")
        connection.execute("insert into made values (1, %s)", ("one",))
        connection.execute("set search_path to pg_temp")
        assert connection.execute("select note from made where id = %s", (1,)).fetchone() == ("one",)


def test_what_an_older_server_reads_otherwise_is_opaque(
    start_engine: StartEngine, debian_postgres: DebianPostgres
) -> None:
    """A keyword of the analysis' grammar is a column's name to a server that is older than the keyword."""
    engine = start_engine(
        rules=WRITE_RULES,
        host="127.0.0.1",
        port=debian_postgres.port,
        database="shop",
        role="trusted",
        password=PASSWORD,
    )
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        connection.execute('create temp table made ("system_user" text)')
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="denied"):
            connection.execute("select system_user from made")
        assert connection.execute("select current_user").fetchone() == ("trusted",)
