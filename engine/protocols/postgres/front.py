"""The door for PostgreSQL clients: from an accepted socket to who they say they are.

PostgreSQL documentation, "Message Flow: Start-up", "SSL Session Encryption". Nothing is decided here: the greeting
hands the name and the password to whoever decides.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.errors import HooptermError, ProtocolViolation, SessionRefused
from engine.lobby import Lobby
from engine.protocols.postgres import startup
from engine.protocols.postgres.channel import (
    Channel,
    has_early_bytes,
    peek_first,
    receive_exactly,
)
from engine.secrets.secret import Secret

ALPN = "postgresql"
AUTHENTICATION_TIMEOUT = 60.0
"""Seconds, as PostgreSQL's authentication_timeout."""

LOBBY = Lobby()
"""The process has one: what a crowd of strangers costs is the process's memory and descriptors."""

_TLS_HANDSHAKE = 0x16  # the record type that opens a ClientHello; no PostgreSQL packet is that long


@dataclass(frozen=True, slots=True)
class Greeting:
    """A client that said who it is, and now waits for AuthenticationOk or an error.

    `transport` does not read; `leftover` is what the client sent after its password. `parameters` are the start-up
    parameters without user and database. `minor` is the agreed protocol version.
    """

    transport: asyncio.Transport
    leftover: bytes = field(repr=False)
    minor: int
    user: str
    database: str
    password: Secret
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cancel:
    """A client that asks to cancel what a session runs, and waits for the end of its connection as the answer."""

    transport: asyncio.Transport
    pid: int
    key: bytes = field(repr=False)
    _channel: Channel = field(repr=False)

    async def finish(self) -> None:
        """The request has been dealt with: end the connection."""
        await self._channel.end()


async def greet(
    sock: socket.socket,
    *,
    tls: ssl.SSLContext | None,
    allow_plaintext: bool = False,
    timeout: float = AUTHENTICATION_TIMEOUT,
    lobby: Lobby = LOBBY,
) -> Greeting | Cancel | None:
    """Bring an accepted socket to a greeting, or None when the client left before it said what it wants.

    Without `allow_plaintext` a client off this machine must use TLS. Raises ProtocolViolation or SessionRefused once
    the client was told why and its connection is closed. The socket belongs to this function until it returns.
    """
    sock.setblocking(False)
    reception = _Reception(sock, tls, allow_plaintext or is_local(sock))
    try:
        async with lobby.wait(timeout):
            return await reception.greet()
    except TimeoutError:
        error: HooptermError = SessionRefused("canceling authentication due to timeout", f"{timeout:g} seconds")
    except (ProtocolViolation, SessionRefused) as refusal:
        error = refusal
    except (EOFError, OSError):  # SSLError is an OSError: a handshake that failed says nothing to a client
        await reception.end()
        return None
    except BaseException:
        reception.abort()
        raise
    await reception.refuse(error)
    raise error


def is_local(sock: socket.socket) -> bool:
    """Whether what passes this socket never leaves the machine: a Unix socket, or loopback."""
    if sock.family == socket.AF_UNIX:
        return True
    try:
        address = ipaddress.ip_address(sock.getpeername()[0].partition("%")[0])
    except (OSError, ValueError):
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


class _Reception:
    """One client at the door. Its socket becomes a channel when its first words have been read."""

    def __init__(self, sock: socket.socket, tls: ssl.SSLContext | None, allow_plaintext: bool) -> None:
        self._sock = sock
        self._tls = tls
        self._allow_plaintext = allow_plaintext
        self._channel: Channel | None = None

    async def greet(self) -> Greeting | Cancel:
        channel, length, code = await self._open()
        rest = await channel.read(length)
        if code == startup.CANCEL_REQUEST:
            request = startup.read_cancel(rest)
            transport, _ = channel.release()
            return Cancel(transport, request.pid, request.key, channel)
        opening = startup.read_startup(code, rest)
        if channel.tls is None and not self._allow_plaintext:
            raise SessionRefused(
                "this address speaks PostgreSQL only inside TLS",
                "the connection is not encrypted",
                "use sslmode=require",
            )
        user = opening.parameters.get("user")
        if not user:
            raise SessionRefused("no PostgreSQL user name specified in startup packet")
        if opening.needs_negotiation:
            channel.write(startup.write_negotiation(opening))
        password = await _ask_password(channel)
        transport, leftover = channel.release()
        return Greeting(
            transport=transport,
            leftover=leftover,
            minor=opening.agreed_minor,
            user=user,
            database=opening.parameters.get("database") or user,
            password=password,
            parameters={k: v for k, v in opening.parameters.items() if k not in ("user", "database")},
        )

    async def _open(self) -> tuple[Channel, int, int]:
        """Settle encryption; the channel, and the header of the first message in it."""
        if await peek_first(self._sock) == _TLS_HANDSHAKE:
            return await self._open_tls(is_direct=True)
        refused: set[int] = set()
        while True:
            length, code = startup.read_header(await receive_exactly(self._sock, 8))
            if code not in (startup.SSL_REQUEST, startup.GSSENC_REQUEST) or length or code in refused:
                # Each request may come once; after its refusal its code is an unknown protocol version.
                return await self._take_over(None), length, code
            loop = asyncio.get_running_loop()
            if code == startup.SSL_REQUEST and self._tls is not None:
                if has_early_bytes(self._sock):
                    raise ProtocolViolation("received unencrypted data after SSL request", "it may be an attack")
                await loop.sock_sendall(self._sock, b"S")
                return await self._open_tls(is_direct=False)
            refused.add(code)
            await loop.sock_sendall(self._sock, b"N")

    async def _open_tls(self, *, is_direct: bool) -> tuple[Channel, int, int]:
        if self._tls is None:
            raise ProtocolViolation("direct TLS is not offered here")
        channel = await self._take_over(self._tls)
        session = channel.tls
        if is_direct and (session is None or session.selected_alpn_protocol() != ALPN):
            raise ProtocolViolation("direct TLS needs the ALPN protocol", f'the client did not offer "{ALPN}"')
        length, code = startup.read_header(await channel.read(8))
        return channel, length, code

    async def _take_over(self, tls: ssl.SSLContext | None) -> Channel:
        self._channel = Channel()  # known before it stands: the socket is never handed over twice
        await self._channel.accept(self._sock, tls)
        return self._channel

    async def refuse(self, error: HooptermError) -> None:
        """Say why, natively, and end."""
        channel = self._channel or await self._take_over(None)
        channel.write(startup.fatal_for(error))
        await channel.end()

    async def end(self) -> None:
        """End the connection; nothing holds the socket any more when this returns."""
        if self._channel is None:
            self._sock.close()
        else:
            await self._channel.end()

    def abort(self) -> None:
        """End the connection without another await."""
        if self._channel is None:
            self._sock.close()
        else:
            self._channel.abort()


async def _ask_password(channel: Channel) -> Secret:
    channel.write(startup.AUTHENTICATION_CLEARTEXT_PASSWORD)
    header = await channel.read(5)
    if header[:1] == b"X":
        raise EOFError
    length = int.from_bytes(header[1:], "big", signed=True)
    if header[:1] != b"p":  # a second StartupMessage begins with the zero of its length (CVE-2026-107350)
        raise ProtocolViolation("expected password response", f"got message type {header[0]}")
    if not 5 <= length <= startup.MAX_PASSWORD + 4:
        raise ProtocolViolation("invalid password packet size", f"{length} bytes")
    *text, end = (await channel.read(length - 4)).split(b"\0")
    if end or len(text) != 1:
        raise ProtocolViolation("invalid password packet size", "expected one string")
    try:
        return Secret(text[0].decode())
    except UnicodeDecodeError:
        raise SessionRefused("the password is not UTF-8") from None
