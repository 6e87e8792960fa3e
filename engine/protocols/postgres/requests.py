"""What a client says after start-up.

PostgreSQL documentation, chapter "Message Formats" (F and F & B).
"""

from __future__ import annotations

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
    oid,
    oids,
    sized,
)
from engine.protocols.postgres.messages import CopyData as CopyData
from engine.protocols.postgres.messages import CopyDone as CopyDone


@dataclass(frozen=True)
class Query(Message):
    """A simple query: one string of any number of statements."""

    kind = ord("Q")
    text: str

    def body(self) -> bytes:
        return cstring(self.text)

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(body.cstring())


@dataclass(frozen=True)
class Parse(Message):
    """Prepare a statement; type 0 leaves a parameter's type to the server."""

    kind = ord("P")
    name: str
    text: str
    types: tuple[int, ...] = ()

    def body(self) -> bytes:
        return cstring(self.name) + cstring(self.text) + oids(self.types)

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(body.cstring(), body.cstring(), tuple(body.oid() for _ in range(body.count())))


@dataclass(frozen=True)
class Bind(Message):
    """Make a portal of a prepared statement. Formats: none (all text), one for all, or one each."""

    kind = ord("B")
    portal: str
    statement: str
    values: tuple[bytes | None, ...] = ()
    formats: tuple[int, ...] = ()
    result_formats: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return f"Bind({self.portal!r}, {self.statement!r}, {len(self.values)} values)"  # which may be secrets

    def body(self) -> bytes:
        values = int16(len(self.values)) + b"".join(map(sized, self.values))
        return (
            cstring(self.portal) + cstring(self.statement) + int16s(self.formats) + values + int16s(self.result_formats)
        )

    @classmethod
    def read(cls, body: Body) -> Self:
        portal, statement = body.cstring(), body.cstring()
        formats = body.int16s()
        values = tuple([body.sized() for _ in range(body.count())])
        return cls(portal, statement, values, formats, body.int16s())


@dataclass(frozen=True)
class _Named(Message):
    what: str  # S: a statement, P: a portal
    name: str = ""

    def body(self) -> bytes:
        return self.what.encode() + cstring(self.name)

    @classmethod
    def read(cls, body: Body) -> Self:
        what = body.take(1)
        if what not in (b"S", b"P"):
            raise ProtocolViolation("invalid message subtype", repr(what))
        return cls(what.decode(), body.cstring())


class Describe(_Named):
    """Ask what a statement (`S`) or portal (`P`) takes and gives."""

    kind = ord("D")


class Close(_Named):
    """Forget a statement (`S`) or portal (`P`)."""

    kind = ord("C")


@dataclass(frozen=True)
class Execute(Message):
    """Run a portal; `limit` rows at most, 0 is all of them."""

    kind = ord("E")
    portal: str = ""
    limit: int = 0

    def body(self) -> bytes:
        return cstring(self.portal) + int32(self.limit)

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(body.cstring(), body.int32())


class Flush(Message):
    """Send what has been answered so far."""

    kind = ord("H")


class Sync(Message):
    """End of a pipeline's batch: commit or roll back, and go on after an error."""

    kind = ord("S")


class Terminate(Message):
    """The client leaves."""

    kind = ord("X")


@dataclass(frozen=True)
class FunctionCall(Message):
    """The obsolete call of one function by its OID."""

    kind = ord("F")
    function: int
    arguments: bytes = b""

    def body(self) -> bytes:
        return oid(self.function) + self.arguments

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(body.oid(), body.rest())


@dataclass(frozen=True)
class CopyFail(Message):
    """The client gives up a COPY."""

    kind = ord("f")
    reason: str = ""

    def body(self) -> bytes:
        return cstring(self.reason)

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(body.cstring())


REQUESTS: Mapping[int, type[Message]] = {
    message.kind: message
    for message in (
        Bind,
        Close,
        CopyData,
        CopyDone,
        CopyFail,
        Describe,
        Execute,
        Flush,
        FunctionCall,
        Parse,
        Query,
        Sync,
        Terminate,
    )
}
"""Every message a client may send after start-up, by type byte."""
