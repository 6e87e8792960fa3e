"""What a client asks to have forwarded: connections to the upstream's side, listeners there, its agent and display.

Each connection is an operation of its own, decided before anything is opened at its other end (GHSA-xm63-rjwf-r3g8).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import asyncssh
from asyncssh.constants import OPEN_ADMINISTRATIVELY_PROHIBITED, OPEN_CONNECT_FAILED

from engine.errors import Denied, HooptermError
from engine.model import Decision, Operation, Outcome, Status, Verdict
from engine.protocols.ssh import denial, destinations
from engine.protocols.ssh.destinations import Forbidden
from engine.protocols.ssh.submission import Submission
from engine.protocols.ssh.tunnel import WINDOW, End, Tunnel
from engine.protocols.ssh.upstream import why_of

if TYPE_CHECKING:
    from engine.passage import Passage
    from engine.protocols.base import Hold
    from engine.protocols.ssh.adapter import Connection
    from engine.protocols.ssh.upstream import UpstreamConnection

_LONGEST_REASON = 500

Factory = Callable[[], End]


class Forwards:
    """Those of one client."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tunnels: set[Tunnel] = set()
        self._waiting: set[Submission] = set()
        self._is_over = False

    def __repr__(self) -> str:
        return f"<Forwards: {len(self._tunnels)} open, {len(self._waiting)} waiting>"

    def end(self) -> None:
        """The session ends, and all of them with it."""
        self._is_over = True
        for submission in tuple(self._waiting):
            submission.withdraw()
        for tunnel in tuple(self._tunnels):
            tunnel.close()

    # Of the client

    async def connect(self, host: str, port: int, origin: tuple[str, int]) -> End:
        """Connect to a port from the upstream: `ssh -L`, `-W`, `-D`, `-J`. Raises ChannelOpenError."""

        async def open_far(upstream: UpstreamConnection, far: Factory) -> None:
            await upstream.create_connection(far, host, port, *origin, window=WINDOW)

        with _as_failure_to_open():
            return await self._outward(destinations.tcp(self._connection.session, "CONNECT", host, port), open_far)

    async def connect_socket(self, path: str) -> End:
        """Connect to a Unix socket of the upstream. Raises ChannelOpenError."""
        operation = destinations.unix(self._connection.session, "SOCKET", path)

        async def open_far(upstream: UpstreamConnection, far: Factory) -> None:
            async with self._connection.gateway.control.wary():  # the path may lead elsewhere since it was looked at
                await upstream.create_unix_connection(far, operation.accesses[0].resource.name, window=WINDOW)

        with _as_failure_to_open():
            return await self._outward(operation, open_far)

    async def listen(self, host: str, port: int) -> asyncssh.SSHListener | None:
        """Listen on a port of the upstream for the client: `ssh -R`. None where that is not to be."""
        bound = port

        async def accept(orig_host: str, orig_port: int) -> asyncssh.SSHTCPSession[bytes]:
            async def open_near(near: Factory) -> None:
                wire = self._connection.wire
                await wire.create_connection(near, host, bound, orig_host, orig_port, window=WINDOW)

            with _as_failure_to_open():
                return await self._inward(destinations.tcp(self._connection.session, "ACCEPT", host, bound), open_near)

        try:
            passage = await self.admitted(destinations.tcp(self._connection.session, "LISTEN", host, port))
        except HooptermError:
            return None
        listener = await self._listening(passage, lambda upstream: upstream.create_server(accept, host, port))
        bound = port or (listener.get_port() if listener is not None else 0)
        return listener

    async def listen_on_socket(self, path: str) -> asyncssh.SSHListener | None:
        """The same on a path. None where that is not to be."""

        async def accept() -> asyncssh.SSHUNIXSession[bytes]:
            async def open_near(near: Factory) -> None:
                await self._connection.wire.create_unix_connection(near, path, window=WINDOW)

            with _as_failure_to_open():
                return await self._inward(destinations.unix(self._connection.session, "ACCEPT", path), open_near)

        try:
            passage = await self.admitted(destinations.unix(self._connection.session, "LISTEN", path))
        except HooptermError:
            return None
        return await self._listening(passage, lambda upstream: upstream.create_unix_server(accept, path))

    # Of the upstream

    async def agent(self) -> End:
        """What runs there asks the client's agent. Raises ChannelOpenError."""
        return await self._lent("AGENT", lambda near: self._connection.wire.create_agent_channel(WINDOW).open(near))

    async def display(self, orig_host: str, orig_port: int) -> End:
        """What runs there shows something on the client's display. Raises ChannelOpenError."""

        async def open_near(near: Factory) -> None:
            await self._connection.wire.create_x11_channel(WINDOW).open(near, orig_host, orig_port)

        return await self._lent("X11", open_near)

    async def _lent(self, verb: str, open_near: Callable[[Factory], Awaitable[object]]) -> End:
        if not self._connection.has_lent(verb):
            raise _failure(OPEN_ADMINISTRATIVELY_PROHIBITED, "the client lends nothing of the kind")
        with _as_failure_to_open():
            return await self._inward(destinations.lent(self._connection.session, verb), open_near)

    # Both

    async def admitted(self, operation: Operation) -> Passage:
        """Through the pipeline; raises Denied and RecordError."""
        gateway, session = self._connection.gateway, self._connection.session
        try:
            await destinations.require_possible(operation, gateway.socket_path)
        except Forbidden as error:
            gateway.pipeline.refuse_early(session, operation, Decision(Verdict.DENY, None, str(error)))
        submission = Submission([operation], self._tell)
        if self._is_over:
            submission.withdraw()
        self._waiting.add(submission)
        try:
            (passage,) = await gateway.pipeline.admit(session, submission)
        finally:
            self._waiting.discard(submission)
        return passage

    async def _outward(
        self, operation: Operation, open_far: Callable[[UpstreamConnection, Factory], Awaitable[None]]
    ) -> End:
        """Open the upstream's end of what the client opened; returns the client's."""
        passage = await self.admitted(operation)
        try:
            # It may have become another one while people decided.
            await destinations.require_possible(operation, self._connection.gateway.socket_path)
            upstream = await self._upstream(passage)
        except (HooptermError, Forbidden) as error:
            passage.conclude(Outcome(Status.FAILED, error=str(error)))
            raise
        tunnel = self._tunnel(passage)
        await self._open(tunnel, passage, open_far(upstream, lambda: tunnel.far))
        return tunnel.near

    async def _inward(self, operation: Operation, open_near: Callable[[Factory], Awaitable[object]]) -> End:
        """Open the client's end of what the upstream opened; returns the upstream's."""
        passage = await self.admitted(operation)
        tunnel = self._tunnel(passage)
        await self._open(tunnel, passage, open_near(lambda: tunnel.near))
        return tunnel.far

    async def _upstream(self, passage: Passage) -> UpstreamConnection:
        handling = passage.decision.handling
        return await self._connection.upstream(handling.principal if handling is not None else None)

    def _tunnel(self, passage: Passage) -> Tunnel:
        tunnel = Tunnel(self._connection.gateway, passage, self._tunnels.discard)
        self._tunnels.add(tunnel)
        return tunnel

    async def _open(self, tunnel: Tunnel, passage: Passage, opening: Awaitable[object]) -> None:
        try:
            await opening
        except (asyncssh.Error, OSError) as error:
            tunnel.close(passage.session.masks.text(why_of(error)))
            raise
        passage.forwarded()

    async def _listening(
        self, passage: Passage, listen: Callable[[UpstreamConnection], Awaitable[asyncssh.SSHListener]]
    ) -> asyncssh.SSHListener | None:
        try:
            upstream = await self._upstream(passage)
            passage.forwarded()
            listener = await listen(upstream)
        except (HooptermError, asyncssh.Error, OSError) as error:
            passage.conclude(Outcome(Status.FAILED, error=passage.session.masks.text(_words(error))))
            return None
        passage.conclude(Outcome(Status.COMPLETED, f"LISTEN {listener.get_port()}".removesuffix(" 0")))
        return listener

    def _tell(self, hold: Hold) -> None:
        self._connection.say(denial.words_of_hold(hold))


def _words(error: BaseException) -> str:
    return str(error) if isinstance(error, HooptermError) else why_of(error)


@contextmanager
def _as_failure_to_open() -> Iterator[None]:
    """What goes wrong inside, as SSH says it of a channel: a code and a reason (RFC 4254 section 5.1)."""
    try:
        yield
    except (Denied, Forbidden) as error:
        why = error.what + ": " + error.why if isinstance(error, Denied) else str(error)
        raise _failure(OPEN_ADMINISTRATIVELY_PROHIBITED, why) from None
    except asyncssh.ChannelOpenError as error:
        raise _failure(error.code, error.reason) from None
    except (HooptermError, asyncssh.Error, OSError) as error:
        raise _failure(OPEN_CONNECT_FAILED, _words(error)) from None


def _failure(code: int, why: str) -> asyncssh.ChannelOpenError:
    return asyncssh.ChannelOpenError(code, denial.printable(why)[:_LONGEST_REASON])
