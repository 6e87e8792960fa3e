"""What no well-behaved client asks for, and how often. OpenSSH's client cannot, so these are packets of our own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncssh
import pytest
from asyncssh.constants import MSG_REQUEST_FAILURE, MSG_REQUEST_SUCCESS
from asyncssh.packet import String, UInt32

from engine.protocols.ssh.door import MOST_UNKNOWN
from engine.protocols.ssh.wire import MOST_SESSIONS, MOST_VARIABLES, MOST_WAITING
from tests.servers.bastion import Bastion, StartBastion


@asynccontextmanager
async def client(bastion: Bastion) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """A client that may say anything."""
    options: dict[str, Any] = {"known_hosts": None, "client_keys": [str(bastion.key())], "agent_path": None}
    async with asyncssh.connect("127.0.0.1", bastion.port, username="web1", config=None, **options) as connection:
        yield connection


async def asked(connection: asyncssh.SSHClientConnection, name: bytes, *arguments: bytes) -> int:
    """The type of the answer to a global request."""
    kind, _ = await connection._make_global_request(name, *arguments)
    return int(kind)


def session_channel(connection: asyncssh.SSHClientConnection) -> Any:
    """A session channel that is not open yet."""
    return asyncssh.SSHClientChannel(connection, connection._loop, "strict", None, "strict", 1024, 1024)


@pytest.mark.parametrize("kind", [b"tun@openssh.com", b"x11", b"auth-agent@openssh.com", b"forwarded-tcpip", b"new"])
async def test_channels_that_are_not_a_clients_to_open_are_refused(start_bastion: StartBastion, kind: bytes) -> None:
    """SECURITY promise 5: what is unknown is refused, and the session goes on."""
    async with client(start_bastion()) as connection:
        channel = connection.create_tcp_channel()
        arguments = [UInt32(1), UInt32(0)] if kind.startswith(b"tun") else [String("localhost"), UInt32(1)] * 2
        with pytest.raises(asyncssh.ChannelOpenError) as refused:
            await channel._open(kind, *arguments)
        assert refused.value.code == 3  # unknown channel type
        assert (await connection.run("echo on")).stdout == "on\n"


async def test_requests_that_are_not_known_are_refused_and_counted(start_bastion: StartBastion) -> None:
    """SECURITY promise 5."""
    bastion = start_bastion()
    async with client(bastion) as connection, bastion.client() as control:
        assert (await connection.run("echo on")).stdout == "on\n"
        assert await asked(connection, b"hostkeys-prove-00@openssh.com", String(b"x")) == MSG_REQUEST_FAILURE
        assert await asked(connection, b"new@example.com") == MSG_REQUEST_FAILURE
        assert await asked(connection, b"cancel-tcpip-forward", String("x"), UInt32(1)) == MSG_REQUEST_FAILURE
        assert await asked(connection, b"cancel-streamlocal-forward@openssh.com", String("/x")) == MSG_REQUEST_FAILURE
        assert await asked(connection, b"keepalive@openssh.com") == MSG_REQUEST_SUCCESS
        (session,) = await control.sessions()
        assert session.denied == 2
        assert (await connection.run("echo on")).stdout == "on\n"


async def test_who_asks_for_what_is_not_known_again_and_again_is_sent_away(start_bastion: StartBastion) -> None:
    """SECURITY promise 6."""
    async with client(start_bastion()) as connection:
        with pytest.raises(asyncssh.Error):
            for _ in range(MOST_UNKNOWN + 1):
                assert await asked(connection, b"new@example.com") == MSG_REQUEST_FAILURE
            await connection.run("true", check=True)


async def test_no_more_sessions_means_none(start_bastion: StartBastion) -> None:
    async with client(start_bastion()) as connection:
        assert (await connection.run("echo on")).stdout == "on\n"
        assert await asked(connection, b"no-more-sessions@openssh.com") == MSG_REQUEST_SUCCESS
        with pytest.raises(asyncssh.ChannelOpenError, match="no more sessions"):
            await connection.run("echo on")


async def test_a_connection_has_a_bounded_number_of_sessions(start_bastion: StartBastion) -> None:
    """SECURITY promise 6."""
    async with client(start_bastion()) as connection:
        for _ in range(MOST_SESSIONS):
            await session_channel(connection)._open(b"session")
        with pytest.raises(asyncssh.ChannelOpenError, match="no more sessions"):
            await session_channel(connection)._open(b"session")


async def test_variables_beyond_a_number_are_not_taken(start_bastion: StartBastion) -> None:
    """SECURITY promise 6."""
    async with client(start_bastion()) as connection:
        environment = {f"X{number}": "1" for number in range(MOST_VARIABLES + 50)}
        done = await connection.run("env | grep -c ^X", env=environment, encoding=None)
    assert done.stdout == b"%d\n" % MOST_VARIABLES


HELD = """
rules:
  - {name: run, decide: allow, who: {groups: [agents]}, what: {effects: [execute]}}
  - name: asked
    decide: review
    who: {groups: [agents]}
    what: {effects: [network]}
    review: {reviewers: {groups: [dba]}, quorum: 1, hold: 60s, timeout: 15m}
"""


async def test_requests_behind_one_that_waits_are_bounded(start_bastion: StartBastion) -> None:
    """SECURITY promise 6."""
    async with client(start_bastion(HELD)) as connection:
        with pytest.raises(asyncssh.Error):
            await asyncio.gather(
                *(asked(connection, b"tcpip-forward", String("localhost"), UInt32(0)) for _ in range(MOST_WAITING + 1))
            )
            await connection.run("true", check=True)


async def test_channel_requests_behind_one_that_waits_are_bounded(start_bastion: StartBastion) -> None:
    """SECURITY promise 6."""
    async with client(start_bastion(HELD)) as connection:
        channel = session_channel(connection)
        await channel._open(b"session")
        channel._send_request(b"auth-agent-req@openssh.com")
        for _ in range(MOST_WAITING + 1):
            channel._send_request(b"env", String("A"), String("1"))
        with pytest.raises(asyncssh.Error):
            await connection.run("true", check=True)
