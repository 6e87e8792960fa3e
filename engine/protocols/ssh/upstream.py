"""The engine as a client of the target: the host key it must show, the credential it is shown, and nothing of a user's
own configuration."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

import asyncssh
from asyncssh.constants import OPEN_ADMINISTRATIVELY_PROHIBITED
from asyncssh.packet import SSHPacket

from engine.errors import UpstreamError
from engine.identity.ssh import fingerprint, line_of
from engine.protocols.ssh.transport import CIPHERS, KEY_EXCHANGES, MACS, SIGNATURES, Terse
from engine.protocols.ssh.tunnel import WINDOW, End

if TYPE_CHECKING:
    from engine.model import Target
    from engine.secrets.resolve import Login
    from engine.secrets.signing import SignedIn

_PORT = 22
_CONNECT = 10.0  # seconds for the connection, and as many for the login
_ALIVE = 30.0  # seconds of silence after which the upstream is asked whether it is still there
_MISSED = 3


class Lender(Protocol):
    """Opens channels to what the client lent: its agent, its display. Both raise ChannelOpenError."""

    def agent(self) -> Awaitable[End]:
        """To its agent."""

    def display(self, orig_host: str, orig_port: int) -> Awaitable[End]:
        """To its display."""


class UpstreamConnection(Terse, asyncssh.SSHClientConnection):
    """asyncssh's connection as a client. `shown` is the fingerprint of the host key that the upstream showed; the
    channels that it opens are the lender's to judge."""

    lender: Lender | None = None
    shown: str | None = None

    def validate_server_host_key(self, key_data: bytes) -> asyncssh.SSHKey:
        """The host key, if it is one of the target's."""
        self.shown = fingerprint(key_data)
        return super().validate_server_host_key(key_data)

    def _process_auth_agent_at_openssh_dot_com_open(self, packet: SSHPacket) -> Any:
        packet.check_end()
        return self.create_unix_channel(window=WINDOW), self._lender().agent()

    def _process_x11_open(self, packet: SSHPacket) -> Any:
        host, port = packet.get_string().decode(errors="replace"), packet.get_uint32()
        packet.check_end()
        return self.create_x11_channel(window=WINDOW), self._lender().display(host, port)

    def _lender(self) -> Lender:
        if self.lender is None:
            raise asyncssh.ChannelOpenError(OPEN_ADMINISTRATIVELY_PROHIBITED, "nothing was lent")
        return self.lender


class _Login(asyncssh.SSHClient):
    """Tells how logging in went."""

    def __init__(self) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def auth_completed(self) -> None:
        """The upstream let the engine in."""
        if not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """The upstream, or the network, ended it."""
        if not self.done.done():
            self.done.set_exception(exc or asyncssh.ConnectionLost("the connection was closed"))


async def connect(
    target: Target, login: Login, signed: SignedIn | None = None, tell: Callable[[str], None] = lambda shown: None
) -> UpstreamConnection:
    """A connection to the target, logged in, with a certificate where one was `signed`; raises UpstreamError.

    `tell` is called with the fingerprint of a host key that is not the target's.
    """
    if not target.host_keys:
        raise UpstreamError(
            f"the host key of {target.name} is not known",
            "the target has no host_key",
            f"hoopterm target learn {target.name}",
        )
    host, port = address_of(target)
    loop, waiting = asyncio.get_running_loop(), _Login()
    connection: UpstreamConnection | None = None
    try:
        options = await asyncssh.SSHClientConnectionOptions.construct(
            config=None,
            host=host,
            port=port,
            known_hosts=([asyncssh.import_public_key(key) for key in target.host_keys], [], []),
            username=login.user,
            client_keys=keys_of(login) if signed is None else [(signed.key, signed.certificate)],
            password=login.password.reveal() if login.password is not None else None,
            agent_path=None,
            gss_host=None,
            preferred_auth=_methods(login),
            signature_algs=SIGNATURES,
            login_timeout=_CONNECT,
            keepalive_interval=_ALIVE,
            keepalive_count_max=_MISSED,
            kex_algs=KEY_EXCHANGES,
            encryption_algs=CIPHERS,
            mac_algs=MACS,
            compression_algs=None,
            client_factory=lambda: waiting,
        )
        async with asyncio.timeout(2 * _CONNECT):
            connection = UpstreamConnection(loop, options)
            await loop.create_connection(lambda: connection, host, port)
            connection.set_extra_info(host=host, port=port)
            try:
                await waiting.done
            except BaseException:
                connection.abort()
                raise
        return connection
    except asyncssh.HostKeyNotVerifiable as error:
        if connection is not None and connection.shown is not None:
            tell(connection.shown)
        raise UpstreamError(
            f"{target.name} showed another host key than its own",
            error.reason,
            "somebody else may be answering there; compare the key with `host_key` of the target",
        ) from None
    except asyncssh.PermissionDenied:
        raise UpstreamError(
            f"{target.name} did not let the engine in", "its credential was refused", "check the target's credential"
        ) from None
    except (asyncssh.Error, OSError, TimeoutError) as error:
        raise UpstreamError(
            f"{target.name} could not be reached", why_of(error), "check the target's address"
        ) from None


async def learn(target: Target) -> str:
    """The host key that a target shows, as `KIND BASE64`; nobody logs in. Raises UpstreamError."""
    host, port = address_of(target)
    try:
        async with asyncio.timeout(_CONNECT):
            key = await asyncssh.get_server_host_key(
                host, port, config=None, kex_algs=KEY_EXCHANGES, server_host_key_algs=SIGNATURES
            )
    except (asyncssh.Error, OSError, TimeoutError) as error:
        raise UpstreamError(
            f"{target.name} could not be reached", why_of(error), "check the target's address"
        ) from None
    if key is None:
        raise UpstreamError(f"{target.name} showed no host key")
    return line_of(key.public_data)


def address_of(target: Target) -> tuple[str, int]:
    """Host and port; the port is 22 where none is given."""
    host, colon, port = target.address.rpartition(":")
    if not colon or (host.endswith(":") and not host.startswith("[")):
        return target.address.strip("[]"), _PORT
    return host.strip("[]"), int(port)


def keys_of(login: Login) -> list[asyncssh.SSHKey]:
    """The private key of a login, read; raises UpstreamError without a word of what it holds."""
    if login.private_key is None:
        return []
    try:
        return [asyncssh.import_private_key(login.private_key.reveal())]
    except (asyncssh.KeyImportError, ValueError):
        raise UpstreamError(
            "the upstream's credential cannot be used", "its private key does not read", "check the target's credential"
        ) from None


def why_of(error: BaseException) -> str:
    """An error of the transport in words."""
    if isinstance(error, asyncssh.Error):
        return error.reason or type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "it did not answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__


def _methods(login: Login) -> list[str]:
    methods: list[Any] = []
    if login.private_key is not None or login.certificate is not None:
        methods.append("publickey")
    if login.password is not None:
        methods += ["password", "keyboard-interactive"]
    return methods or ["none"]
