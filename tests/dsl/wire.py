"""A socket without a network: what one end writes, the other is fed, cut as a test asks."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from typing import Any

Cut = Callable[[bytes], Iterator[bytes]]


def whole(data: bytes) -> Iterator[bytes]:
    """As it was sent."""
    yield data


def byte_by_byte(data: bytes) -> Iterator[bytes]:
    """One byte a read."""
    for position in range(len(data)):
        yield data[position : position + 1]


def randomly(seed: int) -> Cut:
    """In pieces of any size."""
    chance = random.Random(seed)

    def cut(data: bytes) -> Iterator[bytes]:
        position = 0
        while position < len(data):
            size = chance.choice((1, 2, 3, 5, 8, 13, 64, 1000))
            yield data[position : position + size]
            position += size

    return cut


class FakeTransport(asyncio.Transport):
    """The engine's end of a socket. `fed` bytes reach its protocol while it reads; `written` gathers what it says."""

    def __init__(self, cut: Cut, heard: Callable[[bytes], None]) -> None:
        super().__init__()
        self._cut = cut
        self._heard = heard
        self._protocol: Any = None
        self._waiting: list[bytes] = []
        self._is_paused = False
        self._is_closing = False
        self.aborted = False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def feed(self, data: bytes) -> None:
        """Bytes from the peer."""
        self._waiting += list(self._cut(data))
        self._deliver()

    def feed_eof(self) -> None:
        """The peer is gone."""
        self._protocol.eof_received()
        self._lose()

    @property
    def is_paused(self) -> bool:
        return self._is_paused

    def _deliver(self) -> None:
        while self._waiting and not self._is_paused and not self._is_closing:
            piece = self._waiting.pop(0)
            buffer = self._protocol.get_buffer(len(piece))
            size = min(len(piece), len(buffer))
            buffer[:size] = piece[:size]
            if size < len(piece):
                self._waiting.insert(0, piece[size:])
            self._protocol.buffer_updated(size)

    def pause_reading(self) -> None:
        self._is_paused = True

    def resume_reading(self) -> None:
        self._is_paused = False
        asyncio.get_running_loop().call_soon(self._deliver)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._is_closing:
            self._heard(bytes(data))

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._is_closing = True
        asyncio.get_running_loop().call_soon(self._lose)

    def abort(self) -> None:
        self.aborted = True
        self.close()

    def _lose(self) -> None:
        self._is_closing = True
        if self._protocol is not None:
            self._protocol.connection_lost(None)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default
