"""Who gets in, over which wire, and for how long."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest

from tests.e2e.shop import SCHEMA
from tests.servers.engine import READ_RULES, WRITE_RULES, RunningEngine, StartEngine
from tests.servers.postgres import Database


@pytest.fixture
def engine(start_engine: StartEngine, database: Database) -> RunningEngine:
    database.psql(SCHEMA)
    return start_engine(rules=WRITE_RULES)


async def ca(engine: RunningEngine, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    async with engine.client() as client:
        path.write_text(await client.ca())
    return str(path)


@pytest.mark.parametrize("negotiation", ["postgres", "direct"])
@pytest.mark.parametrize("version", ["3.0", "3.2"])
async def test_verify_full_works_with_the_engines_own_ca(
    engine: RunningEngine, tmp_path: Path, negotiation: str, version: str
) -> None:
    parameters = engine.dsn(
        host="localhost",
        sslmode="verify-full",
        sslrootcert=await ca(engine, tmp_path),
        sslnegotiation=negotiation,
        min_protocol_version=version,
        max_protocol_version=version,
    )
    with psycopg.connect(**parameters) as connection:
        assert connection.pgconn.ssl_in_use
        assert connection.execute("select count(*) from notes").fetchone() == (20,)


def test_plaintext_is_taken_on_loopback(engine: RunningEngine) -> None:
    with psycopg.connect(**engine.dsn(sslmode="disable")) as connection:
        assert not connection.pgconn.ssl_in_use


@pytest.mark.parametrize(
    "change",
    [{"password": "ht_none_none"}, {"password": "x"}, {"user": "officer"}, {"dbname": "nothere"}, {"user": "x"}],
)
def test_what_is_not_right_does_not_get_in(engine: RunningEngine, change: dict[str, str]) -> None:
    """CVE-2025-2291: only a live token of exactly this user opens a session."""
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(**{**engine.dsn(), **change})


async def test_revoking_a_token_ends_its_live_sessions_within_a_second(engine: RunningEngine) -> None:
    connection = await psycopg.AsyncConnection.connect(**engine.dsn(), autocommit=True)
    async with engine.client() as client:
        await connection.execute("select 1")
        token = next(token for token in await client.tokens() if token.subject == "bot")
        await client.revoke_token(token.id)
        async with asyncio.timeout(1):
            with pytest.raises(psycopg.OperationalError):
                await connection.execute("select pg_sleep(30)")
    with pytest.raises(psycopg.OperationalError):
        await psycopg.AsyncConnection.connect(**engine.dsn())
    await connection.close()


def test_the_upstream_credential_is_nowhere(engine: RunningEngine, database: Database) -> None:
    """SECURITY: promise 3, no credential reaches a client, the log, a recording or a child's arguments."""
    seen: list[object] = []
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        for statement in ("select 1", "select current_user", "select nothing", "select * from pg_settings"):
            try:
                seen.extend(connection.execute(statement).fetchall())
            except psycopg.Error as error:
                seen.append(error)
    engine.stop()
    written = engine.everything_written()
    for secret in (database.server.password, engine.token()):
        assert secret not in str(seen)
        assert secret.encode() not in written


async def test_a_new_policy_holds_for_live_sessions(engine: RunningEngine) -> None:
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        connection.execute("insert into notes (person, body) values (1, 'before')")
        text = engine.config.read_text().replace(WRITE_RULES.strip(), READ_RULES.strip())
        engine.config.write_text(text)
        async with engine.client() as client:
            await client.apply_policy({})
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("insert into notes (person, body) values (1, 'after')")
        assert connection.execute("select count(*) from notes where body = 'before'").fetchone() == (1,)


async def test_observe_mode_denies_nothing_and_records_what_it_would_have_done(
    start_engine: StartEngine, database: Database
) -> None:
    database.psql(SCHEMA)
    engine = start_engine(rules=READ_RULES, target="mode: observe")
    with psycopg.connect(**engine.dsn(), autocommit=True) as connection:
        connection.execute("insert into notes (person, body) values (1, 'observed')")
    async with engine.client() as client:
        events = [event async for event in client.events(event="operation.intended")]
    assert any("observed only" in (event["data"].get("reason") or "") for event in events)
