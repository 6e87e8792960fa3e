"""Whom an issuer vouches for, with real clients and the npm package oidc-provider."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from hoopterm.errors import Refused
from tests.e2e.shop import SCHEMA
from tests.servers.engine import RunningEngine, StartEngine
from tests.servers.issuer import OIDCProvider, oidc_provider
from tests.servers.postgres import Database

RULES = """
rules:
  - {name: read, decide: allow, who: {groups: [agents]}, what: {effects: [read, execute]}}
  - name: deletes
    decide: review
    who: {groups: [agents]}
    what: {effects: [delete]}
    review: {reviewers: {groups: [dba]}, hold: 60s}
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[OIDCProvider]:
    with oidc_provider() as started:
        yield started


@pytest.fixture
def engine(start_engine: StartEngine, database: Database, provider: OIDCProvider) -> RunningEngine:
    database.psql(SCHEMA)
    issuer = f'{{name: corp, issuer: "{provider.issuer}", audience: hoopterm, claims: {{groups: groups}}}}'
    engine = start_engine(rules=RULES)
    text = engine.config.read_text().replace("  people:\n", f"  oidc: [{issuer}]\n  people:\n")
    text = text.replace("alice: {unix: test-alice,", "alice: {oidc: corp/00u1,")
    text = text.replace("{name: bot, sponsor: alice,", "{name: bot, sponsor: bob, oidc: corp/report-client,")
    text = text.replace(
        "{groups: [agents]}, what: {effects: [read", "{groups: [agents, corp/staff]}, what: {effects: [read"
    )
    engine.stop()
    engine.config.write_text(text)
    engine.start()
    return engine


async def connect(engine: RunningEngine, user: str, token: str) -> psycopg.AsyncConnection[Any]:
    parameters = {**engine.dsn(), "user": user, "password": token, "sslmode": "disable"}
    return await psycopg.AsyncConnection.connect(**parameters, autocommit=True)


async def events(engine: RunningEngine, name: str) -> list[dict[str, Any]]:
    async with engine.client() as client:
        return [event async for event in client.events(event=name)]


async def test_an_agent_and_a_person_open_sessions_with_their_issuers_tokens(
    engine: RunningEngine, provider: OIDCProvider
) -> None:
    for user, token in (("bot", provider.token()), ("alice", provider.person("00u1")["access_token"])):
        async with await connect(engine, user, token) as connection:
            assert await (await connection.execute("select count(*) from notes")).fetchone() == (20,)
    agent, person = await events(engine, "session.opened")
    assert (agent["identity"], agent["data"]["authenticated"], agent["data"]["login"]) == (
        "bot",
        "oidc:corp",
        "corp/report-client",
    )
    assert agent["data"]["jti"]
    assert agent["data"]["sponsor"] == "bob"
    assert (person["identity"], person["data"]["kind"]) == ("alice", "human")
    assert person["data"]["groups"] == ["corp/oncall", "corp/staff", "dev"]


async def test_a_token_opens_nothing_for_somebody_else(engine: RunningEngine, provider: OIDCProvider) -> None:
    """CVE-2025-2291: only a live token of exactly this user opens a session."""
    for user, token in (
        ("alice", provider.token()),
        ("bot", provider.person("00u1")["access_token"]),
        ("Bot", provider.token()),
        ("bot", provider.token("other-client")),
        ("bot", provider.token(audience="another")),
        ("bot", provider.token()[:-8] + "AAAAAAAA"),
        ("alice", provider.person("00u1")["id_token"]),
    ):
        with pytest.raises(psycopg.OperationalError):
            await connect(engine, user, token)
    assert len(await events(engine, "session.refused")) == 7
    assert await events(engine, "session.opened") == []


async def test_a_session_ends_within_a_second_of_its_token(engine: RunningEngine, provider: OIDCProvider) -> None:
    connection = await connect(engine, "bot", provider.token(ttl=3))
    async with asyncio.timeout(3 + 1):
        with pytest.raises(psycopg.OperationalError, match="terminating connection"):
            await connection.execute("select pg_sleep(60)")
    await connection.close()


async def test_who_logs_in_by_an_issuer_does_not_approve_their_own(
    engine: RunningEngine, provider: OIDCProvider, database: Database
) -> None:
    """One person is one person, however they log in: bob, who the socket knows, sponsors the bot the issuer knows."""
    connection = await connect(engine, "bot", provider.token())
    async with engine.client() as client, asyncio.TaskGroup() as tasks:
        held = tasks.create_task(_refused(connection, "delete from notes where id = 1"))
        async for change in client.live():
            if change.review is not None and change.review.is_held:
                break
        assert change.review is not None
        with pytest.raises(Refused, match="sponsors bot"):
            await client.approve(change.review.id)
        await client.lock(identity="bot", reason="INC-7")
        await held
    with pytest.raises(psycopg.OperationalError, match="is locked"):
        await connect(engine, "bot", provider.token())
    assert int(database.psql("select count(*) from notes where id = 1")) == 1


async def _refused(connection: psycopg.AsyncConnection[Any], statement: str) -> None:
    with pytest.raises(psycopg.Error):
        await connection.execute(statement.encode())
    await connection.close()


async def test_a_login_that_is_taken_out_of_the_configuration_ends_its_session(
    engine: RunningEngine, provider: OIDCProvider
) -> None:
    connection = await connect(engine, "bot", provider.token())
    engine.config.write_text(engine.config.read_text().replace("corp/report-client", "corp/other-client"))
    async with engine.client() as client:
        await client.apply_policy({})
    with pytest.raises(psycopg.OperationalError, match="terminating connection"):
        await connection.execute("select 1")
    await connection.close()
    async with await connect(engine, "bot", provider.token("other-client", audience="hoopterm")) as again:
        await again.execute("select 1")


async def test_no_token_is_anywhere_in_what_the_engine_writes(engine: RunningEngine, provider: OIDCProvider) -> None:
    """SECURITY: promise 3. Accepted, refused before its signature, refused after it."""
    tokens = [provider.token(), provider.token(audience="another"), provider.token()[:-8] + "AAAAAAAA"]
    seen: list[object] = []
    for token in tokens:
        try:
            async with await connect(engine, "bot", token) as connection:
                seen += await (await connection.execute("select * from pg_settings")).fetchall()
        except psycopg.Error as error:
            seen.append(error)
    assert len([each for each in seen if isinstance(each, psycopg.Error)]) == 2
    engine.stop()
    written = engine.everything_written()
    for token in tokens:
        for part in token.split("."):
            assert part not in str(seen)
            assert part.encode() not in written
    assert engine.verified().ok


async def test_an_issuer_that_hangs_holds_up_nobody_else(
    start_engine: StartEngine, database: Database, provider: OIDCProvider
) -> None:
    """SECURITY: promise 6. A stranger's token has the engine wait for an issuer; other sessions go on."""
    database.psql(SCHEMA)
    asked = asyncio.Event()
    ends = asyncio.Event()

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await ends.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    engine = start_engine(rules=RULES)
    text = engine.config.read_text()
    issuer = f'{{name: corp, issuer: "{address}", audience: hoopterm}}'
    engine.config.write_text(text.replace("  people:\n", f"  oidc: [{issuer}]\n  people:\n"))
    async with engine.client() as client:
        await client.apply_policy({})
    from tests.engine.identity.signing import claims, signed

    async with asyncio.TaskGroup() as tasks:
        waiting = [
            tasks.create_task(_kept_out(engine, signed(claims(iss=address), kid=f"k-{number}"))) for number in range(20)
        ]
        await asked.wait()
        async with await connect(engine, "bot", engine.token()) as connection:
            assert await (await connection.execute("select 1")).fetchone() == (1,)
        assert not any(each.done() for each in waiting)
        ends.set()
    server.close()
    await server.wait_closed()


async def _kept_out(engine: RunningEngine, token: str) -> None:
    with pytest.raises(psycopg.OperationalError):
        await connect(engine, "bot", token)
