"""Bytes into whole messages, however they were cut on the way: sans-I/O, bounded, each byte joined at most once.

PostgreSQL documentation, "Message Formats": a type byte, an Int32 length that counts itself, a body.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.errors import ProtocolViolation
from engine.protocols.postgres.messages import HEADER
from engine.protocols.postgres.runs import Run, walk

PIECE = 64 * 1024
"""Bytes of a message that may pass in pieces before its first piece goes."""

Frame = tuple[int, bytes]
"""A type byte and the bytes: one message, a run of messages of that type, or a piece of a large one."""


class Framing:
    """Messages of the types in `limits`, whose bodies are at most that long; anything else is refused.

    Types in `runs` come as a `Run` where several lie behind one another. Types in `pieces` come in pieces once
    they are larger than the number of bytes given there; `is_piece` says so of the frame last given, and `is_inside`
    that more of the same message follows.
    """

    def __init__(
        self,
        limits: Mapping[int, int],
        *,
        runs: Collection[int] = (),
        pieces: Mapping[int, int] | None = None,
    ) -> None:
        self._limits = limits
        self._runs = frozenset(runs)
        self._in_pieces = pieces or {}
        self._data = b""
        self._position = 0
        self._arrived: list[bytes] = []
        self._wanted = HEADER
        self._left = 0  # of a message that passes in pieces
        self._kind = 0
        self.buffered = 0
        self.is_piece = False

    def __repr__(self) -> str:
        return f"<Framing {self.buffered} bytes, {'inside a message' if self.is_inside else 'between messages'}>"

    @property
    def is_inside(self) -> bool:
        """Whether a piece was given out and its message is not over yet."""
        return self._left > 0

    @property
    def is_between(self) -> bool:
        """Whether nothing is buffered and the next byte begins a message."""
        return not self.buffered and not self._left

    def receive_data(self, chunk: bytes) -> None:
        """Take what arrived."""
        self._arrived.append(chunk)
        self.buffered += len(chunk)

    def next_frame(self) -> Frame | None:
        """The next frame, or None until more arrives. Raises `ProtocolViolation`."""
        if self.buffered < self._wanted and not self._left:
            return None
        data = self._joined()
        if self._left:
            return self._piece(data)
        self.is_piece = False
        start = self._position
        kind = data[start]
        end = start + self._length(kind, data[start + 1 : start + HEADER])
        if end > len(data):
            return self._wait(data, kind, end - start)
        self._wanted = HEADER
        if end < len(data) and data[end] == kind and kind in self._runs:
            return self._run(data[start:], kind)
        self._position = end
        self.buffered -= end - start
        return kind, data if start == 0 and end == len(data) else data[start:end]

    def _joined(self) -> bytes:
        if self._arrived:
            if self._position < len(self._data):
                self._data = b"".join((self._data[self._position :], *self._arrived))
            else:
                self._data = self._arrived[0] if len(self._arrived) == 1 else b"".join(self._arrived)
            self._position = 0
            self._arrived.clear()
        return self._data

    def _length(self, kind: int, field: bytes) -> int:
        """Bytes of the whole message; a negative length reads as one far over any limit."""
        length = int.from_bytes(field)
        limit = self._limits.get(kind)
        if limit is None:
            raise ProtocolViolation(f"invalid message type {kind}", "", "this message is not part of the protocol here")
        if not 4 <= length <= limit + 4:
            raise ProtocolViolation(
                "invalid message length",
                f"{length} bytes in a message of type {chr(kind)}",
                f"at most {limit} are taken",
            )
        return length + 1

    def _run(self, data: bytes, kind: int) -> Frame:
        end, segments = walk(data, kind, self._limits[kind] + 4)
        self._data, self._position = data, end
        self.buffered -= end
        return kind, Run.of(memoryview(data)[:end], segments)

    def _wait(self, data: bytes, kind: int, size: int) -> Frame | None:
        if size > self._in_pieces.get(kind, size):
            if self.buffered < PIECE:
                self._wanted = PIECE
                return None
            self._kind, self._left = kind, size
            return self._piece(data)
        self._wanted = size
        return None

    def _piece(self, data: bytes) -> Frame | None:
        piece = data[self._position : self._position + self._left]
        if not piece:
            return None
        self.is_piece = True
        self._position += len(piece)
        self._left -= len(piece)
        self._wanted = HEADER
        self.buffered -= len(piece)
        return self._kind, piece
