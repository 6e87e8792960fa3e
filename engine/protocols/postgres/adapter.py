"""One PostgreSQL client from the accepted socket to the end of its session."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import structlog

from engine.errors import Denied, HooptermError, SessionRefused
from engine.model import Operation, Outcome, Status, Target
from engine.protocols.postgres import front, upstream
from engine.protocols.postgres import startup as words
from engine.protocols.postgres.analysis.analyst import Analyst
from engine.protocols.postgres.answers import BackendKeyData, NoticeResponse, ParameterStatus, ReadyForQuery
from engine.protocols.postgres.cancelling import keys_of
from engine.protocols.postgres.exchanges import Submission
from engine.protocols.postgres.opening import asked_settings, startup_operation
from engine.protocols.postgres.relay import Relay
from engine.protocols.postgres.statement import SessionState
from engine.protocols.postgres.tracking import Tracker
from engine.protocols.postgres.wire import Wire
from engine.tls import ClientTLS

if TYPE_CHECKING:
    from engine.gateway import Gateway
    from engine.session import Session

logger = structlog.get_logger()


async def serve(gateway: Gateway, sock: socket.socket) -> None:
    """Serve one accepted connection until it ends."""
    listener = gateway.revision.settings.listeners["postgres"]
    tls = gateway.authority.server_context(front.ALPN) if listener.tls == "auto" else None
    greeting = await front.greet(sock, tls=tls, allow_plaintext=listener.allow_plaintext)
    if greeting is None:
        return
    if isinstance(greeting, front.Cancel):
        try:
            await keys_of(gateway).cancel(greeting.pid, greeting.key)
        finally:
            await greeting.finish()
        return
    await Connection(gateway, greeting, peer_of(sock, greeting)).serve()


async def explain(gateway: Gateway, target: Target, database: str | None, text: str) -> Sequence[Operation]:
    """The operations a text would be on a fresh session of the target, without running it."""
    name = database or target.database or ""
    login, _ = await gateway.login(target)
    analyst = await _analyst(gateway, target, name)
    state = SessionState(name, login.user, search_path=(login.user, "public"))
    return [
        analyst.operation(statement, id=f"explain.{number}", session="", state=state, parameters=())
        for number, statement in enumerate(await analyst.analyse(text, state), 1)
    ]


class Connection:
    """A greeted client: the adapter of its session."""

    def __init__(self, gateway: Gateway, greeting: front.Greeting, peer: str) -> None:
        self._gateway = gateway
        self._greeting = greeting
        self._peer = peer
        self._client = Wire(greeting.transport, greeting.leftover)
        self._relay: Relay | None = None
        self._submission: Submission | None = None
        self._upstream: upstream.Upstream | None = None
        self._tls = ClientTLS()
        self._terminated: str | None = None

    def __repr__(self) -> str:
        return f"<Connection of {self._greeting.user} from {self._peer}>"

    def terminate(self, reason: str) -> None:
        """End it: 57P01 to the client once what is being delivered right now has gone out."""
        if self._terminated is None:
            self._terminated = reason
            asyncio.get_running_loop().call_soon(self._terminate)

    async def cancel(self) -> None:
        """Cancel what runs upstream, else withdraw what waits for people."""
        relay = self._relay
        if relay is None or relay.is_over:
            return
        if not relay.is_idle:
            await self._cancel_upstream()
        elif relay.submission is not None:
            relay.submission.withdraw()

    async def serve(self) -> None:
        """Open the session, relay it, close it."""
        greeting, gateway = self._greeting, self._gateway
        try:
            identity = await gateway.authenticate(greeting.user, greeting.password)
            target, _, database = greeting.database.partition("/")
            session = await gateway.open_session(identity, target, self, self._peer, database or None)
        except HooptermError as error:
            await self._refuse(error)
            return
        reason = "it could not be opened"
        try:
            self._client.write(words.AUTHENTICATION_OK)
            reason = await self._relayed(session)
        except HooptermError as error:
            reason = str(error)
            await self._refuse(error)
        finally:
            await gateway.close_session(session, self._terminated or reason)
            self._client.close()
            await self._client.closed

    async def _relayed(self, session: Session) -> str:
        gateway, target = self._gateway, session.target
        settings = asked_settings(self._greeting.parameters)
        await self._decide(session, settings)
        database = session.database or target.name
        with gateway.reach.trying(target.name), self._unless_the_client_leaves():
            login, self._tls = await gateway.login(target)
            opened = await upstream.connect(target.address, database, login, settings, tls=self._tls)
        self._upstream = opened
        wire = Wire(opened.transport, opened.leftover)
        try:
            with self._unless_the_client_leaves():
                analyst = await _analyst(gateway, target, database)
            if self._terminated is not None:
                raise SessionRefused("the session was ended", self._terminated)
            tracker = Tracker(database, login.user, opened.parameters)
            self._relay = Relay(gateway, session, analyst, self._client, wire, tracker)
            self._relay.cancel = self._cancel_upstream
            keys = keys_of(gateway)
            pid, key = keys.issue(self, self._greeting.minor)
            try:
                return await self._relay.run(_welcome(session, opened.parameters, pid, key))
            finally:
                keys.forget(pid)
        finally:
            wire.close()
            await wire.closed

    @contextlib.contextmanager
    def _unless_the_client_leaves(self) -> Iterator[None]:
        """Give up what is awaited inside when the client goes away: an upstream may take its time without end."""
        task = asyncio.current_task()
        assert task is not None
        has_left, is_waiting = False, True

        def leave() -> None:
            nonlocal has_left
            if is_waiting:
                has_left = True
                task.cancel()

        self._client.listen(leave)
        try:
            yield
        except asyncio.CancelledError:
            if has_left and task.uncancel() == 0:
                raise SessionRefused("the client left before its session was ready") from None
            raise
        finally:
            is_waiting = False
            self._client.pause("start")

    async def _decide(self, session: Session, settings: Mapping[str, str]) -> None:
        """What the start-up asks for is an operation; raises SessionRefused where it may not be."""
        operation = startup_operation(session, settings)
        if operation is None:
            return
        submission = self._submission = Submission([operation], tell=self._tell)
        self._client.listen(submission.withdraw)
        try:
            (passage,) = await self._gateway.pipeline.admit(session, submission)
        except Denied as denied:
            raise SessionRefused(denied.what, denied.why, denied.hint) from None
        finally:
            self._client.pause("start")
        passage.forwarded()
        passage.conclude(Outcome(Status.COMPLETED, "SET"))

    def _tell(self, notice: NoticeResponse) -> None:
        self._client.write(notice.encode())

    def _terminate(self) -> None:
        reason = self._terminated or ""
        last_words = words.write_fatal("57P01", "terminating connection due to administrator command", reason)
        if self._submission is not None:
            self._submission.withdraw()
        if self._relay is not None:
            if not self._relay.is_idle:
                self._gateway.tasks.create_task(self._cancel_upstream())
            self._relay.end(reason, last_words)
        else:
            self._client.write(last_words)
            self._client.close()

    async def _cancel_upstream(self) -> None:
        opened, relay = self._upstream, self._relay
        if opened is None or opened.pid is None or relay is None:
            return
        try:
            await upstream.cancel(relay.session.target.address, opened.pid, opened.key, tls=self._tls)
        except (HooptermError, OSError) as error:
            logger.info("a cancel request did not reach its upstream", session=relay.session.id, why=str(error))

    async def _refuse(self, error: HooptermError) -> None:
        self._client.write(words.fatal_for(error))
        self._client.close()
        await self._client.closed


def _welcome(session: Session, reported: Mapping[str, str], pid: int, key: bytes) -> bytes:
    reports = (ParameterStatus(name, session.masks.text(value)).encode() for name, value in reported.items())
    return b"".join((*reports, BackendKeyData(pid, key).encode(), ReadyForQuery("I").encode()))


def peer_of(sock: socket.socket, greeting: front.Greeting) -> str:
    """Where a client comes from and what it calls itself, printable."""
    try:
        peer = sock.getpeername()
    except OSError:
        peer = ""
    where = f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else "local"
    name = "".join(char if char.isprintable() else "?" for char in greeting.parameters.get("application_name", ""))
    return f"{where} {name[:64]}".strip()


async def _analyst(gateway: Gateway, target: Target, database: str) -> Analyst:
    """What all sessions of this target and database share."""

    async def open_analyst() -> Analyst:
        login, tls = await gateway.login(target)
        return await Analyst.open(target, database, login, tls)

    analyst: Analyst = await gateway.shared(target, database, open_analyst)
    return analyst
