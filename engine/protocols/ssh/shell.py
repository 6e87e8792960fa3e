"""An interactive shell: each typed line is decided before the Enter key that runs it goes on.

Keys go on at once; only an Enter key waits, until what was typed before it is shown. Then the line is read off the
screen, admitted, and recorded as inferred. What a shell can do without showing it is not seen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import asyncssh

from engine.errors import Denied, HooptermError
from engine.model import Operation, Outcome, Status, Verdict
from engine.protocols.base import Hold
from engine.protocols.ssh import denial
from engine.protocols.ssh.commands.telling import tell
from engine.protocols.ssh.echo import Echo
from engine.protocols.ssh.keyboard import Keyboard, Kind, is_quick, parts, pasted_lines, starred
from engine.protocols.ssh.prompt import Prompt
from engine.protocols.ssh.relay import STDERR, Relay
from engine.protocols.ssh.requests import Terminal, new_id
from engine.protocols.ssh.submission import Submission

if TYPE_CHECKING:
    from engine.gateway import Gateway
    from engine.passage import Passage
    from engine.session import Session

_ECHO: Final = 0.5  # seconds that keys may take to be shown, where they may be meant not to be
_LATE: Final = 10.0  # … and where a shell is reading a line, which it always shows
_QUIET: Final = 0.03  # … and without output before a line that only the shell knows is taken to stand
_CLOSING: Final = 2.0
_MOST_WAITING: Final = 256 << 10
_MOST_UNRECORDED: Final = 4096
_WIPE: Final = b"\x03"


class Shell(Relay):
    """The relay of a shell on a terminal. `leave` ends the session, for a reason."""

    def __init__(
        self,
        gateway: Gateway,
        passage: Passage,
        client: asyncssh.SSHServerChannel[bytes],
        terminal: Terminal,
        leave: Callable[[str], None],
    ) -> None:
        super().__init__(gateway, passage, client, terminal)
        self._leave = leave
        self._prompt = Prompt(*terminal.size[:2])
        self._keyboard = Keyboard()
        self._echo = Echo()
        self._is_typing = False
        self._is_answered = True  # there was output since something was sent
        self._sent = self._heard = 0.0
        self._news = asyncio.Event()
        self._queue: list[bytes] = []  # what came while an Enter key waits
        self._is_busy = False
        self._has_eof = False
        self._submission: Submission | None = None
        self._unrecorded = b""

    def send(self, data: bytes) -> None:
        """Input of the client: at once, except an Enter key and what follows it."""
        if self._upstream is None or self._failure is not None:
            return
        if not self._is_busy and is_quick(data):
            self._pass_on(data)
            return
        self._queue.append(data)
        if self._submission is not None and _WIPE in data:
            self._submission.withdraw()
        if sum(map(len, self._queue)) > _MOST_WAITING:
            self._client.pause_reading()
        if not self._is_busy:
            self._is_busy = True
            self._gateway.spawn(self._work(), "decide a typed line")

    def send_eof(self) -> None:
        """The client sends no more."""
        if self._is_busy:
            self._has_eof = True
        else:
            super().send_eof()

    def resize(self, columns: int, rows: int, width: int, height: int) -> None:
        """The client's terminal has another size."""
        self._prompt.resize(columns, rows)
        super().resize(columns, rows, width, height)

    def close(self) -> None:
        """The client's channel is gone."""
        if self._submission is not None:
            self._submission.withdraw()
        super().close()

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Output of the upstream."""
        self._prompt.output(data)
        self._is_answered = True
        self._heard = asyncio.get_running_loop().time()
        self._news.set()
        super().data_received(data, datatype)

    def connection_lost(self, exc: Exception | None) -> None:
        """The upstream's channel is closed."""
        self._show_typed(None)
        self._news.set()
        super().connection_lost(exc)

    def _deliver(self, data: bytes, datatype: int | None) -> None:
        if datatype is None:
            self._echo.sent(data)
        super()._deliver(data, datatype)

    def _let_go(self) -> None:
        super()._let_go()
        self._news.set()

    # Keys

    def _pass_on(self, data: bytes) -> None:
        """Keys that run nothing."""
        if not self._is_typing:
            self._prompt.mark()
        self._is_typing = self._keyboard.press(data)
        self._write(data)

    def _write(self, data: bytes) -> None:
        self._is_answered = False
        self._sent = asyncio.get_running_loop().time()
        super().send(data)

    def _record_input(self, data: bytes) -> None:
        """What is typed is shown in the recording once it is known to be shown on the screen."""
        if self._kept != "masked":
            super()._record_input(data)
            return
        self._unrecorded += data
        if len(self._unrecorded) > _MOST_UNRECORDED:
            self._show_typed(None)

    def _show_typed(self, line: str | None) -> None:
        """Record what was typed: as it is where it is just the line, else as stars."""
        data, self._unrecorded = self._unrecorded, b""
        if not data:
            return
        try:
            self._input.deliver(data if line is not None and data == line.encode() else starred(data))
        except HooptermError as error:
            self.fail(error)

    # Lines

    async def _work(self) -> None:
        """Send on what is queued, each Enter key once what it runs may run."""
        try:
            while self._queue and self._failure is None:
                data = b"".join(self._queue)
                self._queue.clear()
                for kind, part in parts(data, takes_pastes=self._prompt.takes_pastes):
                    await self._take(kind, part)
        except Denied as denied:
            await self._refuse(denied)
        except HooptermError as error:
            self.fail(error)
        finally:
            self._is_busy = False
            self._queue.clear()
            self._client.resume_reading()
        if self._has_eof:
            super().send_eof()

    async def _take(self, kind: Kind, part: bytes) -> None:
        if not self._is_typing:
            await self._echoed(None)  # of the Enter key before it
        if kind is Kind.TEXT:
            self._pass_on(part)
            return
        typed = self._keyboard.text
        lines: Sequence[str]
        if kind is Kind.PASTE:
            lines, rest = pasted_lines(part, typed or "")
        else:
            lines = await self._lines(typed)
        passages = await self._admitted(lines)
        if kind is Kind.PASTE:
            self._pass_on(part)
            self._keyboard.begin(rest)
        else:
            self._show_typed(lines[0] if lines else None)
            self._keyboard.enter(part)
            self._is_typing = self._keyboard.text is None
            self._write(part)
            self._show_typed(None)
        for passage in passages:
            passage.forwarded()
            passage.conclude(Outcome(Status.COMPLETED, "LINE"))

    async def _lines(self, typed: str | None) -> Sequence[str]:
        """The lines that an Enter key runs, as far as they can be read."""
        if typed == "" or not self._is_watched or self._prompt.is_full_screen:
            return ()
        await self._echoed(typed)
        line = self._prompt.line(typed)
        return () if line is None else line.split("\n")

    @property
    def _is_watched(self) -> bool:
        """Whether lines are wanted: for the recording, or because a rule may stop one."""
        return self._kept != "no" or self._may_stop

    @property
    def _may_stop(self) -> bool:
        session = self._passage.session
        return session.revision.policy.may_stop(session.identity, session.target, "LINE")

    async def _echoed(self, typed: str | None) -> None:
        """Wait until what was sent is shown: `typed`, where that is known. Not forever: it may be meant not to be."""
        while self._failure is None and not self.ended.is_set():
            if self._is_answered and typed is not None and self._prompt.shows(typed):
                return
            until = self._sent + (_LATE if self._prompt.takes_pastes else _ECHO)
            if self._is_answered:
                until = min(until, self._heard + (_QUIET if typed is None else _ECHO))
            self._news.clear()
            try:
                async with asyncio.timeout_at(until):
                    await self._news.wait()
            except TimeoutError:
                return

    async def _admitted(self, lines: Sequence[str]) -> Sequence[Passage]:
        """Through the pipeline; raises Denied and RecordError."""
        session = self._passage.session
        operations = [_operation(session, line.strip()) for line in lines if line.strip()]
        if not operations:
            return ()
        if self._may_stop:
            await self._released()
        self._submission = Submission(operations, self._tell)
        if self._client.is_closing():
            self._submission.withdraw()
        try:
            return await self._gateway.pipeline.admit(session, self._submission)
        finally:
            self._submission = None

    async def _released(self) -> None:
        """Wait until the client has what was shown so far: what masking holds back would come behind a notice."""
        held = self._release
        while held is not None and self._release is held and not self.ended.is_set():
            self._news.clear()
            await self._news.wait()

    def _tell(self, hold: Hold) -> None:
        self._say(denial.words_of_hold(hold))

    def _say(self, words: str) -> None:
        """A notice on lines of its own, and below it once more the line it is about.

        On a terminal there is one stream: a client may write what came as standard error before or after the rest.
        """
        super()._deliver(b"\r\n" + words.encode() + self._echo.again(), None)

    async def _refuse(self, denied: Denied) -> None:
        """A line that a rule denies ends the session; one that people did not let run is wiped off."""
        if denied.decision.verdict is not Verdict.DENY:
            self._say(denial.words_of(denied))
            self._is_typing = self._keyboard.press(_WIPE)
            self._write(_WIPE)
            return
        self._deliver(b"\r\n", STDERR)
        self.fail(denied)
        try:
            async with asyncio.timeout(_CLOSING):
                await self.ended.wait()
        except TimeoutError:
            pass
        self._leave(f"a typed line was denied: {denied.why}")


def _operation(session: Session, line: str) -> Operation:
    told = tell(line)
    return Operation(
        id=new_id(session),
        session=session.id,
        kind="line",
        verb="LINE",
        text=line,
        accesses=told.accesses,
        why_opaque=told.why_opaque,
        is_inferred=True,
    )
