from __future__ import annotations

import asyncio
import contextlib
import ssl
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
from tests.servers.debian_postgres import PASSWORD, DebianPostgres
from tests.servers.impostor import SASL, Handler, authentication, opening, saying, server

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


async def test_an_upstream_without_a_cancel_key_is_served() -> None:
    """SECURITY: absent BackendKeyData (GHSA-qw79-rh95-853p). There is nothing to cancel it with; no key is made up."""
    async with server(saying(AUTHENTICATION_OK, message(b"Z", b"I"))) as address:
        opened = await upstream.connect(address, "shop", APP, {}, tls=ClientTLS(TLSMode.DISABLE))
        assert (opened.pid, opened.key) == (None, b"")
        opened.transport.abort()
