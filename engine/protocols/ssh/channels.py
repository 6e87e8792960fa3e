"""One session channel of the client: what it asks for is decided, then it is joined to a channel of the upstream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import asyncssh
from asyncssh.packet import Boolean, String, UInt32

from engine.errors import Denied, HooptermError, UpstreamError
from engine.masking.guard import guard, unseen
from engine.model import Access, Effect, Operation, Outcome, Resource, Status
from engine.protocols.base import Hold
from engine.protocols.ssh import denial
from engine.protocols.ssh.commands.conversations import conversation
from engine.protocols.ssh.commands.telling import tell
from engine.protocols.ssh.destinations import lent
from engine.protocols.ssh.filerelay import FileRelay, carries_sftp
from engine.protocols.ssh.relay import Relay
from engine.protocols.ssh.requests import Request, Terminal, operation_of, variable_operation
from engine.protocols.ssh.scprelay import ScpRelay, transfer_of
from engine.protocols.ssh.shell import Shell
from engine.protocols.ssh.submission import Submission
from engine.protocols.ssh.upstream import why_of
from engine.protocols.ssh.variables import is_never_passed

if TYPE_CHECKING:
    from engine.masking.plan import Masks
    from engine.masking.stream import StreamMasker
    from engine.passage import Passage
    from engine.protocols.ssh.adapter import Connection


class Channel(asyncssh.SSHServerSession[bytes]):
    """The client's end. Nothing it sends is read before what it asked for runs upstream."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._chan: asyncssh.SSHServerChannel[bytes] | None = None
        self._terminal: Terminal | None = None
        self._submission: Submission | None = None
        self._relay: Relay | None = None
        self._early: list[bytes] = []
        self._has_eof = False
        self._is_gone = False
        self._asked: list[tuple[bytes, bytes]] = []  # requests that go upstream in front of what is run
        self.lent: set[str] = set()  # AGENT, X11: what may be used upstream as long as the channel is open

    @property
    def chan(self) -> asyncssh.SSHServerChannel[bytes]:
        """asyncssh's channel."""
        assert self._chan is not None
        return self._chan

    def say(self, words: str) -> None:
        """Tell the client something on its standard error."""
        if self._chan is not None and not self._chan.is_closing():
            self._chan.write_stderr(words.encode())

    def end(self, words: str) -> None:
        """The session ends: say so, and close."""
        self.say(words)
        if self._submission is not None:
            self._submission.withdraw()
        if self._chan is not None:
            self._chan.exit(denial.BROKEN)

    # asyncssh calls these

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """The channel is open."""
        self._chan = chan

    def pty_requested(
        self, term_type: str, term_size: tuple[int, int, int, int], term_modes: Mapping[int, int]
    ) -> bool:
        """A pseudo-terminal for what comes next; it is part of that."""
        self._terminal = Terminal(term_type, term_size, term_modes)
        return True

    def shell_requested(self) -> bool:
        """An interactive shell."""
        return self._begin(Request("shell", terminal=self._terminal))

    def exec_requested(self, command: str) -> bool:
        """A command."""
        return self._begin(Request("exec", command, self._terminal))

    def subsystem_requested(self, subsystem: str) -> bool:
        """A subsystem."""
        return self._begin(Request("subsystem", subsystem, self._terminal))

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Input; what comes before it can go anywhere waits, and no more is read until then."""
        if self._relay is not None:
            self._relay.send(data)
        else:
            self._early.append(data)
            self.chan.pause_reading()

    def eof_received(self) -> bool:
        """No more input; output may go on. Even a channel that is not read yet may tell this."""
        self._has_eof = True
        if self._relay is not None:
            self._relay.send_eof()
        return True

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        """The client's window has another size."""
        if self._relay is not None:
            self._relay.resize(width, height, pixwidth, pixheight)

    def signal_received(self, signal: str) -> None:
        """A signal for what runs."""
        if self._relay is not None:
            self._relay.signal(signal)

    def break_received(self, msec: int) -> bool:
        """A break for what runs."""
        if self._relay is not None:
            self._relay.send_break(msec)
        return self._relay is not None

    def pause_writing(self) -> None:
        """The client does not keep up."""
        if self._relay is not None:
            self._relay.pause_output()

    def resume_writing(self) -> None:
        """It does again."""
        if self._relay is not None:
            self._relay.resume_output()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client closed it, or is gone."""
        self._is_gone = True
        if self._submission is not None:
            self._submission.withdraw()
        if self._relay is not None:
            self._relay.close()
        self._connection.forget(self)

    async def agent_lent(self) -> bool:
        """Whether what runs upstream may ask the client's agent."""
        return await self._lend("AGENT", b"auth-agent-req@openssh.com")

    async def display_lent(self, protocol: bytes, cookie: bytes, screen: int) -> bool:
        """Whether what runs upstream may use the client's display. The cookie is one the client made up for it."""
        arguments = Boolean(False) + String(protocol) + String(cookie.hex()) + UInt32(screen)
        return await self._lend("X11", b"x11-req", arguments)

    # On its way

    async def _lend(self, verb: str, request: bytes, arguments: bytes = b"") -> bool:
        try:
            passage = await self._connection.forwards.admitted(lent(self._connection.session, verb))
        except HooptermError as error:
            self.say(denial.words_of(error))
            return False
        passage.forwarded()
        passage.conclude(Outcome(Status.COMPLETED, verb))
        self._asked.append((request, arguments))
        self.lent.add(verb)
        return True

    def _begin(self, request: Request) -> bool:
        self._connection.spawn(self._serve(request), f"serve a {request.kind}")
        return True

    async def _serve(self, request: Request) -> None:
        try:
            await self._run(request)
        except HooptermError as error:
            self.say(denial.words_of(error))
            self.chan.exit(denial.status_of(error))

    async def _run(self, request: Request) -> None:
        environment = await self._environment()
        session = self._connection.session
        passage = await self._admitted(operation_of(session, request, *_accesses(request)))
        try:
            await self._join(request, passage, environment)
        except HooptermError as error:
            passage.conclude(Outcome(Status.FAILED, error=str(error)))
            raise

    async def _environment(self) -> dict[bytes | str, bytes | str]:
        """The variables that may be set upstream; the others are dropped, as sshd drops what it does not accept."""
        kept: dict[bytes | str, bytes | str] = {}
        for name, value in list(self.chan.get_environment().items()):
            if is_never_passed(name):
                continue
            try:
                passage = await self._admitted(variable_operation(self._connection.session, name, value))
            except Denied:
                continue
            passage.forwarded()
            passage.conclude(Outcome(Status.COMPLETED, "ENV"))
            kept[name] = value
        return kept

    async def _admitted(self, operation: Operation) -> Passage:
        """Through the pipeline; raises Denied and RecordError."""
        self._submission = Submission([operation], self._tell)
        if self._is_gone:
            self._submission.withdraw()
        (passage,) = await self._connection.gateway.pipeline.admit(self._connection.session, self._submission)
        return passage

    async def _join(self, request: Request, passage: Passage, environment: Mapping[bytes | str, bytes | str]) -> None:
        handling = passage.decision.handling
        principal = handling.principal if handling is not None else None
        masker = _masker_of(request, passage)
        if is_sftp := carries_sftp(request):
            principal = self._connection.transferring()
        upstream = await self._connection.upstream(principal)
        gateway, terminal = self._connection.gateway, request.terminal
        if is_sftp:
            relay: Relay = FileRelay(gateway, passage, self.chan, principal)
        elif (transfer := transfer_of(request)) is not None:
            relay = ScpRelay(gateway, passage, self.chan, transfer)
        elif request.kind == "shell" and terminal is not None:
            relay = Shell(gateway, passage, self.chan, terminal, self._connection.terminate)
        else:
            relay = Relay(gateway, passage, self.chan, terminal, masker=masker)
        relay.asked = self._asked
        try:
            await upstream.create_session(
                lambda: relay,
                request.text if request.kind == "exec" else None,
                subsystem=request.text if request.kind == "subsystem" else None,
                env=environment or None,
                send_env=None,
                request_pty="force" if terminal is not None else False,
                term_type=terminal.term if terminal is not None else None,
                term_size=terminal.size if terminal is not None else (),
                term_modes=terminal.modes if terminal is not None else (),
                encoding=None,
            )
        except (asyncssh.Error, OSError) as error:
            raise UpstreamError(
                f"{passage.session.target.name} did not run it", why_of(error), "ask whoever runs the target"
            ) from None
        passage.forwarded()
        self._relay = relay
        if self._is_gone:
            relay.close()
        else:
            for data in self._early:
                relay.send(data)
            self._early.clear()
            self.chan.resume_reading()
            if self._has_eof:
                relay.send_eof()

    def _tell(self, hold: Hold) -> None:
        self.say(denial.words_of_hold(hold))


def _masker_of(request: Request, passage: Passage) -> Callable[[Masks], StreamMasker] | None:
    """How what it sends is looked at where nothing of it may be changed; raises where no rule lets that run."""
    if request.kind != "exec" or passage.session.masks.detection is None:
        return None
    if (talk := conversation(request.text)) is None:
        return None
    mask = passage.decision.handling.mask if passage.decision.handling is not None else ""
    may = request.terminal is None and talk.is_alone
    if may and talk.is_packed and talk.is_installed and mask == "unseen":
        return unseen
    if may and not talk.is_packed and mask in ("stop", "unseen"):
        return guard
    if mask in ("stop", "unseen") and not may:
        why = "on a terminal, or with anything else in its line, its output cannot be told from other output"
        hint = "run it alone, as a client of it does"
    elif mask == "unseen":
        why = "what lies there under its name may be any program, and its output would not be looked at"
        hint = "call it by its name, or where systems have it, as /usr/bin"
    elif mask == "stop":
        why = "what it sends is compressed, so no value in it can be seen"
        hint = "leave compression out (rsync without -z), or have a rule say `mask: unseen`"
    else:
        why = "its two ends check every byte and wait for each other, so nothing of it can be held back or changed"
        hint = "use scp or sftp, or have a rule say `mask: stop` (rsync) or `mask: unseen` (git, rsync -z)"
    raise HooptermError(f"{talk.program} is not run where values are masked", why, hint)


def _accesses(request: Request) -> tuple[tuple[Access, ...], str | None]:
    """What the request touches, and why that could not be told."""
    if request.kind == "shell":
        return (Access(Effect.EXECUTE, Resource("shell", "")),), None
    if request.kind == "subsystem" and carries_sftp(request):
        return (Access(Effect.HOUSEKEEPING, Resource("subsystem", request.text)),), None  # what it does is decided
    if request.kind == "subsystem":
        return (Access(Effect.EXECUTE, Resource("subsystem", request.text)),), None
    told = tell(request.text)
    return told.accesses, told.why_opaque
