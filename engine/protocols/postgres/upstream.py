"""The engine as a PostgreSQL client: connect, log in, and hand over a session that is ready for queries.

What a hostile server sends costs bounded time and memory, and its words never reach a client: an error is worded
here, from its SQLSTATE.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509

from engine.errors import UpstreamError
from engine.protocols.postgres import startup
from engine.protocols.postgres.address import Address, parse_address
from engine.protocols.postgres.authentication import Authentication
from engine.protocols.postgres.channel import Channel, has_early_bytes, receive_exactly
from engine.protocols.postgres.options import is_reserved
from engine.protocols.postgres.refusal import refusal
from engine.secrets.resolve import Login
from engine.tls import ClientTLS, TLSMode, client_context

ALPN = "postgresql"
CONNECT_TIMEOUT = 30.0
CANCEL_TIMEOUT = 10.0

_MAX_MESSAGE = 64 * 1024
_MAX_TOTAL = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upstream:
    """A session that has said ReadyForQuery. The transport does not read; `leftover` came after.

    `parameters` are its ParameterStatus values; `pid` is None and `key` empty where it gave no BackendKeyData.
    """

    transport: asyncio.Transport
    parameters: Mapping[str, str] = field(repr=False)
    pid: int | None
    key: bytes = field(repr=False)
    minor: int
    leftover: bytes = field(repr=False, default=b"")


async def connect(
    address: str | Address,
    database: str,
    login: Login,
    parameters: Mapping[str, str],
    *,
    tls: ClientTLS | None = None,
    timeout: float = CONNECT_TIMEOUT,
) -> Upstream:
    """Open a session on an upstream, with these start-up parameters. Raises UpstreamError."""
    where = _parsed(address)
    if any(is_reserved(name) for name in parameters):
        raise UpstreamError("the start-up parameters name more than settings", ", ".join(parameters))
    try:
        async with asyncio.timeout(timeout):
            for minor in (startup.LATEST_MINOR, 0):
                channel = await _dial(where, tls or ClientTLS())
                arrival = _Arrival(channel, login, is_private=_is_private(channel, where))
                try:
                    upstream = await arrival.enter({"user": login.user, "database": database, **parameters}, minor)
                except BaseException:
                    channel.abort()
                    raise
                if upstream is not None:
                    return upstream
                channel.abort()
    except TimeoutError:
        raise UpstreamError("the upstream did not answer in time", f"{where} within {timeout:g} s") from None
    except EOFError:
        raise UpstreamError("the upstream closed the connection", f"{where} before the session was ready") from None
    raise UpstreamError("the upstream speaks no protocol that is spoken here", str(where))


async def cancel(
    address: str | Address, pid: int, key: bytes, *, tls: ClientTLS | None = None, timeout: float = CANCEL_TIMEOUT
) -> None:
    """Ask an upstream to cancel what that session runs; returns once the server has taken note.

    Raises UpstreamError. That it worked shows only in the session itself.
    """
    where = _parsed(address)
    try:
        async with asyncio.timeout(timeout):
            channel = await _dial(where, tls or ClientTLS())
            try:
                channel.write(startup.write_cancel(pid, key))
                await channel.finished()
            finally:
                channel.abort()
    except TimeoutError:
        raise UpstreamError("the upstream did not take the cancel request in time", str(where)) from None
    except EOFError:
        raise UpstreamError("the upstream closed the connection", f"{where} before the cancel request") from None


def _parsed(address: str | Address) -> Address:
    try:
        return parse_address(address) if isinstance(address, str) else address
    except ValueError as error:
        raise UpstreamError("the target's address does not hold", str(error), "write host:port or a path") from None


async def _dial(where: Address, tls: ClientTLS) -> Channel:
    """Connect and settle encryption."""
    mode = tls.resolved(is_local=where.is_local)
    if where.path and mode not in (TLSMode.DISABLE, TLSMode.PREFER):
        raise UpstreamError("PostgreSQL has no TLS on Unix sockets", str(where), "leave out the target's tls")
    sock = await _connected(where)
    try:
        context = None
        if not where.path and mode is not TLSMode.DISABLE and await _offers_tls(sock, mode):
            context = client_context(mode, tls.ca, ALPN)
        channel = Channel()
        await channel.connect(sock, context, where.host)
        return channel
    except ssl.SSLError as error:
        sock.close()
        why = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else error.reason
        raise UpstreamError("TLS with the upstream failed", f"{where}: {why}", "check the target's tls") from None
    except OSError as error:
        sock.close()
        raise UpstreamError("the upstream broke the connection", f"{where}: {error.strerror}") from None
    except BaseException:
        sock.close()
        raise


async def _connected(where: Address) -> socket.socket:
    loop = asyncio.get_running_loop()
    places: list[tuple[int, Any]]
    try:
        if where.path:
            places = [(socket.AF_UNIX, where.path)]
        else:
            found = await loop.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
            places = [(family, place) for family, _, _, _, place in found]
    except (OSError, UnicodeError) as error:  # IDNA refuses a name by UnicodeError
        raise UpstreamError("the upstream's name does not resolve", f"{where}: {error}") from None
    trouble = ""
    for family, place in places:
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        try:
            await loop.sock_connect(sock, place)
        except OSError as error:
            sock.close()
            trouble = error.strerror or type(error).__name__
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise UpstreamError("the upstream cannot be reached", f"{where}: {trouble}", "check its address and that it runs")


async def _offers_tls(sock: socket.socket, mode: TLSMode) -> bool:
    await asyncio.get_running_loop().sock_sendall(sock, startup.write_request(startup.SSL_REQUEST))
    answer = await receive_exactly(sock, 1)
    if answer == b"S":
        if has_early_bytes(sock):
            raise _broken("it sent unencrypted data after it agreed to TLS")
        return True
    if answer != b"N":  # an error before TLS could be anybody's words (CVE-2024-10977)
        raise UpstreamError("the upstream did not answer the request for TLS", "", "check that it is a PostgreSQL")
    if mode is not TLSMode.PREFER:
        raise UpstreamError(
            "the upstream offers no TLS", f"tls mode {mode}", "enable TLS there, or set the target's tls"
        )
    return False


def _is_private(channel: Channel, where: Address) -> bool:
    """Whether only the server it was meant for can read what is sent."""
    session = channel.tls
    return where.is_local or (session is not None and session.context.verify_mode is ssl.CERT_REQUIRED)


def _certificate_hash(session: ssl.SSLObject | None) -> bytes | None:
    """tls-server-end-point (RFC 5929, section 4.1), None without TLS or where the signature names no one hash."""
    certificate = session.getpeercert(binary_form=True) if session is not None else None
    if certificate is None:
        return None
    algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    if algorithm is None:
        return None
    name = "sha256" if algorithm.name in ("md5", "sha1") else algorithm.name
    return hashlib.new(name, certificate).digest()


class _Arrival:
    """One login conversation, from StartupMessage to ReadyForQuery."""

    def __init__(self, channel: Channel, login: Login, *, is_private: bool) -> None:
        self._channel = channel
        self._authentication = Authentication(
            login.user, login.password, is_private=is_private, binding=_certificate_hash(channel.tls)
        )
        self._parameters: dict[str, str] = {}
        self._pid: int | None = None
        self._key = b""
        self._minor = 0
        self._total = 0

    async def enter(self, parameters: Mapping[str, str], minor: int) -> Upstream | None:
        """The session, or None when the server does not know this minor version nor how to negotiate."""
        self._minor = minor
        self._channel.write(startup.write_startup(parameters, minor))
        is_first = True
        while True:
            kind, body = await self._next()
            if kind == b"E":
                sqlstate = _sqlstate(body)
                if is_first and minor and sqlstate in ("0A000", "08P01"):
                    return None
                raise refusal(sqlstate)
            if kind == b"Z" and self._authentication.is_done:
                transport, leftover = self._channel.release()
                return Upstream(transport, self._parameters, self._pid, self._key, self._minor, leftover)
            await self._take(kind, body)
            is_first = False

    async def _next(self) -> tuple[bytes, bytes]:
        header = await self._channel.read(5)
        length = int.from_bytes(header[1:], "big", signed=True)
        self._total += length
        if not 4 <= length <= _MAX_MESSAGE or self._total > _MAX_TOTAL:
            raise _broken("a message is too long or too short")
        return header[:1], await self._channel.read(length - 4)

    async def _take(self, kind: bytes, body: bytes) -> None:
        if kind == b"R" and not self._authentication.is_done:
            answer = await self._authentication.answer(body)
            if answer:
                self._channel.write(answer)
        elif kind == b"v":
            self._negotiate(body)
        elif kind == b"N":
            pass  # about the engine's own login (a password near its end), nothing for the client
        elif kind == b"S" and self._authentication.is_done:
            strings = body.split(b"\0")
            if len(strings) != 3 or strings[2]:
                raise _broken("a ParameterStatus is malformed")
            self._parameters[strings[0].decode("utf-8", "replace")] = strings[1].decode("utf-8", "replace")
        elif kind == b"K" and self._authentication.is_done:
            if not 8 <= len(body) <= 260:
                raise _broken("its cancel key is malformed")
            self._pid, self._key = int.from_bytes(body[:4], "big", signed=True), body[4:]
        else:
            raise _broken(f"message {kind!r} came out of order")

    def _negotiate(self, body: bytes) -> None:
        version = int.from_bytes(body[:4], "big")
        # Servers before PostgreSQL 11's fixes send the minor version alone.
        if version >> 16 not in (0, startup.MAJOR) or version & 0xFFFF > self._minor or len(body) < 8:
            raise _broken("it negotiates a protocol version nobody asked for")
        self._minor = version & 0xFFFF


def _sqlstate(body: bytes) -> str:
    """The SQLSTATE of an ErrorResponse; a server may leave it out (CVE-2026-6666)."""
    for part in body.split(b"\0"):
        if part[:1] == b"C":
            return part[1:6].decode("ascii", "replace")
    return ""


def _broken(why: str) -> UpstreamError:
    return UpstreamError("the upstream broke its protocol", why, "check that the address is the right server")
