"""What a server says after start-up.

PostgreSQL documentation, chapter "Message Formats" (B and F & B).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from engine.errors import ProtocolViolation
from engine.protocols.postgres.messages import (
    Body,
    Message,
    cstring,
    int16,
    int16s,
    int32,
    oids,
    sized,
)
from engine.protocols.postgres.messages import CopyData as CopyData
from engine.protocols.postgres.messages import CopyDone as CopyDone

_FIELD = struct.Struct("!IhIhih")


class ParseComplete(Message):
    """The statement is prepared."""

    kind = ord("1")


class BindComplete(Message):
    """The portal is there."""

    kind = ord("2")


class CloseComplete(Message):
    """It is forgotten."""

    kind = ord("3")


class NoData(Message):
    """The statement gives no rows."""

    kind = ord("n")


class PortalSuspended(Message):
    """Execute's limit was reached; there may be more."""

    kind = ord("s")


class EmptyQueryResponse(Message):
    """The text held no statement."""

    kind = ord("I")


@dataclass(frozen=True)
class CommandComplete(Message):
    """A statement ended well; the tag says what it did."""

    kind = ord("C")
    tag: str

    def body(self) -> bytes:
        return cstring(self.tag)

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(body.cstring())


@dataclass(frozen=True)
class DataRow(Message):
    """One row."""

    kind = ord("D")
    values: tuple[bytes | None, ...]

    def body(self) -> bytes:
        return int16(len(self.values)) + b"".join(map(sized, self.values))

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(tuple(body.sized() for _ in range(body.count())))


@dataclass(frozen=True)
class Field:
    """One column of a RowDescription. `table` and `number` are zero where it is no plain column of a relation."""

    name: str
    table: int = 0
    number: int = 0
    type: int = 25
    size: int = -1
    modifier: int = -1
    format: int = 0


@dataclass(frozen=True)
class RowDescription(Message):
    """The columns of the rows to come."""

    kind = ord("T")
    fields: tuple[Field, ...]

    def body(self) -> bytes:
        return int16(len(self.fields)) + b"".join(
            cstring(field.name)
            + _FIELD.pack(field.table, field.number, field.type, field.size, field.modifier, field.format)
            for field in self.fields
        )

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(tuple(Field(body.cstring(), *_FIELD.unpack(body.take(_FIELD.size))) for _ in range(body.count())))


@dataclass(frozen=True)
class ParameterDescription(Message):
    """The types of a statement's parameters."""

    kind = ord("t")
    types: tuple[int, ...] = ()

    def body(self) -> bytes:
        return oids(self.types)

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(tuple(body.oid() for _ in range(body.count())))


@dataclass(frozen=True)
class _Report(Message):
    fields: Mapping[str, str]

    def body(self) -> bytes:
        return b"".join(name.encode("latin-1") + cstring(value) for name, value in self.fields.items()) + b"\0"

    @classmethod
    def read(cls, body: Body) -> Self:
        fields: dict[str, str] = {}
        while (name := body.take(1)) != b"\0":
            fields[name.decode("latin-1")] = body.cstring()
        return cls(fields)


class ErrorResponse(_Report):
    """An error, by field code: S V C M D H P p q W s t c d n F L R."""

    kind = ord("E")


class NoticeResponse(_Report):
    """A notice, with the fields of an error."""

    kind = ord("N")


@dataclass(frozen=True)
class ParameterStatus(Message):
    """A setting the client follows."""

    kind = ord("S")
    name: str
    value: str

    def body(self) -> bytes:
        return cstring(self.name) + cstring(self.value)

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(body.cstring(), body.cstring())


@dataclass(frozen=True)
class NotificationResponse(Message):
    """A NOTIFY of some session on a channel this one listens to."""

    kind = ord("A")
    pid: int
    channel: str
    payload: str = ""

    def body(self) -> bytes:
        return int32(self.pid) + cstring(self.channel) + cstring(self.payload)

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(body.int32(), body.cstring(), body.cstring())


@dataclass(frozen=True)
class _CopyResponse(Message):
    format: int = 0
    formats: tuple[int, ...] = ()

    def body(self) -> bytes:
        return bytes((self.format,)) + int16s(self.formats)

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(body.take(1)[0], tuple(body.int16() for _ in range(body.count())))


class CopyInResponse(_CopyResponse):
    """The server waits for a COPY's data."""

    kind = ord("G")


class CopyOutResponse(_CopyResponse):
    """A COPY's data follows."""

    kind = ord("H")


@dataclass(frozen=True)
class FunctionCallResponse(Message):
    """What a called function returned."""

    kind = ord("V")
    value: bytes | None

    def body(self) -> bytes:
        return sized(self.value)

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(body.sized())


@dataclass(frozen=True)
class ReadyForQuery(Message):
    """Everything up to a Sync or Query is answered; `status` is I, T or E."""

    kind = ord("Z")
    status: str

    def body(self) -> bytes:
        return self.status.encode()

    @classmethod
    def read(cls, body: Body) -> Self:
        status = body.take(1)
        if status not in (b"I", b"T", b"E"):
            raise ProtocolViolation("invalid transaction status", repr(status))
        return cls(status.decode())


@dataclass(frozen=True)
class BackendKeyData(Message):
    """What a CancelRequest must show."""

    kind = ord("K")
    pid: int
    key: bytes

    def __repr__(self) -> str:
        return f"BackendKeyData({self.pid})"

    def body(self) -> bytes:
        return int32(self.pid) + self.key

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(body.int32(), body.rest())


ANSWERS: Mapping[int, type[Message]] = {
    message.kind: message
    for message in (
        BackendKeyData,
        BindComplete,
        CloseComplete,
        CommandComplete,
        CopyData,
        CopyDone,
        CopyInResponse,
        CopyOutResponse,
        DataRow,
        EmptyQueryResponse,
        ErrorResponse,
        FunctionCallResponse,
        NoData,
        NoticeResponse,
        NotificationResponse,
        ParameterDescription,
        ParameterStatus,
        ParseComplete,
        BindComplete,
        PortalSuspended,
        ReadyForQuery,
        RowDescription,
    )
}
"""Every message a server may send after authentication, by type byte."""
