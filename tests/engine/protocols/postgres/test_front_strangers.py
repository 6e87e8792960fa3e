from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import socket
import ssl
import struct
from collections.abc import Callable

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import HooptermError, ProtocolViolation, SessionRefused
from engine.lobby import Lobby
from engine.protocols.postgres import front, startup
from engine.protocols.postgres.front import Cancel, Greeting
from engine.tls import Authority
from tests.servers.door import GSSENC_REQUEST, HELLO, PASSWORD, SSL_REQUEST, Door, door, trusting

RUNS_ON_EVERY_LOOP = True


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.open(tmp_path_factory.mktemp("keys"))


async def violation(sent: bytes, tls: ssl.SSLContext | None = None, answer: bytes = b"") -> str:
    """What a client is told that sends this; the greeting ends in a ProtocolViolation."""
    async with door(tls) as client:
        await client.connect()
        client.send(sent)
        await client.receive(answer)
        return await client.refusal(ProtocolViolation)


@pytest.mark.parametrize("early", [HELLO, b"x", startup.message(b"Q", b"drop table t\0")])
async def test_plaintext_sent_before_tls_is_a_violation_not_a_message(authority: Authority, early: bytes) -> None:
    """CVE-2021-23214, CVE-2021-3935, CVE-2021-43766."""
    text = await violation(SSL_REQUEST + early, authority.server_context("postgresql"))
    assert "received unencrypted data after SSL request" in text


@pytest.mark.parametrize(
    ("sent", "answer", "text"),
    [
        (SSL_REQUEST + SSL_REQUEST, b"N", "unsupported frontend protocol"),
        (GSSENC_REQUEST + SSL_REQUEST + GSSENC_REQUEST, b"NN", "unsupported frontend protocol"),
        (struct.pack("!II", 12, startup.SSL_REQUEST) + b"more", b"", "unsupported frontend protocol"),
        (struct.pack("!II", 9, 2 << 16) + b"\0", b"", "unsupported frontend protocol 2.0"),
        (b"\x7f\xff\xff\xff\0\3\0\0", b"", "invalid length of startup packet"),
        (b"GET / HTTP/1.1\r\n\r\n", b"", "invalid length of startup packet"),
        (b"\x16\x03\x01\x02\x00\x01", b"", "direct TLS is not offered here"),
        (struct.pack("!III", 12, startup.CANCEL_REQUEST, 1), b"", "cancel request"),
    ],
)
async def test_an_opening_that_is_none_is_refused_natively(sent: bytes, answer: bytes, text: str) -> None:
    assert text in await violation(sent, answer=answer)


async def test_a_second_startup_message_during_authentication_is_refused() -> None:
    """CVE-2026-107350."""
    text = await violation(HELLO + HELLO, answer=startup.AUTHENTICATION_CLEARTEXT_PASSWORD)
    assert "expected password response" in text


@pytest.mark.parametrize("length", [-1, 0, 4, startup.MAX_PASSWORD + 5, 2**31 - 1])
async def test_a_password_of_an_impossible_length_is_refused_unread(length: int) -> None:
    password = b"p" + length.to_bytes(4, "big", signed=True)
    text = await violation(HELLO + password, answer=startup.AUTHENTICATION_CLEARTEXT_PASSWORD)
    assert "invalid password packet size" in text


@pytest.mark.parametrize("body", [b"ht_x_y", b"ht\0x\0", b"\0\0"])
async def test_a_password_that_is_not_one_string_is_refused(body: bytes) -> None:
    text = await violation(HELLO + startup.message(b"p", body), answer=startup.AUTHENTICATION_CLEARTEXT_PASSWORD)
    assert "invalid password packet" in text


@pytest.mark.parametrize(
    ("hello", "told"),
    [
        (startup.write_startup({"database": "shop"}, 0), "no PostgreSQL user name"),
        (startup.write_startup({"user": ""}, 0), "no PostgreSQL user name"),
    ],
)
async def test_a_client_without_a_name_is_refused(hello: bytes, told: str) -> None:
    async with door() as client:
        await client.connect()
        client.send(hello)
        assert told in await client.refusal(SessionRefused)


async def test_a_client_that_says_nothing_is_let_go_in_time() -> None:
    async with door(timeout=0.05) as client:
        await client.connect()
        client.send(HELLO[:7])
        assert "timeout" in await client.refusal(SessionRefused)


async def test_a_crowd_of_silent_clients_keeps_nobody_out() -> None:
    lobby = Lobby(2)
    async with door(lobby=lobby) as first, door(lobby=lobby) as second, door(lobby=lobby) as third:
        for client in (first, second):
            await client.connect()
            client.send(HELLO)
            await client.receive(startup.AUTHENTICATION_CLEARTEXT_PASSWORD)
        await third.connect()
        third.send(HELLO, PASSWORD)
        assert (await third.greeting()).user == "bot"
        assert "timeout" in await first.refusal(SessionRefused)
        second.send(PASSWORD)
        assert (await second.greeting()).user == "bot"


async def test_a_tls_client_that_never_finishes_its_handshake_is_let_go_in_time(authority: Authority) -> None:
    async with door(authority.server_context("postgresql"), timeout=0.05) as client:
        await client.connect()
        client.send(SSL_REQUEST)
        await client.receive(b"S")
        assert await client.reader.read() == b""


@pytest.mark.parametrize(
    "said", [b"", HELLO[:1], HELLO[:9], HELLO, HELLO + PASSWORD[:7], HELLO + startup.message(b"X", b""), SSL_REQUEST]
)
async def test_a_client_that_leaves_is_not_an_error(said: bytes) -> None:
    async with door() as client:
        await client.connect()
        client.send(said)
        client.writer.write_eof()
        assert await client.result() is None


async def test_rubbish_instead_of_a_handshake_is_not_an_error(authority: Authority) -> None:
    async with door(authority.server_context("postgresql")) as client:
        await client.connect()
        client.send(b"\x16rubbish" * 100)
        assert await client.result() is None


@pytest.mark.parametrize("alpn", [(), ("http/1.1",)])
async def test_direct_tls_without_its_alpn_name_is_refused(authority: Authority, alpn: tuple[str, ...]) -> None:
    async with door(authority.server_context("postgresql")) as client:
        await client.connect(trusting(authority, *alpn))
        assert "ALPN" in await client.refusal(ProtocolViolation)


async def test_an_ssl_request_inside_tls_is_refused(authority: Authority) -> None:
    async with door(authority.server_context("postgresql")) as client:
        await client.connect(trusting(authority, "postgresql"))
        client.send(SSL_REQUEST)
        assert "unsupported frontend protocol 1234.5679" in await client.refusal(ProtocolViolation)


async def test_an_endless_talker_is_not_read_beyond_what_is_wanted() -> None:
    async with door() as client:
        await client.connect()
        client.send(HELLO, PASSWORD, bytes(4_000_000))
        assert len((await client.greeting()).leftover) <= 16 * 1024


@settings(max_examples=60, deadline=None)
@given(
    opening=st.sampled_from(
        [
            (HELLO + PASSWORD, "bot"),
            (GSSENC_REQUEST + SSL_REQUEST + HELLO + PASSWORD, "bot"),
            (startup.write_cancel(7, b"kkkk"), "cancel"),
            (HELLO + HELLO, "violation"),
            (HELLO[:-1] + b"x" + PASSWORD, "violation"),
            (SSL_REQUEST * 3, "violation"),
            (HELLO + PASSWORD[:-1], "left"),
        ]
    ),
    cuts=st.lists(st.integers(1, 90)) | st.just(list(range(1, 90))),
    loop=st.sampled_from([asyncio.new_event_loop, uvloop.new_event_loop]),
)
def test_however_an_opening_is_split_it_means_the_same(
    opening: tuple[bytes, str], cuts: list[int], loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    sent, meaning = opening
    edges = [0, *sorted({cut for cut in cuts if cut < len(sent)}), len(sent)]
    pieces = [sent[start:end] for start, end in itertools.pairwise(edges)]
    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(_meaning(pieces)) == meaning


async def _meaning(pieces: list[bytes]) -> str:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)

    async def talk() -> None:
        with contextlib.suppress(OSError):
            for piece in pieces:
                await asyncio.get_running_loop().sock_sendall(theirs, piece)
                await asyncio.sleep(0)  # let the other side see this piece alone
            theirs.shutdown(socket.SHUT_WR)

    with theirs:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(talk())
            try:
                result = await front.greet(ours, tls=None)
            except ProtocolViolation:
                return "violation"
        if result is None:
            return "left"
        result.transport.abort()
        return result.user if isinstance(result, Greeting) else "cancel"


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_strangers_do_a_greeting_ends_in_one_of_its_ways(authority: Authority, seed: int) -> None:
    chance = random.Random(seed)
    async with asyncio.timeout(60):
        for _ in range(40):
            async with door(authority.server_context("postgresql"), timeout=chance.choice((0.001, 0.02))) as client:
                with contextlib.suppress(OSError, EOFError):
                    await _misbehave(client, authority, chance)
                assert isinstance(await client.result(), Greeting | Cancel | HooptermError | None)


async def _misbehave(client: Door, authority: Authority, chance: random.Random) -> None:
    """Say something nearly right, in or out of TLS, and perhaps hang up on the answer."""
    alpn = chance.choice(((), ("postgresql",)))
    way = chance.choice(("plain", "direct", "asked"))
    await client.connect(trusting(authority, *alpn) if way == "direct" else None)
    if way == "asked":
        client.send(SSL_REQUEST)
        if await client.reader.readexactly(1) != b"S":
            return
        await client.start_tls(trusting(authority, *alpn))
    cancel, hello = startup.write_cancel(1, b"kkkk"), b"\x16\x03\x01\x02\x00\x01\x00"
    said = bytearray(chance.choice((HELLO + PASSWORD, SSL_REQUEST + HELLO, cancel, hello, SSL_REQUEST + hello)))
    for _ in range(chance.randrange(3)):
        said[chance.randrange(len(said))] = chance.randrange(256)
    client.send(bytes(said[: chance.randrange(len(said) + 1)]) + chance.randbytes(chance.choice((0, 40_000))))
    (client.writer.transport.abort if chance.random() < 0.5 else client.writer.close)()
