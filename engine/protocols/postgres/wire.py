"""One socket of a session: reads into one buffer, and pauses for as long as anybody has a reason to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

_READ = 256 * 1024  # a large answer comes in fewer pieces; one buffer serves all connections of a thread
_WRITE_HIGH = 256 * 1024
_LAST_WORDS = 5.0  # seconds a peer has to take what is still to be sent when the connection closes


class Wire(asyncio.BufferedProtocol):
    """Takes over a transport from its handshake, with what that had read ahead.

    It reads nothing before `attach`, or `listen` says so. What arrives is then given to `on_data` as one bytes object a
    read; `on_lost` hears once that the peer is gone; `on_full` is told True when what is written piles up here, and
    False once it has drained. `closed` is done when the transport is.
    """

    def __init__(self, transport: asyncio.Transport, leftover: bytes) -> None:
        self._view = _view_of_this_thread()
        self._reasons: set[str] = {"start"}
        self._is_lost = False
        self._early = leftover
        self._on_data: Callable[[bytes], None] = self._keep
        self._on_lost: Callable[[], None] = _nothing
        self._on_full: Callable[[bool], None] = _nothing
        self._cutting: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self.transport = transport
        transport.pause_reading()
        transport.set_write_buffer_limits(high=_WRITE_HIGH)
        transport.set_protocol(self)

    def __repr__(self) -> str:
        reading = f"paused: {', '.join(sorted(self._reasons))}" if self._reasons else "reading"
        return f"<Wire {'lost' if self._is_lost else reading}>"

    def listen(self, on_lost: Callable[[], None]) -> None:
        """Hear when the peer goes away; what it says meanwhile is kept, up to a chunk."""
        self._on_lost = on_lost
        self.resume("start")
        if self._is_lost:
            on_lost()

    def attach(
        self,
        *,
        on_data: Callable[[bytes], None],
        on_lost: Callable[[], None],
        on_full: Callable[[bool], None],
    ) -> None:
        """Hand over what arrives from now on, and what has arrived already."""
        self._on_data, self._on_lost, self._on_full = on_data, on_lost, on_full
        early, self._early = self._early, b""
        if early:
            on_data(early)
        self.resume("start")
        if self._is_lost:
            on_lost()

    def pause(self, reason: str) -> None:
        """Read nothing while this reason stands; what the peer sends waits in its own buffers."""
        if not self._reasons and not self._is_closing:
            self.transport.pause_reading()
        self._reasons.add(reason)

    def resume(self, reason: str) -> None:
        """The reason is gone."""
        if reason in self._reasons:
            self._reasons.discard(reason)
            if not self._reasons and not self._is_closing:
                self.transport.resume_reading()

    def write(self, data: bytes) -> None:
        """Send, unless the peer is gone."""
        if data and not self._is_closing:
            self.transport.write(data)

    def close(self) -> None:
        """End the connection once what is still to be sent is out, or has waited long enough."""
        if not self._is_closing:
            self._cutting = self._loop.call_later(_LAST_WORDS, self.transport.abort)
            self.transport.close()

    @property
    def _is_closing(self) -> bool:
        return self._is_lost or self.transport.is_closing()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        self._on_data(bytes(self._view[:nbytes]))

    def eof_received(self) -> bool:
        self._lose()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        if self._cutting is not None:
            self._cutting.cancel()
        if not self.closed.done():
            self.closed.set_result(None)
        self._lose()

    def pause_writing(self) -> None:
        self._on_full(True)

    def resume_writing(self) -> None:
        self._on_full(False)

    def _keep(self, data: bytes) -> None:
        self._early += data
        self.pause("start")

    def _lose(self) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._on_lost()


_threads = threading.local()


def _view_of_this_thread() -> memoryview:
    """Where all sockets of a thread's loop are read into.

    A loop has what it read copied out before it turns to another socket, and a buffer for each would be most of what an
    idle session costs.
    """
    view: memoryview | None = getattr(_threads, "view", None)
    if view is None:
        view = _threads.view = memoryview(bytearray(_READ))
    return view


def _nothing(*_: object) -> None:
    pass
