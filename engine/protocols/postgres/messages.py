"""What every message after start-up is made of, and those that both ends send: values, to bytes and back, no I/O.

PostgreSQL documentation, chapter "Message Formats". Texts are kept as UTF-8 with `surrogateescape`, so that any byte
sequence survives the round trip exactly whatever the client's encoding is.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import ClassVar, Self

from engine.errors import ProtocolViolation

HEADER = 5
"""Bytes before a body: the type and the length."""

_INT16 = struct.Struct("!h")
_INT32 = struct.Struct("!i")
_UINT32 = struct.Struct("!I")


class Body:
    """A cursor over one message's body; every way of running past its end is a `ProtocolViolation`."""

    __slots__ = ("_data", "_position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def _number(self, layout: struct.Struct) -> int:
        try:
            (number,) = layout.unpack_from(self._data, self._position)
        except struct.error:
            raise ProtocolViolation("insufficient data left in message") from None
        self._position += layout.size
        return int(number)

    def int16(self) -> int:
        """A signed Int16."""
        return self._number(_INT16)

    def int32(self) -> int:
        """A signed Int32."""
        return self._number(_INT32)

    def int16s(self) -> tuple[int, ...]:
        """An Int16 that says how many, and as many more."""
        count = self.count()
        position, self._position = self._position, self._position + 2 * count
        try:
            return struct.unpack_from(f"!{count}h", self._data, position)
        except struct.error:
            raise ProtocolViolation("insufficient data left in message") from None

    def oid(self) -> int:
        """An unsigned Int32."""
        return self._number(_UINT32)

    def count(self) -> int:
        """An Int16 that says how many items follow."""
        if (number := self.int16()) < 0:
            raise ProtocolViolation("invalid message format", f"a count of {number}")
        return number

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes."""
        end = self._position + size
        if size < 0 or end > len(self._data):
            raise ProtocolViolation("insufficient data left in message")
        piece = self._data[self._position : end]
        self._position = end
        return piece

    def sized(self) -> bytes | None:
        """A length-prefixed value; -1 is NULL."""
        size = self.int32()
        return None if size == -1 else self.take(size)

    def cstring(self) -> str:
        """A NUL-terminated string."""
        end = self._data.find(b"\0", self._position)
        if end < 0:
            raise ProtocolViolation("invalid string in message")
        piece = self._data[self._position : end]
        self._position = end + 1
        return piece.decode("utf-8", "surrogateescape")

    def rest(self) -> bytes:
        """All that is left."""
        piece = self._data[self._position :]
        self._position = len(self._data)
        return piece

    def end(self) -> None:
        """Nothing may be left."""
        if self._position != len(self._data):
            raise ProtocolViolation("invalid message format", "bytes are left over")


def cstring(text: str) -> bytes:
    """A NUL-terminated string."""
    if "\0" in text:
        raise ValueError("a protocol string holds a NUL")
    return text.encode("utf-8", "surrogateescape") + b"\0"


def sized(value: bytes | None) -> bytes:
    """A length-prefixed value; None is NULL."""
    return b"\xff\xff\xff\xff" if value is None else int32(len(value)) + value


def int16(number: int) -> bytes:
    """An Int16."""
    return _INT16.pack(number)


def int32(number: int) -> bytes:
    """An Int32."""
    return _INT32.pack(number)


def oid(number: int) -> bytes:
    """An OID, an unsigned Int32."""
    return _UINT32.pack(number)


def int16s(numbers: tuple[int, ...]) -> bytes:
    """Counted Int16s."""
    return struct.pack(f"!h{len(numbers)}h", len(numbers), *numbers)


def oids(numbers: tuple[int, ...]) -> bytes:
    """Counted OIDs."""
    return struct.pack(f"!h{len(numbers)}I", len(numbers), *numbers)


@dataclass(frozen=True)
class Message:
    """One message. `kind` is its type byte; `read` parses a body, `body` writes it; empty unless a class says more."""

    kind: ClassVar[int]

    def body(self) -> bytes:
        """The bytes after the length."""
        return b""

    def encode(self) -> bytes:
        """The whole message."""
        body = self.body()
        return bytes((self.kind,)) + int32(len(body) + 4) + body

    @classmethod
    def read(cls, body: Body) -> Self:
        """From its body."""
        return cls()

    @classmethod
    def decode(cls, message: bytes) -> Self:
        """From a whole message of this kind; raises `ProtocolViolation` when it is malformed."""
        body = Body(message[HEADER:])
        decoded = cls.read(body)
        body.end()
        return decoded


@dataclass(frozen=True)
class CopyData(Message):
    """A piece of a COPY, in either direction."""

    kind = ord("d")
    data: bytes

    def __repr__(self) -> str:
        return f"CopyData({len(self.data)} bytes)"

    def body(self) -> bytes:
        return self.data

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(body.rest())


class CopyDone(Message):
    """The end of a COPY's data."""

    kind = ord("c")
