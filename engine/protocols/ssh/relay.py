"""One upstream channel and the client's: bytes both ways, masked and recorded, at the pace of the slower end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import asyncssh

from engine.errors import HooptermError
from engine.masking import stream as maskers
from engine.masking.plan import Masks
from engine.masking.stream import StreamMasker
from engine.model import Handling, Outcome, Status
from engine.protocols.ssh import denial
from engine.protocols.ssh.keyboard import starred

if TYPE_CHECKING:
    from engine.gateway import Gateway
    from engine.passage import Passage
    from engine.protocols.ssh.requests import Terminal

STDERR = asyncssh.EXTENDED_DATA_STDERR
_RELEASE = 0.03  # seconds that a terminal waits for the rest of what could be a value


class Relay(asyncssh.SSHClientSession[bytes]):
    """The upstream's end of one operation, and the way of its bytes to and from the client's channel.

    Output is masked and recorded before it is delivered. Input goes on as it is; what the recording keeps of it is
    masked, and what is typed into a terminal is kept as its rules say. Raises RecordError.
    """

    def __init__(
        self,
        gateway: Gateway,
        passage: Passage,
        client: asyncssh.SSHServerChannel[bytes],
        terminal: Terminal | None = None,
        *,
        masker: Callable[[Masks], StreamMasker] | None = None,
    ) -> None:
        """`masker` is that of its output, where it is not masked as all output of its kind."""
        self._gateway = gateway
        self._passage = passage
        self._client = client
        self._has_terminal = terminal is not None
        self._upstream: asyncssh.SSHClientChannel[bytes] | None = None
        handling = passage.decision.handling or Handling()
        self._kept = handling.record_input  # yes | no | masked
        masks = passage.session.masks
        if masker is None:
            on_terminal = maskers.lines if handling.mask == "strict" else maskers.terminal
            masker = maskers.pipe if terminal is None else on_terminal
        self._output = passage.stream("stdout", masker(masks), is_counted=True)
        self._errors = passage.stream("stderr", maskers.pipe(masks), is_counted=True)
        self._input = passage.stream("input", maskers.pipe(masks))
        self._release: asyncio.TimerHandle | None = None
        self._exit: tuple[int, str] | None = None  # status and, where it was one, the signal
        self._failure: HooptermError | None = None
        self.asked: Sequence[tuple[bytes, bytes]] = ()  # requests and their arguments, before anything runs
        self.ended = asyncio.Event()
        if terminal is not None:
            self._tell_size(*terminal.size[:2], term=terminal.term)

    def __repr__(self) -> str:
        return f"<Relay of {self._passage.operation}>"

    # From the client

    def send(self, data: bytes) -> None:
        """Input of the client, on its way upstream."""
        if self._upstream is None or self._failure is not None or self._upstream.is_closing():
            return
        try:
            self._record_input(data)
        except HooptermError as error:
            self.fail(error)
        else:
            self._upstream.write(data)

    def send_eof(self) -> None:
        """The client sends no more."""
        if self._upstream is not None:
            self._upstream.write_eof()

    def pause_output(self) -> None:
        """The client does not keep up."""
        if self._upstream is not None:
            self._upstream.pause_reading()

    def resume_output(self) -> None:
        """It does again."""
        if self._upstream is not None:
            self._upstream.resume_reading()

    def resize(self, columns: int, rows: int, width: int, height: int) -> None:
        """The client's terminal has another size."""
        if self._upstream is not None and self._has_terminal:
            self._upstream.change_terminal_size(columns, rows, width, height)
            try:
                self._tell_size(columns, rows)
            except HooptermError as error:
                self.fail(error)

    def signal(self, name: str) -> None:
        """The client sends a signal to what runs."""
        if self._upstream is not None:
            self._upstream.send_signal(name)

    def send_break(self, milliseconds: int) -> None:
        """The client sends a break."""
        if self._upstream is not None:
            self._upstream.send_break(milliseconds)

    def close(self) -> None:
        """The client's channel is gone: what runs upstream loses its terminal or its pipes."""
        if self._upstream is not None:
            self._upstream.close()

    def fail(self, error: HooptermError) -> None:
        """Nothing more can be done for it: it ends with these words."""
        if self._failure is None:
            self._failure = error
            self._deliver(denial.words_of(error).encode(), STDERR)
            self.close()

    # From the upstream: asyncssh calls these

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        """The upstream's channel is open, and nothing runs in it yet."""
        self._upstream = chan
        for request, arguments in self.asked:
            chan._send_request(request, arguments)  # one that asyncssh would open the engine's own agent or display for

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Output of the upstream."""
        stream = self._errors if datatype == STDERR else self._output
        try:
            self._deliver(stream.deliver(data), datatype)
        except HooptermError as error:
            self.fail(error)
            return
        if self._release is None and self._output.is_holding:
            self._release = asyncio.get_running_loop().call_later(_RELEASE, self._let_go)
        self._keep_pace()

    def eof_received(self) -> bool:
        """The upstream has no more output; its exit status may still come."""
        self._finish()
        self._client.write_eof()
        return True

    def exit_status_received(self, status: int) -> None:
        """How the command ended."""
        self._exit = (status, "")

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        """The signal that ended it."""
        self._exit = (128, signal)

    def pause_writing(self) -> None:
        """The upstream does not keep up."""
        self._client.pause_reading()

    def resume_writing(self) -> None:
        """It does again."""
        self._client.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """The upstream's channel is closed: this is the outcome."""
        self._finish()
        if self._release is not None:
            self._release.cancel()
        try:
            self._passage.conclude(self._outcome())
        except HooptermError as error:
            self._failure = self._failure or error
        if self._failure is not None:
            self._client.exit(denial.status_of(self._failure))
        elif self._exit is None:
            self._client.close()
        elif self._exit[1]:
            self._client.exit_with_signal(self._exit[1])
        else:
            self._client.exit(self._exit[0])
        self.ended.set()

    def _record_input(self, data: bytes) -> None:
        """Keep what is typed into a terminal as its rules say; what a pipe carries is masked by detectors alone."""
        if not self._has_terminal or self._kept == "yes":
            self._input.deliver(data)
        elif self._kept == "masked":
            self._input.deliver(starred(data))

    def _tell_size(self, columns: int, rows: int, term: str = "") -> None:
        size = {"operation": self._passage.operation.id, "cols": columns, "rows": rows}
        self._passage.session.recorder.event("t", {**size, "term": term} if term else size)

    def _outcome(self) -> Outcome:
        masked = self._output.masked + self._errors.masked
        rows = self._output.lines + self._errors.lines
        if self._failure is not None:
            return Outcome(Status.FAILED, rows=rows, masked=masked, error=str(self._failure))
        if self._exit is None:
            return Outcome(Status.LOST, rows=rows, masked=masked, error="it ended without an exit status")
        status, signal = self._exit
        return Outcome(Status.COMPLETED, f"signal {signal}" if signal else f"exit {status}", rows=rows, masked=masked)

    def _deliver(self, data: bytes, datatype: int | None) -> None:
        if data and not self._client.is_closing():
            self._client.write(data, datatype)

    def _let_go(self) -> None:
        self._release = None
        try:
            self._deliver(self._output.release(), None)
        except HooptermError as error:
            self.fail(error)

    def _finish(self) -> None:
        try:
            self._deliver(self._output.finish(), None)
            self._deliver(self._errors.finish(), STDERR)
            self._input.finish()
        except HooptermError as error:
            self.fail(error)

    def _keep_pace(self) -> None:
        """Take no more from the upstream than the recording keeps up with."""
        if self._passage.session.recorder.is_behind:
            self.pause_output()
            self._gateway.spawn(self._catch_up(), "wait for a recording")

    async def _catch_up(self) -> None:
        try:
            await self._passage.session.recorder.drained()
        except HooptermError as error:
            self.fail(error)
        else:
            self.resume_output()
