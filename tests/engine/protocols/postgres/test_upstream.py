from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from engine.errors import UpstreamError
from engine.protocols.postgres import startup, upstream
from engine.protocols.postgres.channel import Channel
from engine.protocols.postgres.startup import AUTHENTICATION_OK, message
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


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    """Something that listens where a PostgreSQL is expected."""

    talks: set[asyncio.Task[None] | None] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.current_task())
        try:
            with contextlib.suppress(OSError, EOFError):
                await handler(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    listening = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with listening:
        yield f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with asyncio.timeout(10):
        await asyncio.gather(*(talk for talk in talks if talk), return_exceptions=True)


async def opening(reader: asyncio.StreamReader) -> bytes:
    length = await reader.readexactly(4)
    return await reader.readexactly(int.from_bytes(length, "big") - 4)


def saying(*answers: bytes) -> Handler:
    """A server that answers the opening with these bytes, then listens on."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await opening(reader)
        writer.write(b"".join(answers))
        await reader.read()

    return handler


def authentication(code: int, data: bytes = b"") -> bytes:
    return message(b"R", code.to_bytes(4, "big") + data)


SASL = authentication(10, b"SCRAM-SHA-256\0\0")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (SASL + AUTHENTICATION_OK + READY, "out of order"),
        (SASL + authentication(12, b"v=AAAA"), "out of order"),
        (SASL + authentication(11, b"r=x"), "malformed"),
        (SASL + authentication(11, b"r=" + b"x" * 3000), "malformed"),
        (SASL + SASL, "out of order"),
        (authentication(10, b"SCRAM-SHA-512\0\0"), "no SASL mechanism"),
        (authentication(10, b"SCRAM-SHA-256-PLUS\0\0"), "no SASL mechanism"),
        (authentication(5, b"abc"), "salt"),
        (authentication(5, b"salt") + SASL, "out of order"),
        (authentication(7), "not supported"),
        (authentication(2), "not supported"),
        (message(b"R", b"\0"), "malformed"),
        (AUTHENTICATION_OK + AUTHENTICATION_OK, "out of order"),
        (READY, "out of order"),
        (message(b"S", b"a\0b\0") + AUTHENTICATION_OK, "out of order"),
        (message(b"K", b"pid.key."), "out of order"),
        (AUTHENTICATION_OK + message(b"K", b"pid."), "cancel key"),
        (AUTHENTICATION_OK + message(b"K", bytes(261)), "cancel key"),
        (AUTHENTICATION_OK + message(b"S", b"a"), "ParameterStatus"),
        (AUTHENTICATION_OK + message(b"S", b"a\0b\0c\0"), "ParameterStatus"),
        (AUTHENTICATION_OK + message(b"D", b""), "out of order"),
        (b"R\xff\xff\xff\xff", "too long or too short"),
        (b"R\0\0\0\x03", "too long or too short"),
        (b"R\x7f\xff\xff\xff", "too long or too short"),
        (AUTHENTICATION_OK + message(b"S", b"a\0" + b"x" * 60000 + b"\0") * 20, "too long or too short"),
        (message(b"v", b"\0\x03\0\x03\0\0\0\0"), "nobody asked for"),
        (message(b"v", b"\0\x04\0\0\0\0\0\0"), "nobody asked for"),
        (message(b"v", b"\0\x03"), "nobody asked for"),
        (message(b"E", b""), "no SQLSTATE"),
        (message(b"E", b"SFATAL\0Mno\0\0"), "no SQLSTATE"),
        (message(b"E", b"C"), "no SQLSTATE"),
        (message(b"E", b"SFATAL\0C28P01\0Msecret " + PASSWORD.encode() + b"\0\0"), "refused the engine's credential"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "too long or too short"),
    ],
)
async def test_a_hostile_server_ends_in_an_error_that_repeats_nothing_of_it(said: bytes, why: str) -> None:
    """CVE-2026-19888, CVE-2026-6665, CVE-2026-6666."""
    async with server(saying(said)) as address:
        with pytest.raises(UpstreamError) as caught:
            await connect(address, tls=PLAINTEXT)
    assert why in caught.value.why
    assert PASSWORD not in f"{caught.value!s} {caught.value!r} {caught.value.hint}"


async def test_a_server_without_cancel_keys_opens_a_session() -> None:
    async with server(saying(AUTHENTICATION_OK, message(b"N", b"\0"), READY, b"Nmore")) as address:
        session = await connect(address, tls=PLAINTEXT)
        assert (session.pid, session.key) == (None, b"")
        assert b"Nmore".startswith(session.leftover)
        await end(resumed(session))


@pytest.mark.parametrize("size", [4, 32, 256])
async def test_cancel_keys_of_any_length_are_kept_and_never_shown(size: int) -> None:
    key = message(b"K", b"\0\0\0\x07" + b"k" * size)
    async with server(saying(AUTHENTICATION_OK, key, READY)) as address:
        session = await connect(address, tls=PLAINTEXT)
        assert (session.pid, session.key) == (7, b"k" * size)
        assert "kkkk" not in repr(session)
        await end(resumed(session))


async def test_a_server_that_cannot_negotiate_is_asked_again_for_3_0() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await opening(reader))[:4] == b"\0\x03\0\x02":
            writer.write(startup.write_fatal("0A000", "unsupported frontend protocol 3.2"))
        else:
            writer.write(AUTHENTICATION_OK + READY)
            await reader.read()

    async with server(handler) as address:
        session = await connect(address, tls=PLAINTEXT)
        assert session.minor == 0
        await end(resumed(session))


async def test_a_minor_version_alone_is_understood_as_old_servers_send_it() -> None:
    negotiation = message(b"v", b"\0\0\0\0\0\0\0\0")
    async with server(saying(negotiation, AUTHENTICATION_OK, READY)) as address:
        session = await connect(address, tls=PLAINTEXT)
        assert session.minor == 0
        await end(resumed(session))


@pytest.mark.parametrize("said", [b"", SASL, AUTHENTICATION_OK])
async def test_a_server_that_falls_silent_is_given_up_in_time(said: bytes) -> None:
    async with server(saying(said)) as address:
        with pytest.raises(UpstreamError, match="did not answer in time"):
            await connect(address, tls=PLAINTEXT, timeout=0.05)


@pytest.mark.parametrize("said", [b"", b"R\0", AUTHENTICATION_OK])
async def test_a_server_that_hangs_up_is_said_so(said: bytes) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await opening(reader)
        writer.write(said)

    async with server(handler) as address:
        with pytest.raises(UpstreamError, match=r"closed the connection|broke the connection"):
            await connect(address, tls=PLAINTEXT)


@pytest.mark.parametrize(
    ("said", "mode", "text"),
    [
        (b"N", TLSMode.REQUIRE, "offers no TLS"),
        (b"N", TLSMode.VERIFY_FULL, "offers no TLS"),
        (b"E" + PASSWORD.encode(), TLSMode.PREFER, "did not answer the request for TLS"),
        (b"x", TLSMode.PREFER, "did not answer the request for TLS"),
        (b"Sand plaintext", TLSMode.REQUIRE, r"unencrypted data|TLS with the upstream failed"),
        (b"S", TLSMode.REQUIRE, "in time"),
    ],
)
async def test_an_answer_to_the_request_for_tls_that_is_none_is_refused(said: bytes, mode: TLSMode, text: str) -> None:
    """CVE-2021-23222, CVE-2021-43767, CVE-2024-10977."""
    async with server(saying(said)) as address:
        with pytest.raises(UpstreamError, match=text) as caught:
            await connect(address, tls=ClientTLS(mode), timeout=0.5)
    assert PASSWORD not in str(caught.value)


async def test_prefer_goes_on_in_plaintext_where_there_is_no_tls() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await opening(reader)
        writer.write(b"N")
        await saying(AUTHENTICATION_OK, READY)(reader, writer)

    async with server(handler) as address:
        await end(resumed(await connect(address, tls=ClientTLS(TLSMode.PREFER))))


def between(debian_postgres: DebianPostgres, tls: ssl.SSLContext, *, strip: bool) -> Handler:
    """A man in the middle who ends TLS himself, and may remove channel binding from the server's offer."""

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if strip:
                    data = data.replace(message(b"R", b"\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"), SASL)
                writer.write(data)
        writer.close()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await opening(reader)
        writer.write(b"S")
        await writer.start_tls(tls)
        to_server, from_us = await asyncio.open_connection("127.0.0.1", debian_postgres.port)
        from_us.write(startup.write_request(startup.SSL_REQUEST))
        assert await to_server.readexactly(1) == b"S"
        await from_us.start_tls(ssl.create_default_context(cafile=debian_postgres.ca), server_hostname="localhost")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(pipe(reader, from_us))
            tasks.create_task(pipe(to_server, writer))

    return handler


@pytest.mark.parametrize("strip", [False, True])
async def test_a_man_in_the_middle_is_found_out_by_channel_binding(
    debian_postgres: DebianPostgres, tmp_path: Path, strip: bool
) -> None:
    tls = Authority.open(tmp_path).server_context("postgresql")
    async with server(between(debian_postgres, tls, strip=strip)) as address:
        with pytest.raises(UpstreamError, match="refused the session"):
            await connect(address, tls=ClientTLS(TLSMode.REQUIRE))


async def test_a_password_goes_in_the_clear_only_where_nobody_else_can_read_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.protocols.postgres.address.Address.is_local", property(lambda self: False))
    async with server(saying(authentication(3))) as address:
        with pytest.raises(UpstreamError, match="in the clear"):
            await connect(address, tls=PLAINTEXT)
