from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UpstreamError
from engine.protocols.postgres import upstream
from engine.protocols.postgres.channel import Channel
from engine.protocols.postgres.startup import message
from engine.protocols.postgres.upstream import Upstream
from engine.secrets.resolve import Login
from engine.secrets.secret import Secret
from engine.tls import Authority, ClientTLS, TLSMode
from hoopterm.demo.postgres import EmbeddedPostgres
from tests.servers.debian_postgres import PASSWORD, DebianPostgres

RUNS_ON_EVERY_LOOP = True

APP = Login("app", Secret(PASSWORD))
READY = message(b"Z", b"I")
PLAINTEXT = ClientTLS(TLSMode.DISABLE)


async def connect(
    address: str, login: Login = APP, tls: ClientTLS | None = None, timeout: float = 30, database: str = "shop"
) -> Upstream:
    return await upstream.connect(address, database, login, {"application_name": "t"}, tls=tls, timeout=timeout)


def resumed(session: Upstream) -> Channel:
    """The session, ready to be talked to."""
    channel = Channel()
    session.transport.set_protocol(channel)
    channel.connection_made(session.transport)
    return channel


async def answer(channel: Channel) -> tuple[bytes, bytes]:
    header = await channel.read(5)
    return header[:1], await channel.read(int.from_bytes(header[1:], "big") - 4)


async def end(channel: Channel) -> None:
    channel.abort()
    await channel.finished()


async def is_encrypted(session: Upstream) -> bool:
    """What the server itself says of the session."""
    channel = resumed(session)
    channel.write(message(b"Q", b"select ssl from pg_stat_ssl where pid = pg_backend_pid()\0"))
    while (received := await answer(channel))[0] != b"D":
        pass
    await end(channel)
    return received[1].endswith(b"t")


@pytest.mark.parametrize("user", ["trusted", "app", "plain", "hashed"])
@pytest.mark.parametrize("mode", [TLSMode.DISABLE, TLSMode.PREFER, TLSMode.REQUIRE, None])
async def test_every_way_to_authenticate_opens_a_session(
    debian_postgres: DebianPostgres, user: str, mode: TLSMode | None
) -> None:
    session = await connect(debian_postgres.address, Login(user, Secret(PASSWORD)), ClientTLS(mode))
    assert session.parameters["application_name"] == "t"
    assert session.pid
    assert len(session.key) == 4
    assert session.minor == 0
    assert not session.transport.is_reading()
    assert await is_encrypted(session) == (mode is not TLSMode.DISABLE)


@pytest.mark.parametrize("mode", [TLSMode.REQUIRE, TLSMode.VERIFY_CA, TLSMode.VERIFY_FULL])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_server_is_verified_against_the_targets_ca(
    debian_postgres: DebianPostgres, mode: TLSMode, host: str
) -> None:
    tls = ClientTLS(mode, debian_postgres.ca)
    session = await connect(f"{host}:{debian_postgres.port}", Login("tls_only", Secret(PASSWORD)), tls)
    assert await is_encrypted(session)


async def test_a_unix_socket_is_reached_without_tls(debian_postgres: DebianPostgres) -> None:
    session = await connect(debian_postgres.socket_address, Login("app"))
    assert not await is_encrypted(session)


async def test_a_unix_socket_cannot_be_asked_for_tls(debian_postgres: DebianPostgres) -> None:
    with pytest.raises(UpstreamError, match="no TLS on Unix sockets"):
        await connect(debian_postgres.socket_address, tls=ClientTLS(TLSMode.REQUIRE))


@pytest.mark.parametrize("mode", [TLSMode.REQUIRE, TLSMode.VERIFY_CA, TLSMode.VERIFY_FULL])
async def test_a_server_of_another_ca_is_refused(
    debian_postgres: DebianPostgres, tmp_path: Path, mode: TLSMode
) -> None:
    Authority.open(tmp_path)
    with pytest.raises(UpstreamError, match="TLS with the upstream failed"):
        await connect(debian_postgres.address, tls=ClientTLS(mode, tmp_path / "ca.crt"))


async def test_a_certificate_for_another_name_is_refused_by_verify_full(debian_postgres: DebianPostgres) -> None:
    with pytest.raises(UpstreamError, match="TLS with the upstream failed"):
        await connect(f"127.0.0.2:{debian_postgres.port}", tls=ClientTLS(TLSMode.VERIFY_FULL, debian_postgres.ca))


async def test_a_ca_file_that_is_not_there_is_named(debian_postgres: DebianPostgres, tmp_path: Path) -> None:
    with pytest.raises(UpstreamError, match=r"no\.crt"):
        await connect(debian_postgres.address, tls=ClientTLS(TLSMode.VERIFY_FULL, tmp_path / "no.crt"))


@pytest.mark.parametrize(
    ("login", "database", "why"),
    [
        (Login("app", Secret("wrong")), "shop", "it refused the engine's credential (28P01)"),
        (Login("nobody", Secret("wrong")), "shop", "it refused the engine's credential (28P01)"),
        (Login("app"), "shop", "the target's credential has none"),
        (Login("tls_only", Secret(PASSWORD)), "shop", "it does not let the engine's user in from here (28000)"),
        (APP, "nowhere", "it has no such database (3D000)"),
    ],
)
async def test_a_refused_login_says_why_and_names_neither_user_nor_password(
    debian_postgres: DebianPostgres, login: Login, database: str, why: str
) -> None:
    with pytest.raises(UpstreamError) as caught:
        await connect(debian_postgres.address, login, PLAINTEXT, database=database)
    assert caught.value.why == why
    assert "wrong" not in repr(caught.value) + str(caught.value)
    assert login.user not in str(caught.value).split()


async def test_protocol_3_2_is_spoken_where_the_server_knows_it(postgres_server: EmbeddedPostgres) -> None:
    login = Login(postgres_server.user, Secret(postgres_server.password))
    session = await connect(f"{postgres_server.host}:{postgres_server.port}", login, database="postgres")
    assert session.minor == 2
    assert len(session.key) == 32
    await end(resumed(session))


@pytest.mark.parametrize("mode", [TLSMode.DISABLE, TLSMode.REQUIRE])
async def test_a_cancel_request_ends_what_the_session_runs(debian_postgres: DebianPostgres, mode: TLSMode) -> None:
    session = await connect(debian_postgres.address, tls=ClientTLS(mode))
    channel = resumed(session)
    channel.write(message(b"Q", b"do $$begin raise notice 'it runs'; perform pg_sleep(3600); end$$\0"))
    while (await answer(channel))[0] != b"N":
        pass
    assert session.pid is not None
    await upstream.cancel(debian_postgres.address, session.pid, session.key, tls=ClientTLS(mode))
    while (received := await answer(channel))[0] != b"E":
        pass
    assert b"C57014\0" in received[1]
    await end(channel)


@pytest.mark.parametrize("name", ["user", "database", "replication", "options", "_pq_.x"])
async def test_a_clients_settings_cannot_replace_the_engines_login(debian_postgres: DebianPostgres, name: str) -> None:
    with pytest.raises(UpstreamError, match="more than settings"):
        await upstream.connect(debian_postgres.address, "shop", APP, {name: "trusted"})


async def test_what_is_no_address_or_no_server_is_said_clearly(tmp_path: Path) -> None:
    for address, text in (
        ("::1", "brackets"),
        ("127.0.0.1:1", "127.0.0.1:1: "),
        (str(tmp_path), ".s.PGSQL.5432"),
        ("a..b", "does not resolve"),
    ):
        with pytest.raises(UpstreamError, match=text):
            await connect(address, tls=PLAINTEXT)
