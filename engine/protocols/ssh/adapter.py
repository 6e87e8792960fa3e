"""One SSH client from the accepted socket to the end of its session."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncssh

from engine import entries
from engine.audit.events import EventName
from engine.errors import HooptermError, UpstreamError
from engine.keys import load_or_make_host_key, load_or_make_ssh_ca
from engine.lobby import Lobby
from engine.model import Effect, Identity, Operation, Target
from engine.protocols.ssh import denial
from engine.protocols.ssh import upstream as upstreams
from engine.protocols.ssh.channels import Channel
from engine.protocols.ssh.commands.telling import tell
from engine.protocols.ssh.console import Visitor
from engine.protocols.ssh.door import LOGIN_SECONDS, Door, DoorConnection
from engine.protocols.ssh.forwards import Forwards
from engine.protocols.ssh.transport import CIPHERS, KEY_EXCHANGES, MACS, SIGNATURES
from engine.secrets.signing import SignedIn, sign

if TYPE_CHECKING:
    from engine.gateway import Gateway
    from engine.secrets.resolve import CertificateTerms
    from engine.session import Session

_DISCONNECT = 11  # RFC 4253 section 11.1: by application
_ALIVE, _MISSED = 30.0, 3
LOBBY = Lobby()


async def serve(gateway: Gateway, sock: socket.socket) -> None:
    """Serve one accepted connection until it ends."""
    loop = asyncio.get_running_loop()
    options = _options(gateway.state / "keys")
    door = Door(gateway, _peer_of(sock))
    _, wire = await loop.connect_accepted_socket(lambda: DoorConnection(loop, options, door), sock)
    identity = None
    try:
        with contextlib.suppress(TimeoutError):
            async with LOBBY.wait(LOGIN_SECONDS):
                identity = await door.guest()
    finally:
        if identity is None:
            wire.abort()
    if identity is None:
        return
    if door.name.is_console:
        await Visitor(gateway, door, wire, identity).serve()
        return
    await Connection(gateway, door, wire, identity).serve()


async def explain(gateway: Gateway, target: Target, database: str | None, text: str) -> Sequence[Operation]:
    """The operation a command would be on the target, without running it."""
    told = tell(text)
    return [
        Operation(
            id="explain.1",
            session="",
            kind="exec",
            verb="EXEC",
            text=text,
            accesses=told.accesses,
            why_opaque=told.why_opaque,
        )
    ]


class Connection:
    """A client that was let in: the adapter of its session."""

    def __init__(self, gateway: Gateway, door: Door, wire: DoorConnection, identity: Identity) -> None:
        self.gateway = gateway
        self._door = door
        self.wire = wire
        self._identity = identity
        self._session: Session | None = None
        self._channels: set[Channel] = set()
        self.forwards = Forwards(self)
        self._upstreams: dict[str | None, upstreams.UpstreamConnection] = {}
        self._connecting = asyncio.Lock()
        self._terminated: str | None = None
        self._reason = "the client left"
        self._left = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Connection of {self._identity.subject} from {self._door.peer}>"

    @property
    def session(self) -> Session:
        """Its session, once that is open."""
        assert self._session is not None
        return self._session

    def terminate(self, reason: str) -> None:
        """End it: every channel is told, then the connection closes."""
        if self._terminated is None:
            self._terminated = reason
            asyncio.get_running_loop().call_soon(self._end, reason)

    async def serve(self) -> None:
        """Open the session, serve its channels, close it."""
        name = self._door.name
        try:
            self._session = await self.gateway.open_session(self._identity, name.target, self, self._door.peer)
        except HooptermError as error:
            self.wire.disconnect(_DISCONNECT, denial.printable(str(error)))
            await self.wire.wait_closed()
            return
        self._door.admit(self)
        try:
            await self._left.wait()
        finally:
            self.forwards.end()
            await self._close_upstream()
            await self.gateway.close_session(self._session, self._terminated or self._reason)
            self.wire.abort()

    def channel(self) -> Channel:
        """A channel the client opens."""
        channel = Channel(self)
        self._channels.add(channel)
        return channel

    def forget(self, channel: Channel) -> None:
        """A channel is closed."""
        self._channels.discard(channel)

    def left(self) -> None:
        """The client is gone."""
        self._left.set()

    def say(self, words: str) -> None:
        """Tell the client something where it can be told: on the channels that are open."""
        for channel in tuple(self._channels):
            channel.say(words)

    def refused(self, count: int) -> None:
        """The client asked so often for something that is not known here."""
        self.session.counts.denied += count

    def has_lent(self, verb: str) -> bool:
        """Whether one of its channels lends the upstream the client's agent (AGENT) or display (X11)."""
        return any(verb in channel.lent for channel in self._channels)

    def spawn(self, work: Coroutine[Any, Any, Any], what: str) -> None:
        """Do something beside."""
        self.gateway.spawn(work, what)

    async def upstream(self, principal: str | None = None) -> upstreams.UpstreamConnection:
        """The connection to the target, made when something that was admitted first needs it; raises UpstreamError.

        Where the engine signs itself in, each `principal` (None: the target's own) is a connection.
        """
        async with self._connecting:
            if self._left.is_set():
                raise UpstreamError("the session is over", "the client is gone", "")
            terms = self.gateway.revision.credentials[self.session.target.name].certificate
            if terms is not None and principal is not None:
                terms = replace(terms, principal=principal)
            name = terms.principal if terms is not None else None
            if name not in self._upstreams:
                signed = self._signed(terms) if terms is not None else None
                with self.gateway.reach.trying(self.session.target.name):
                    login, _ = await self.gateway.login(self.session.target)
                    connecting = upstreams.connect(self.session.target, login, signed, self._foreign_key)
                    self._upstreams[name] = await connecting
                self._upstreams[name].lender = self.forwards
            return self._upstreams[name]

    def transferring(self) -> str | None:
        """Whom files are transferred as: the one that all rules about files name, else the target's own; None where the
        engine does not sign itself in."""
        identity, target = self.session.identity, self.session.target
        terms = self.gateway.revision.credentials[target.name].certificate
        if terms is None:
            return None
        named = self.gateway.revision.policy.principals(identity, target, (Effect.READ, Effect.WRITE, Effect.DELETE))
        (principal,) = named if len(named) == 1 else (None,)
        return principal or terms.principal

    def _signed(self, terms: CertificateTerms) -> SignedIn:
        """What the engine's own authority signs for this session."""
        gateway, session = self.gateway, self.session
        authority = load_or_make_ssh_ca(gateway.state / "keys")
        return sign(authority, terms, f"{session.id} {session.identity.subject}", gateway.now())

    def _foreign_key(self, shown: str) -> None:
        """Somebody else may answer at the target's address: told in the log, and the session is over."""
        why = "it showed a host key that is not pinned"
        session, data = self.session, {"why": why, "shown": shown}
        entries.append(self.gateway.log, session, EventName.TARGET_REFUSED, data)
        self.terminate(f"the host key of {session.target.name} is not the one that is pinned")

    async def _close_upstream(self) -> None:
        async with self._connecting:
            for upstream in self._upstreams.values():
                upstream.close()
                await upstream.wait_closed()

    def _end(self, reason: str) -> None:
        for channel in tuple(self._channels):
            channel.end(f"hoopterm: the session was ended: {denial.printable(reason)}\r\n")
        self.wire.disconnect(_DISCONNECT, denial.printable(reason))


@cache
def _options(keys: Path) -> asyncssh.SSHServerConnectionOptions:
    """What every connection of the engine that has these keys is served with, made once."""
    return asyncssh.SSHServerConnectionOptions(
        config=None,
        server_host_keys=[asyncssh.import_private_key(load_or_make_host_key(keys))],
        gss_host=None,
        login_timeout=LOGIN_SECONDS,
        keepalive_interval=_ALIVE,
        keepalive_count_max=_MISSED,
        kex_algs=KEY_EXCHANGES,
        encryption_algs=CIPHERS,
        mac_algs=MACS,
        signature_algs=SIGNATURES,
        compression_algs=None,
        line_editor=False,
        encoding=None,
        agent_forwarding=False,
        x11_forwarding=False,
    )


def _peer_of(sock: socket.socket) -> str:
    try:
        peer = sock.getpeername()
    except OSError:
        return ""
    return f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else "local"
