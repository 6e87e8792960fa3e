"""SFTP version 3 on the wire, as OpenSSH speaks it: packets in and out, without I/O.

Source: draft-ietf-secsh-filexfer-02. A `Wire` is one direction: bytes in, whole packets out. What is inside them is
`sftp_fields`; READ, WRITE and the like are forwarded as they are, under another identifier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum, auto
from typing import Final

from engine.errors import ProtocolViolation

VERSION: Final = 3
LIMIT: Final = 256 * 1024
"""Bytes of a packet, as OpenSSH bounds them."""

LIMIT_AT_FIRST: Final = 1024
"""Bytes of the client's first packet, which says a version and little else."""


class Kind(IntEnum):
    """The type of a packet (section 3)."""

    INIT = 1
    VERSION = 2
    OPEN = 3
    CLOSE = 4
    READ = 5
    WRITE = 6
    LSTAT = 7
    FSTAT = 8
    SETSTAT = 9
    FSETSTAT = 10
    OPENDIR = 11
    READDIR = 12
    REMOVE = 13
    MKDIR = 14
    RMDIR = 15
    REALPATH = 16
    STAT = 17
    RENAME = 18
    READLINK = 19
    SYMLINK = 20
    STATUS = 101
    HANDLE = 102
    DATA = 103
    NAME = 104
    ATTRS = 105
    EXTENDED = 200
    EXTENDED_REPLY = 201


class Code(IntEnum):
    """What a STATUS says (section 7)."""

    OK = 0
    EOF = 1
    NO_SUCH_FILE = 2
    PERMISSION_DENIED = 3
    FAILURE = 4
    BAD_MESSAGE = 5
    NO_CONNECTION = 6
    CONNECTION_LOST = 7
    OP_UNSUPPORTED = 8


class State(Enum):
    """How far a direction is."""

    OPENING = auto()
    READY = auto()


REPLIES: Final[Mapping[int, frozenset[int]]] = {
    Kind.OPEN: frozenset({Kind.HANDLE}),
    Kind.OPENDIR: frozenset({Kind.HANDLE}),
    Kind.READ: frozenset({Kind.DATA}),
    Kind.READDIR: frozenset({Kind.NAME}),
    Kind.REALPATH: frozenset({Kind.NAME}),
    Kind.READLINK: frozenset({Kind.NAME}),
    Kind.STAT: frozenset({Kind.ATTRS}),
    Kind.LSTAT: frozenset({Kind.ATTRS}),
    Kind.FSTAT: frozenset({Kind.ATTRS}),
    Kind.EXTENDED: frozenset({Kind.EXTENDED_REPLY, Kind.NAME}),
    **dict.fromkeys(
        (
            Kind.CLOSE,
            Kind.WRITE,
            Kind.SETSTAT,
            Kind.FSETSTAT,
            Kind.REMOVE,
            Kind.MKDIR,
            Kind.RMDIR,
            Kind.RENAME,
            Kind.SYMLINK,
        ),
        frozenset[int](),
    ),
}
"""What may answer each request besides STATUS, which may answer all."""

Transitions = Mapping[State, Mapping[int, State]]

REQUESTS: Final[Transitions] = {
    State.OPENING: {Kind.INIT: State.READY},
    State.READY: dict.fromkeys(REPLIES, State.READY),
}
"""What a client may send; a type that is not here and is none of the others' is for the adapter to turn down."""

ANSWERS: Final[Transitions] = {
    State.OPENING: {Kind.VERSION: State.READY},
    State.READY: dict.fromkeys(
        (Kind.STATUS, Kind.HANDLE, Kind.DATA, Kind.NAME, Kind.ATTRS, Kind.EXTENDED_REPLY), State.READY
    ),
}
"""What a server may send."""

_KNOWN: Final = frozenset(kind.value for kind in Kind)


@dataclass(slots=True)
class Packet:
    """One packet without its length. `id` is the version in INIT and VERSION."""

    kind: int
    id: int
    payload: bytes  # type and identifier included

    def __repr__(self) -> str:
        return f"<Packet {self.kind} of {len(self.payload)} bytes>"  # it may hold what must not be seen

    @property
    def body(self) -> memoryview:
        """What follows the identifier."""
        return memoryview(self.payload)[5:]


class Wire:
    """One direction of a conversation: `receive_data` bytes as they come, then take packets by `next_packet`."""

    def __init__(self, transitions: Transitions, limit_at_first: int = LIMIT) -> None:
        self._transitions = transitions
        self._limit_at_first = limit_at_first
        self._buffer = bytearray()
        self._position = 0
        self.state = State.OPENING

    def __repr__(self) -> str:
        return f"<Wire {self.state.name} {self.pending} bytes>"

    @property
    def pending(self) -> int:
        """Bytes that are not taken yet."""
        return len(self._buffer) - self._position

    def receive_data(self, data: bytes) -> None:
        """Take what came."""
        if self._position:
            del self._buffer[: self._position]
            self._position = 0
        self._buffer += data

    def next_packet(self) -> Packet | None:
        """The next whole packet; None when there is none yet. Raises ProtocolViolation."""
        start = self._position
        if len(self._buffer) - start < 4:
            return None
        length = int.from_bytes(self._buffer[start : start + 4], "big")
        limit = LIMIT if self.state is State.READY else self._limit_at_first
        if not 5 <= length <= limit:
            raise violation(f"a packet of {length} bytes")
        end = start + 4 + length
        if len(self._buffer) < end:
            return None
        with memoryview(self._buffer) as view:
            payload = bytes(view[start + 4 : end])
        self._position = end
        kind = payload[0]
        allowed = self._transitions[self.state]
        if kind in allowed:
            self.state = allowed[kind]
        elif self.state is State.OPENING or kind in _KNOWN or self._transitions is ANSWERS:
            raise violation(f"a packet of type {kind} where it may not be")
        return Packet(kind, int.from_bytes(payload[1:5], "big"), payload)


def violation(what: str) -> ProtocolViolation:
    """A peer that does not keep to the protocol."""
    return ProtocolViolation("SFTP was broken", what, "this engine speaks version 3, as OpenSSH does")


def string(data: bytes) -> bytes:
    """With its length in front."""
    return len(data).to_bytes(4, "big") + data


def packet(kind: int, id: int, body: bytes = b"") -> bytes:
    """A packet with its length."""
    return (5 + len(body)).to_bytes(4, "big") + bytes((kind,)) + id.to_bytes(4, "big") + body


def renumbered(payload: bytes, id: int) -> tuple[bytes, memoryview]:
    """A packet under another identifier, in two pieces: what is large in it is not copied."""
    head = len(payload).to_bytes(4, "big") + payload[:1] + id.to_bytes(4, "big")
    return head, memoryview(payload)[5:]


def status(id: int, code: int, message: str = "") -> bytes:
    """A STATUS; the message is shown to people."""
    return packet(Kind.STATUS, id, code.to_bytes(4, "big") + string(message.encode(errors="replace")) + string(b"en"))


def data(id: int, content: bytes) -> bytes:
    """A DATA."""
    return packet(Kind.DATA, id, string(content))


def init() -> bytes:
    """The first packet of a client."""
    return packet(Kind.INIT, VERSION)


def version(extensions: Mapping[str, bytes]) -> bytes:
    """The first packet of a server."""
    return packet(
        Kind.VERSION,
        VERSION,
        b"".join(string(name.encode("latin-1")) + string(value) for name, value in extensions.items()),
    )
