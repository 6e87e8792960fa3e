from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psycopg
import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import HooptermError, ProtocolViolation, SessionRefused
from engine.protocols.postgres import front, startup
from engine.protocols.postgres.front import Cancel, Greeting
from engine.protocols.postgres.lobby import Lobby
from engine.tls import Authority

V3 = startup.MAJOR << 16
HELLO = startup.write_startup({"user": "bot", "database": "shop", "application_name": "t"}, 0)
PASSWORD = startup.message(b"p", b"ht_x_y\0")
SSL_REQUEST = startup.write_request(startup.SSL_REQUEST)
GSSENC_REQUEST = startup.write_request(startup.GSSENC_REQUEST)


RUNS_ON_EVERY_LOOP = True

Result = Greeting | Cancel | HooptermError | None


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.open(tmp_path_factory.mktemp("keys"))


class Door:
    """One connection to the front: what the client does on one side, what became of it on the other."""

    def __init__(self, result: asyncio.Task[Result], port: int) -> None:
        self.port = port
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter
        self._result = result

    async def connect(self, tls: ssl.SSLContext | None = None) -> None:
        hostname = "localhost" if tls else None
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=tls, server_hostname=hostname
        )

    def send(self, *pieces: bytes) -> None:
        self.writer.write(b"".join(pieces))

    async def receive(self, expected: bytes) -> None:
        assert await self.reader.readexactly(len(expected)) == expected

    async def start_tls(self, context: ssl.SSLContext) -> None:
        await self.writer.start_tls(context, server_hostname="localhost")

    async def refusal(self, kind: type[HooptermError]) -> str:
        """The text of the ErrorResponse that ends the connection; the greeting ended in this kind of error."""
        header = await self.reader.readexactly(5)
        assert header[:1] == b"E"
        text = await self.reader.readexactly(int.from_bytes(header[1:], "big") - 4)
        assert isinstance(await self.result(), kind)
        return text.decode()

    async def greeting(self) -> Greeting:
        result = await self.result()
        assert isinstance(result, Greeting)
        return result

    async def result(self) -> Result:
        return await self._result


@contextlib.asynccontextmanager
async def door(
    tls: ssl.SSLContext | None = None,
    allow_plaintext: bool = False,
    timeout: float = 30,
    lobby: Lobby = front.LOBBY,
) -> AsyncIterator[Door]:
    """A listener that greets one client."""
    loop = asyncio.get_running_loop()
    transports: list[asyncio.Transport] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)

        async def serve() -> Result:
            accepted, _ = await loop.sock_accept(listener)
            try:
                result = await front.greet(
                    accepted, tls=tls, allow_plaintext=allow_plaintext, timeout=timeout, lobby=lobby
                )
            except HooptermError as error:
                return error
            if result is not None:
                transports.append(result.transport)
            return result

        async with asyncio.TaskGroup() as tasks:
            client = Door(tasks.create_task(serve()), listener.getsockname()[1])
            try:
                yield client
            finally:
                if hasattr(client, "writer"):
                    client.writer.close()
                for transport in transports:
                    transport.abort()


def trusting(authority: Authority, *alpn: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=authority.ca_pem)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


async def test_a_client_on_loopback_is_greeted_in_plaintext() -> None:
    async with door() as client:
        await client.connect()
        client.send(HELLO)
        await client.receive(startup.AUTHENTICATION_CLEARTEXT_PASSWORD)
        client.send(PASSWORD, b"Q and more")
        greeting = await client.greeting()
        assert (greeting.user, greeting.database, greeting.minor) == ("bot", "shop", 0)
        assert greeting.parameters == {"application_name": "t"}
        assert greeting.password.reveal() == "ht_x_y"
        assert b"Q and more".startswith(greeting.leftover)
        assert "ht_x_y" not in repr(greeting)
        assert not greeting.transport.is_reading()


async def test_a_client_off_the_machine_is_told_to_use_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "is_local", lambda sock: False)
    async with door() as client:
        await client.connect()
        client.send(HELLO)
        assert "sslmode=require" in await client.refusal(SessionRefused)


async def test_plaintext_off_the_machine_can_be_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "is_local", lambda sock: False)
    async with door(allow_plaintext=True) as client:
        await client.connect()
        client.send(HELLO, PASSWORD)
        assert (await client.greeting()).user == "bot"


async def test_tls_after_an_ssl_request(authority: Authority) -> None:
    async with door(authority.server_context("postgresql")) as client:
        await client.connect()
        client.send(SSL_REQUEST)
        await client.receive(b"S")
        await client.start_tls(trusting(authority))
        client.send(HELLO)
        await client.receive(startup.AUTHENTICATION_CLEARTEXT_PASSWORD)
        client.send(PASSWORD)
        greeting = await client.greeting()
        assert greeting.password.reveal() == "ht_x_y"
        assert greeting.transport.get_extra_info("ssl_object") is not None


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


@pytest.mark.parametrize("size", [4, 32, 256])
async def test_a_cancel_request_is_handed_over_and_waits_for_its_end(size: int) -> None:
    async with door() as client:
        await client.connect()
        client.send(startup.write_cancel(7, b"k" * size))
        request = await client.result()
        assert isinstance(request, Cancel)
        assert (request.pid, request.key) == (7, b"k" * size)
        assert not request.transport.is_closing()
        assert "kkk" not in repr(request)
        await request.finish()
        assert await client.reader.read() == b""


async def test_a_cancel_request_needs_no_tls_as_old_drivers_send_none(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "is_local", lambda sock: False)
    async with door(authority.server_context("postgresql")) as client:
        await client.connect()
        client.send(startup.write_cancel(7, b"kkkk"))
        assert isinstance(await client.result(), Cancel)


async def test_gss_encryption_is_declined_and_the_client_goes_on() -> None:
    async with door() as client:
        await client.connect()
        client.send(GSSENC_REQUEST)
        await client.receive(b"N")
        client.send(SSL_REQUEST)
        await client.receive(b"N")
        client.send(HELLO, PASSWORD)
        assert (await client.greeting()).user == "bot"


async def test_the_database_defaults_to_the_user() -> None:
    async with door() as client:
        await client.connect()
        client.send(startup.write_startup({"user": "bot", "database": ""}, 0), PASSWORD)
        assert (await client.greeting()).database == "bot"


async def test_a_newer_minor_version_is_negotiated_before_anything_else() -> None:
    async with door() as client:
        await client.connect()
        client.send(startup.write_startup({"user": "bot", "_pq_.x": "1"}, 77))
        await client.receive(b"v\0\0\0\x13\0\3\0\2\0\0\0\1_pq_.x\0")
        await client.receive(startup.AUTHENTICATION_CLEARTEXT_PASSWORD)
        client.send(PASSWORD)
        assert (await client.greeting()).minor == 2


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


@pytest.mark.parametrize(
    "conninfo",
    [
        "sslmode=disable",
        "sslmode=prefer",
        "sslmode=require max_protocol_version=3.2",
        "sslmode=verify-full host=localhost",
        "sslmode=verify-full sslnegotiation=direct",
        "sslmode=require sslnegotiation=direct min_protocol_version=3.2 max_protocol_version=latest",
    ],
)
async def test_libpq_comes_in_by_every_way_it_knows(authority: Authority, tmp_path: Path, conninfo: str) -> None:
    root = tmp_path / "ca.crt"
    root.write_text(authority.ca_pem)
    where = "" if "host=" in conninfo else "host=127.0.0.1"
    async with door(authority.server_context("postgresql")) as client:
        conninfo = f"{where} port={client.port} user=bot dbname=shop password=ht_x_y sslrootcert={root} {conninfo}"
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(asyncio.to_thread(lambda: psycopg.connect(conninfo)))
            greeting = await client.greeting()
            assert (greeting.user, greeting.database, greeting.password.reveal()) == ("bot", "shop", "ht_x_y")
            assert greeting.minor == (2 if "3.2" in conninfo else 0)
            greeting.transport.write(startup.AUTHENTICATION_OK + startup.message(b"Z", b"I"))
            connection = await task
            assert bool(connection.pgconn.ssl_in_use) == ("disable" not in conninfo)
            connection.close()


async def test_libpq_shows_the_refusal_with_its_reason_and_what_to_do_next(authority: Authority) -> None:
    async with door(authority.server_context("postgresql")) as client:
        conninfo = f"host=127.0.0.1 port={client.port} user=bot dbname=shop password=x sslmode=require"
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(asyncio.to_thread(_refused_by, conninfo))
            greeting = await client.greeting()
            front.refuse(greeting.transport, SessionRefused("no such token", "it is unknown", "mint one"))
            message = await task
    assert "FATAL:  no such token" in message
    assert "DETAIL:  it is unknown" in message
    assert "HINT:  mint one" in message


def _refused_by(conninfo: str) -> str:
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect(conninfo)
    return str(caught.value)


async def test_loopback_is_local_however_it_is_spelt_and_a_unix_socket_too() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert front.is_local(ours)
    for host, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6), ("::", socket.AF_INET6)):
        with socket.create_server((host, 0), family=family, dualstack_ipv6=host == "::") as listener:
            to = "127.0.0.1" if host == "::" else host
            with socket.create_connection((to, listener.getsockname()[1])), listener.accept()[0] as accepted:
                assert front.is_local(accepted)
    with socket.socket() as unconnected:
        assert not front.is_local(unconnected)


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
