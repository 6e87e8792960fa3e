"""Who is let in: the server's side of one connection up to the end of its authentication.

Nothing of an offer is kept: whoever proves possession of a key, a certificate or a token last, in the same request that
lets the client in, is who it is. A key that was only offered says nothing (CVE-2024-45337).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, cast

import asyncssh
import structlog
from asyncssh.constants import OPEN_ADMINISTRATIVELY_PROHIBITED
from asyncssh.packet import String
from asyncssh.stream import SSHReader, SSHUNIXStreamSession, SSHWriter

from engine.errors import HooptermError, SessionRefused
from engine.identity import ssh as identities
from engine.protocols.ssh.denial import printable
from engine.protocols.ssh.naming import LoginName, parse
from engine.protocols.ssh.transport import GCM
from engine.protocols.ssh.wire import Wire
from engine.secrets.secret import Secret

if TYPE_CHECKING:
    from engine.gateway import Gateway
    from engine.model import Certified, Identity
    from engine.protocols.ssh.adapter import Connection
    from engine.protocols.ssh.console import Visitor

LOGIN_SECONDS = 60.0
MOST_TRIES = 20  # refused offers of one connection: an agent may hold many keys
MOST_UNKNOWN = 1000  # things asked for that nobody here does
_PROTOCOL_ERROR = 2  # RFC 4253 section 11.1
_DISCONNECT = 14  # RFC 4253 section 11.1: no more authentication methods available

_NO_FORWARDS = asyncssh.ChannelOpenError(OPEN_ADMINISTRATIVELY_PROHIBITED, "the console forwards nothing")
logger = structlog.get_logger()


class Door(asyncssh.SSHServer):
    """What asyncssh asks about one connection."""

    def __init__(self, gateway: Gateway, peer: str) -> None:
        self._gateway = gateway
        self._tries = 0
        self._unknown = 0
        self._ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._user = ""
        self._whys: dict[str, None] = {}  # in their order
        self.peer = peer
        self.wire: DoorConnection | None = None
        self.identity: Identity | None = None
        self._admitted: asyncio.Future[Connection | Visitor] = asyncio.get_running_loop().create_future()

    def __repr__(self) -> str:
        return f"<Door for {self.peer}>"

    @property
    def name(self) -> LoginName:
        """What the login name says."""
        return parse(self._user, self._gateway.revision.targets)

    async def guest(self) -> Identity | None:
        """Who was let in; None when the client went away before that."""
        return self.identity if await self._ended else None

    def admit(self, connection: Connection | Visitor) -> None:
        """Its session is open, or it may ask for the console: channels may be."""
        if self._admitted.cancelled():
            connection.left()
        else:
            connection.refused(self._unknown)
            self._admitted.set_result(connection)

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """The transport stands; nobody is known yet."""
        assert isinstance(conn, DoorConnection)
        self.wire = conn

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone; one that was never let in is told of once."""
        if not self._ended.done():
            self._ended.set_result(False)
            if self._user:
                refused = SessionRefused(
                    "no key, certificate or token let in", "; ".join(self._whys) or f"tried {self._tries} times"
                )
                self._gateway.refusals.tell(refused, self._user, client=self.peer)
        if not self._admitted.done():
            self._admitted.cancel()
        elif not self._admitted.cancelled():
            self._admitted.result().left()

    def begin_auth(self, username: str) -> bool:
        """Everybody must prove who they are."""
        self._user, self.identity = username, None
        return True

    def auth_completed(self) -> None:
        """The client is in."""
        if not self._ended.done():
            self._ended.set_result(self.identity is not None)

    def public_key_auth_supported(self) -> bool:
        """Keys and certificates: `DoorConnection.validate_public_key`."""
        return True

    def password_auth_supported(self) -> bool:
        """A token, as the password or as the answer to the one question of keyboard-interactive."""
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        """Whether it is a token of this identity."""
        asked = self.name.identity
        try:
            if asked is None:
                why = "a token says not whose it is: log in as IDENTITY+TARGET"
                raise SessionRefused("the login names no identity", why)
            self.identity = await self._gateway.authenticate(asked, Secret(password))
        except HooptermError:
            return self.refused()
        return True

    def judge(self, user: str, offered: bytes) -> Identity | None:
        """Whom a key or certificate stands for; None where it lets nobody in under this name. Nothing of it is kept."""
        gateway = self._gateway
        asked = parse(user, gateway.revision.targets).identity
        address = self.peer.rpartition(":")[0].strip("[]")
        try:
            return identities.by_offer(gateway.revision, asked, offered, address, gateway.now())
        except SessionRefused as refused:
            self._whys[str(refused)] = None
            self.refused()
            return None

    def refused(self) -> bool:
        """One more try that let nobody in; too many end the connection. Always False."""
        self._tries += 1
        if self._tries >= MOST_TRIES and self.wire is not None:
            self.wire.disconnect(_DISCONNECT, "too many authentication failures")
        return False

    def session_requested(
        self,
    ) -> tuple[asyncssh.SSHServerChannel[bytes], Awaitable[asyncssh.SSHServerSession[bytes]]]:
        """A channel for a command, a shell or a subsystem, as soon as the session is open."""
        assert self.wire is not None
        return self.wire.create_server_channel(encoding=None), self._channel()

    async def _channel(self) -> asyncssh.SSHServerSession[bytes]:
        return (await asyncio.shield(self._admitted)).channel()

    async def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> asyncssh.SSHTCPSession[bytes]:
        """A channel to a port that the upstream reaches."""
        forwards = (await asyncio.shield(self._admitted)).forwards
        if forwards is None:
            raise _NO_FORWARDS
        return await forwards.connect(dest_host, dest_port, (orig_host, orig_port))

    async def unix_connection_requested(self, dest_path: str) -> asyncssh.SSHUNIXSession[bytes]:
        """A channel to a Unix socket of the upstream."""
        forwards = (await asyncio.shield(self._admitted)).forwards
        if forwards is None:
            raise _NO_FORWARDS
        return await forwards.connect_socket(dest_path)

    async def server_requested(self, listen_host: str, listen_port: int) -> asyncssh.SSHListener | bool:
        """A port of the upstream to listen on."""
        forwards = (await asyncio.shield(self._admitted)).forwards
        return (await forwards.listen(listen_host, listen_port) if forwards is not None else None) or False

    async def unix_server_requested(self, listen_path: str) -> asyncssh.SSHListener | bool:
        """A Unix socket of the upstream to listen on."""
        forwards = (await asyncio.shield(self._admitted)).forwards
        return (await forwards.listen_on_socket(listen_path) if forwards is not None else None) or False

    def unknown(self, what: str) -> None:
        """The client asked for something that is no part of what the engine does; too much of that ends the session."""
        self._unknown += 1
        logger.info("not known", client=self.peer, what=printable(what)[:100])
        if self._admitted.done() and not self._admitted.cancelled():
            self._admitted.result().refused(1)
        if self._unknown >= MOST_UNKNOWN and self.wire is not None:
            self.wire.disconnect(_PROTOCOL_ERROR, "too many requests that are not known here")


class DoorConnection(Wire):
    """asyncssh's connection, except that keys and certificates are judged here."""

    _session_id: bytes
    _cert_options: dict[str, object] | None
    _client_version: bytes
    _enc_algs: list[bytes]

    def __init__(
        self, loop: asyncio.AbstractEventLoop, options: asyncssh.SSHServerConnectionOptions, door: Door
    ) -> None:
        super().__init__(loop, options)
        self._protocol_factory = lambda: door

    def _send_kexinit(self) -> None:
        if b"OpenSSH" in self._client_version:
            self._enc_algs = [cipher.encode() for cipher in GCM]  # which it has, and likes less than slower ones
        super()._send_kexinit()

    async def reload_config(self) -> None:
        """No files are read for somebody who is nobody yet."""

    async def open_agent_connection(self) -> tuple[SSHReader[bytes], SSHWriter[bytes]]:
        """A channel to the client's agent."""
        channel = self.create_agent_channel()
        session = cast("SSHUNIXStreamSession[bytes]", await channel.open(SSHUNIXStreamSession))
        return SSHReader(session, channel), SSHWriter(session, channel)

    async def validate_public_key(self, username: str, key_data: bytes, msg: bytes, signature: bytes) -> bool:
        """Whether a key or certificate lets in; with a signature (of `msg`), whether it is proved as well."""
        door = self._owner
        identity = door.judge(username, key_data)
        if identity is None or identity.key is None:
            return False
        if not msg:
            return True
        kind = signature[4 : 4 + int.from_bytes(signature[:4], "big")].decode("ascii", "replace")
        key = asyncssh.import_public_key(identity.key)
        if kind not in identities.SIGNATURES or not key.verify(String(self._session_id) + msg, signature):
            return door.refused()
        door.identity = identity
        self._cert_options = _options_of(identity.certified)
        return True


def _options_of(certified: Certified | None) -> dict[str, object] | None:
    """What a certificate permits and demands, as asyncssh enforces it: terminals, forwarding, the one command."""
    if certified is None:
        return None
    options: dict[str, object] = {f"permit-{name}": True for name in certified.permits}
    return options if certified.command is None else {**options, "force-command": certified.command}
