"""Consoles that people have over SSH: who may, how many, and what ends them.

Each is a process forked from the nursery, on a terminal of ours. It has none of the engine's rights: over its pair it
asks for connections to the control API, which are served as the person who logged in, and nothing else is given to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
import structlog

from engine import admission, terminals
from engine.api.schema import ErrorView
from engine.audit.events import EventName
from engine.errors import HooptermError, RecordError, SessionRefused
from engine.nursery import LOST, Child, Nursery, user_of
from engine.terminals import Terminal
from engine.throttle import Throttle

if TYPE_CHECKING:
    from engine.api.auth import Sign
    from engine.api.server import Visit
    from engine.config.revision import Revision
    from engine.gateway import Gateway
    from engine.model import Identity

NAME: Final = "console"
"""What stands in the place of a target where somebody asks for it."""

MOST: Final = 100
MOST_EACH: Final = 8
"""Consoles at a time, and those of one person."""

_CONNECTIONS: Final = 16  # that one console may have open
_ASKED: Final = 120  # connections that it may ask for a minute: what comes on top waits a second each
_PAUSE: Final = 1.0  # seconds
_CHECK: Final = 0.25  # seconds; who may not any more must be out within one
_GRACE: Final = 2.0  # seconds from asking a console to end to making it


logger = structlog.get_logger()


class Screen(terminals.Screen, Protocol):
    """Where a console is shown."""

    def ended(self, status: int, why: str) -> None:
        """It is over: its exit status, and why where it did not end by itself."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who logged in under a revision, from where, and how they sign what they decide."""

    identity: Identity
    client: str
    revision: Revision
    sign: Sign | None = None


class Console:
    """One person's console."""

    def __init__(
        self, id: str, guest: Guest, terminal: Terminal, pair: socket.socket, visit: Visit, child: Child
    ) -> None:
        self.id = id
        self.guest = guest
        self.terminal = terminal
        self.child = child
        self._pair = pair
        self._visit = visit
        self._throttle = Throttle(_ASKED, 60.0)
        self._ending = asyncio.Event()
        self.why = ""

    def __repr__(self) -> str:
        return f"<Console {self.id} of {self.guest.identity.subject}>"

    def end(self, why: str) -> None:
        """End it: it may put the terminal back in order, and can ask the engine nothing more."""
        self.why = self.why or why
        self._ending.set()

    async def live(self) -> int:
        """Its exit status, when it is over; nothing of it is left then."""
        try:
            async with asyncio.TaskGroup() as tasks:
                answering = tasks.create_task(self._answer())
                ending = tasks.create_task(self._ending.wait())
                either: list[asyncio.Future[Any]] = [self.child.ended, ending]
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                answering.cancel()
                ending.cancel()
            await self._visit.close()
            await self._end_child()
            with contextlib.suppress(TimeoutError):  # its last words
                async with asyncio.timeout(_GRACE):
                    await self.terminal.over.wait()
        finally:
            self.child.kill()
            self.terminal.close()
            self._pair.close()
        return self.child.ended.result() if self.child.ended.done() else LOST

    async def _end_child(self) -> None:
        for tell in (self.child.end, self.child.kill):
            if not self.child.ended.done():
                tell()
                await asyncio.wait({self.child.ended}, timeout=_GRACE)

    async def _answer(self) -> None:
        """Give it connections to the control API as it asks for them."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):  # it does not read its answers, or is gone
            while await loop.sock_recv(self._pair, 64):
                if not self._throttle.admits():
                    await asyncio.sleep(_PAUSE)  # what asks without end is answered, slowly
                if self._visit.connections >= _CONNECTIONS:
                    refusal = ErrorView("crowded", f"this console has {_CONNECTIONS} connections open")
                    self._pair.send(msgspec.json.encode({"error": refusal}))
                    continue
                ours, theirs = socket.socketpair()
                with theirs:
                    ours.setblocking(False)
                    await self._visit.adopt(ours)
                    socket.send_fds(self._pair, [b"{}"], [theirs.fileno()])


class Consoles:
    """All consoles of one engine; `command` starts their nursery. Without one there are none."""

    def __init__(self, gateway: Gateway, command: Sequence[str]) -> None:
        self._gateway = gateway
        self._nursery = Nursery(command) if command else None
        self._user: tuple[int, int] | None = None
        self._open: set[Console] = set()
        self._opening: Counter[str] = Counter()
        self._tasks: list[asyncio.Task[None]] = []

    def __repr__(self) -> str:
        return f"<Consoles {len(self._open)}>"

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Be ready for people, where they can come in at all; raises HooptermError for a user that cannot be had."""
        settings = self._gateway.revision.settings
        if self._nursery is None or "ssh" not in settings.listeners:
            return
        self._user = user_of(settings.engine.consoles.user)
        self._tasks = [tasks.create_task(self._nursery.run()), tasks.create_task(self._watch())]
        self._gateway.tokens.on_revoked.append(self._end_token)

    def stop(self) -> None:
        """End the nursery; every console is over by then, or ends with it."""
        for task in self._tasks:
            task.cancel()

    def end_all(self, why: str) -> None:
        """End every console."""
        for console in tuple(self._open):
            console.end(why)

    def permit(self, guest: Guest) -> None:
        """Raise SessionRefused, and record that, for who may not have a console."""
        try:
            if self._gateway.is_draining:
                raise SessionRefused("the engine is stopping", "", "try again in a moment")
            if self._nursery is None:
                raise SessionRefused("this engine serves no consoles", "it was started without a program for them")
            self._require(guest)
        except SessionRefused as refused:
            self._gateway.refusals.tell(refused, guest.identity.subject, NAME, client=guest.client)
            raise

    async def open(
        self, guest: Guest, screen: Screen, environment: Mapping[str, str], size: tuple[int, int]
    ) -> Console:
        """A console of somebody, shown on a screen of so many columns and rows; raises SessionRefused, RecordError,
        HooptermError."""
        self.permit(guest)
        subject = guest.identity.subject
        self._opening[subject] += 1
        try:
            self._require_place(guest)
            id = f"c-{secrets.token_hex(6)}"
            await self._record_opening(id, guest)
            try:
                console = await self._fork(id, guest, screen, environment, size)
            except HooptermError as error:
                self._record_closing(id, subject, str(error), None)
                raise
        finally:
            self._opening[subject] -= 1
        self._open.add(console)
        self._gateway.spawn(self._serve(console, screen), "serve a console")
        return console

    async def _fork(
        self, id: str, guest: Guest, screen: Screen, environment: Mapping[str, str], size: tuple[int, int]
    ) -> Console:
        assert self._nursery is not None
        terminal = Terminal(screen)
        terminal.resize(*size)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        asked = {"environment": environment, "user": self._user, "name": socket.gethostname()}
        try:
            with theirs:
                child = await self._nursery.fork(terminal.program_side, theirs.fileno(), asked)
        except HooptermError:
            ours.close()
            terminal.begin()
            terminal.close()
            raise
        terminal.begin()
        visit = await self._gateway.control.visit(guest.identity.subject, guest.sign)
        return Console(id, guest, terminal, ours, visit, child)

    async def _serve(self, console: Console, screen: Screen) -> None:
        status = LOST
        try:
            status = await console.live()
        finally:
            self._open.discard(console)
            self._record_closing(console.id, console.guest.identity.subject, console.why, status)
            screen.ended(status, console.why)

    async def _watch(self) -> None:
        """End consoles of people who may not have one any more: expired, locked, without key or permission."""
        while True:
            await asyncio.sleep(_CHECK)
            for console in tuple(self._open):
                try:
                    self._require(console.guest)
                except SessionRefused as refused:
                    console.end(refused.what)

    def _require(self, guest: Guest) -> None:
        gateway = self._gateway
        admission.require_guest(gateway.revision, gateway.locks, guest.identity, guest.revision, gateway.now())

    def _require_place(self, guest: Guest) -> None:
        """One person leaves room for the others; raises SessionRefused."""
        subject = guest.identity.subject
        theirs = sum(console.guest.identity.subject == subject for console in self._open) + self._opening[subject]
        refused = None
        if theirs > MOST_EACH:
            refused = SessionRefused("too many consoles", f"{subject} has {MOST_EACH} open", "close some")
        elif len(self._open) + self._opening.total() > MOST:
            refused = SessionRefused("too many consoles", f"{MOST} are open", "try again in a while")
        if refused is not None:
            self._gateway.refusals.tell(refused, subject, NAME, client=guest.client)
            raise refused

    def _end_token(self, token: str) -> None:
        for console in tuple(self._open):
            if console.guest.identity.token == token:
                console.end("the token was revoked")

    async def _record_opening(self, id: str, guest: Guest) -> None:
        identity, log = guest.identity, self._gateway.log
        said = {
            "console": id,
            "client": guest.client,
            "authenticated": identity.authenticated,
            "token": identity.token,
            "signs": guest.sign is not None,
        }
        await log.wait(log.append(EventName.CONSOLE_OPENED, identity=identity.subject, data=said))

    def _record_closing(self, id: str, subject: str, why: str, status: int | None) -> None:
        said = {"console": id, "reason": why or "it was left", "status": status}
        try:
            self._gateway.log.append(EventName.CONSOLE_CLOSED, identity=subject, data=said)
        except RecordError as error:
            logger.error("a console's end could not be recorded", console=id, why=str(error))
