from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import psycopg
import pytest

from engine.errors import SessionRefused
from engine.protocols.postgres import front, startup
from engine.protocols.postgres.front import Cancel
from engine.tls import Authority
from tests.servers.door import GSSENC_REQUEST, HELLO, PASSWORD, SSL_REQUEST, door, trusting

RUNS_ON_EVERY_LOOP = True


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.open(tmp_path_factory.mktemp("keys"))


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
            greeting.transport.write(startup.fatal_for(SessionRefused("no such token", "it is unknown", "mint one")))
            greeting.transport.close()
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
