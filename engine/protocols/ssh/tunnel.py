"""Two channels joined: bytes both ways at the pace of the slower end, half-closes kept.

What passes is not masked: most of it is encrypted, and what is not has lengths of its own. So none of it is recorded
but its digests, unless the target says `record: {tunnels: all}`; then the recording has it masked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import asyncssh

from engine.errors import HooptermError, RecordError
from engine.masking import stream as maskers
from engine.model import Outcome, Status

if TYPE_CHECKING:
    from engine.gateway import Gateway
    from engine.passage import Passage
    from engine.streams import Stream

WINDOW = 512 << 10  # bytes that an end may send before they are taken: what a stalled tunnel holds, each way

_Channel = asyncssh.SSHTCPChannel[bytes] | asyncssh.SSHUNIXChannel[bytes]


class End(asyncssh.SSHTCPSession[bytes], asyncssh.SSHUNIXSession[bytes]):
    """One end. The one that is opened first is not read before the other is open too."""

    def __init__(self, tunnel: Tunnel, stream: Stream | None) -> None:
        self._tunnel = tunnel
        self._stream = stream
        self._digest = hashlib.sha256()
        self.chan: _Channel | None = None
        self.size = 0  # bytes that came out of this end
        self.has_eof = False
        self.is_full = False  # it takes no more for now
        self.is_lost = False

    def __repr__(self) -> str:
        return f"<End {self.size} bytes{' eof' * self.has_eof}{' lost' * self.is_lost}>"

    @property
    def told(self) -> str:
        """How much came out of it, and what."""
        return f"{self.size} bytes sha256:{self._digest.hexdigest()}"

    def take(self, data: bytes) -> None:
        """Record what came out of it; raises RecordError."""
        self.size += len(data)
        self._digest.update(data)
        if self._stream is not None:
            self._stream.deliver(data)

    def finish(self) -> None:
        """Nothing more comes out of it; raises RecordError."""
        if self._stream is not None:
            self._stream.finish()

    def connection_made(self, chan: _Channel) -> None:
        """It is open."""
        self.chan = chan
        self._tunnel.opened(self)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """What comes out of it goes into the other."""
        self._tunnel.passes(self, data)

    def eof_received(self) -> bool:
        """Nothing more comes out of it; it may still take something."""
        self.has_eof = True
        self._tunnel.ends(self)
        return True

    def pause_writing(self) -> None:
        """It does not keep up."""
        self.is_full = True
        self._tunnel.keep_pace()

    def resume_writing(self) -> None:
        """It does again."""
        self.is_full = False
        self._tunnel.keep_pace()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        self.is_lost = True
        self._tunnel.lost(self, exc)


class Tunnel:
    """One forwarded connection: `near` is the client's end, `far` the upstream's."""

    def __init__(self, gateway: Gateway, passage: Passage, ended: Callable[[Tunnel], None]) -> None:
        self._gateway = gateway
        self._passage = passage
        self._ended = ended
        self._is_over = False
        self._is_behind = False
        session = passage.session
        keeps = session.target.tunnels == "all"
        inward, outward = (
            passage.stream(kind, maskers.pipe(session.masks)) if keeps else None for kind in ("input", "stdout")
        )
        self.near = End(self, inward)
        self.far = End(self, outward)

    def __repr__(self) -> str:
        return f"<Tunnel of {self._passage.operation}>"

    def close(self, error: str | None = None) -> None:
        """End it; `error` is why, where it did not end by itself."""
        for end in (self.near, self.far):
            if end.chan is not None:
                end.chan.close()
        self._conclude(Outcome(Status.FAILED, error=error) if error else None)

    # The ends call these

    def opened(self, end: End) -> None:
        """One of them is open."""
        other = self._other(end)
        assert end.chan is not None
        if self._is_over:
            end.chan.close()
        elif other.chan is None:
            end.chan.pause_reading()
        else:
            if other.has_eof:
                end.chan.write_eof()
            other.chan.resume_reading()

    def passes(self, end: End, data: bytes) -> None:
        """Something came out of one."""
        other, recorder = self._other(end), self._passage.session.recorder
        try:
            if recorder.failure is not None:
                raise RecordError("the recording cannot be written", recorder.failure, "")
            end.take(data)
        except HooptermError as error:
            self.close(str(error))
            return
        if other.chan is not None and not other.chan.is_closing():
            other.chan.write(data)
        if recorder.is_behind and not self._is_behind:
            self._is_behind = True
            self.keep_pace()
            self._gateway.spawn(self._catch_up(), "wait for a recording")

    def ends(self, end: End) -> None:
        """Nothing more comes out of one: the other is told, and both are closed when that holds for both."""
        other = self._other(end)
        if other.chan is not None and not other.chan.is_closing():
            other.chan.write_eof()
            if other.has_eof:
                self.close()

    def keep_pace(self) -> None:
        """Read each end as long as the other takes it, and the recording."""
        for end in (self.near, self.far):
            other = self._other(end)
            if end.chan is None or other.chan is None or end.is_lost:
                continue
            if other.is_full or self._is_behind:
                end.chan.pause_reading()
            else:
                end.chan.resume_reading()

    def lost(self, end: End, exc: Exception | None) -> None:
        """One is closed: so is the other, once it has what is on its way to it."""
        other = self._other(end)
        if other.chan is not None and not other.is_lost:
            other.chan.close()
        broke = end is self.far and exc is not None
        self._conclude(Outcome(Status.LOST, error="the connection to the target broke") if broke else None)

    def _other(self, end: End) -> End:
        return self.far if end is self.near else self.near

    def _conclude(self, outcome: Outcome | None) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._ended(self)
        try:
            self.near.finish()
            self.far.finish()
            tag = f"in {self.near.told}, out {self.far.told}"
            self._passage.conclude(outcome or Outcome(Status.COMPLETED, tag))
        except HooptermError:
            pass  # what cannot be recorded is a gap of the record, and the tunnel is closed already

    async def _catch_up(self) -> None:
        try:
            await self._passage.session.recorder.drained()
        except HooptermError as error:
            self.close(str(error))
        else:
            self._is_behind = False
            self.keep_pace()
