"""Somebody who logged in as `console`: a session channel of theirs is the console, and there is nothing else to have.

No command, no subsystem, no forwarding; an agent is taken for one thing only, to sign what is decided in the console.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import asyncssh

from engine.consoles import Guest
from engine.errors import HooptermError, SessionRefused
from engine.protocols.ssh import denial
from engine.protocols.ssh.agent import signature

if TYPE_CHECKING:
    from engine.consoles import Console
    from engine.gateway import Gateway
    from engine.model import Identity
    from engine.protocols.ssh.door import Door, DoorConnection

REFUSED: Final = 1
"""The exit status where no console is given."""

_PASSED_ON: Final = ("TERM", "COLORTERM", "NO_COLOR", "LANG", "LC_ALL", "LC_CTYPE", "LC_TIME", "TZ", "HOOPTERM_THEME")
_LONGEST: Final = 100  # characters of a variable
_IN_ORDER: Final = b"\x1b[?1049l\x1b[?1000;1002;1003;1004;1006;2004;2048l\x1b[<u\x1b[?25h\x1b[0m"
"""What a console that was killed could not say: the terminal as it was before (ECMA-48, xterm's control sequences)."""


class Visitor:
    """A client that was let in, and asked for the console."""

    forwards = None

    def __init__(self, gateway: Gateway, door: Door, wire: DoorConnection, identity: Identity) -> None:
        self.gateway = gateway
        self.guest = Guest(identity, door.peer, gateway.revision)
        self._door = door
        self._wire = wire
        self._left = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Visitor {self.guest.identity.subject} from {self.guest.client}>"

    async def serve(self) -> None:
        """Serve its channels until it leaves."""
        self._door.admit(self)
        try:
            await self._left.wait()
        finally:
            self._wire.abort()

    def takes_agent(self) -> bool:
        """Its agent may sign, where it is a key that let it in, and its certificate does not forbid that."""
        identity = self.guest.identity
        word = identity.certified
        if identity.key is None or (word is not None and "agent-forwarding" not in word.permits):
            return False
        self.guest = replace(self.guest, sign=partial(signature, self._wire, identity.key))
        return True

    def channel(self) -> ConsoleChannel:
        """A channel the client opens."""
        return ConsoleChannel(self)

    def refused(self, count: int) -> None:
        """It asked so often for something that is not known here, which no session counts."""

    def left(self) -> None:
        """The client is gone."""
        self._left.set()


class ConsoleChannel(asyncssh.SSHServerSession[bytes]):
    """The client's end of one console: the screen it is shown on."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._chan: asyncssh.SSHServerChannel[bytes] | None = None
        self._term = ""
        self._size: tuple[int, int] | None = None
        self._console: Console | None = None
        self._is_gone = False

    @property
    def chan(self) -> asyncssh.SSHServerChannel[bytes]:
        """asyncssh's channel."""
        assert self._chan is not None
        return self._chan

    # asyncssh calls these

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """The channel is open."""
        self._chan = chan

    def pty_requested(
        self, term_type: str, term_size: tuple[int, int, int, int], term_modes: Mapping[int, int]
    ) -> bool:
        """The terminal to show it on, unless the client's certificate permits none."""
        word = self._visitor.guest.identity.certified
        if word is not None and "pty" not in word.permits:
            return False
        self._term, self._size = term_type, term_size[:2]
        return True

    async def agent_lent(self) -> bool:
        """The client offers its agent."""
        return self._visitor.takes_agent()

    async def display_lent(self, protocol: bytes, cookie: bytes, screen: int) -> bool:
        """Its display is of no use."""
        return False

    def shell_requested(self) -> bool:
        """The console."""
        self._visitor.gateway.spawn(self._open(), "open a console")
        return True

    def exec_requested(self, command: str) -> bool:
        """None is run."""
        self._refuse(SessionRefused("the console takes no command", "", "ssh -t console@…, and nothing behind it"))
        return True

    def subsystem_requested(self, subsystem: str) -> bool:
        """There is none."""
        return False

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """What is typed; before there is a console, for nobody."""
        if self._console is not None:
            self._console.terminal.type(data)

    def eof_received(self) -> bool:
        """Nothing more is typed; one may go on looking."""
        return True

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        """The client's window has another size."""
        self._size = width, height
        if self._console is not None:
            self._console.terminal.resize(width, height)

    def pause_writing(self) -> None:
        """The client does not keep up."""
        if self._console is not None:
            self._console.terminal.pause()

    def resume_writing(self) -> None:
        """It does again."""
        if self._console is not None:
            self._console.terminal.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client closed it, or is gone."""
        self._is_gone = True
        if self._console is not None:
            self._console.terminal.close()
            self._console.end("the client left")

    # A console calls these

    def show(self, data: bytes) -> None:
        """Its output."""
        if not self.chan.is_closing():
            self.chan.write(data)

    def hold_input(self) -> None:
        """It does not take what is typed."""
        self.chan.pause_reading()

    def take_input(self) -> None:
        """It does again."""
        self.chan.resume_reading()

    def ended(self, status: int, why: str) -> None:
        """It is over."""
        if self._is_gone:
            return
        if status:
            self.show(_IN_ORDER)
            reason = why or f"it ended with status {status}"
            self.show(f"\r\nhoopterm: the console was ended: {denial.printable(reason)}\r\n".encode())
        elif why:
            self.show(f"hoopterm: the console was ended: {denial.printable(why)}\r\n".encode())
        self.chan.exit(REFUSED if why or status < 0 else status)

    # On its way

    async def _open(self) -> None:
        visitor = self._visitor
        try:
            visitor.gateway.consoles.permit(visitor.guest)
            if (word := visitor.guest.identity.certified) is not None and word.command is not None:
                raise SessionRefused("the certificate is for one command", "the console is none", "use another")
            if self._size is None:
                raise SessionRefused("the console needs a terminal", "none was asked for", "ssh -t console@…")
            console = await visitor.gateway.consoles.open(visitor.guest, self, self._environment(), self._size)
        except HooptermError as error:
            self._refuse(error)
            return
        self._console = console
        console.terminal.resize(*self._size)  # it may have changed meanwhile
        if self._is_gone:
            self.connection_lost(None)

    def _environment(self) -> dict[str, str]:
        """What the client says of its terminal and its reader; the console itself judges the values."""
        said = {**self.chan.get_environment(), "TERM": self._term}
        return {name: said[name] for name in _PASSED_ON if name in said and len(said[name]) <= _LONGEST}

    def _refuse(self, error: HooptermError) -> None:
        if not self._is_gone:
            self.chan.write_stderr(denial.words_of(error).encode())
            self.chan.exit(REFUSED)
