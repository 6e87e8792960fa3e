"""What the two ends say before authentication, as bytes and back: no I/O, no clock.

PostgreSQL documentation, chapters "Message Flow: Start-up" and "Message Formats".
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.errors import HooptermError, ProtocolViolation, RecordError, SessionRefused, UpstreamError

MAJOR = 3
LATEST_MINOR = 2
CANCEL_REQUEST = 80877102
SSL_REQUEST = 80877103
GSSENC_REQUEST = 80877104

MAX_STARTUP = 10_000
"""Bytes of a StartupMessage after its length, as PostgreSQL's MAX_STARTUP_PACKET_LENGTH."""
MAX_PASSWORD = 65_535
"""Bytes of a PasswordMessage after its type, as PostgreSQL's PG_MAX_AUTH_TOKEN_LENGTH."""

AUTHENTICATION_OK = b"R\x00\x00\x00\x08\x00\x00\x00\x00"
AUTHENTICATION_CLEARTEXT_PASSWORD = b"R\x00\x00\x00\x08\x00\x00\x00\x03"

_INT = struct.Struct("!i")
_HEADER = struct.Struct("!iI")


@dataclass(frozen=True, slots=True)
class StartupMessage:
    """What a client asks for first.

    `minor` is the protocol's minor version as asked, `parameters` everything but `_pq_.` options, whose names
    stand in `protocol_options`: the engine knows none, so all of them are negotiated away.
    """

    minor: int
    parameters: Mapping[str, str]
    protocol_options: tuple[str, ...] = ()

    @property
    def agreed_minor(self) -> int:
        """The minor version both ends will speak; there never was a 3.1."""
        return LATEST_MINOR if self.minor >= LATEST_MINOR else 0

    @property
    def needs_negotiation(self) -> bool:
        """Whether the client must be told what of its wishes is not spoken here."""
        return self.minor > LATEST_MINOR or bool(self.protocol_options)


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """A client's wish to cancel what a session runs; the key proves that the session is its own."""

    pid: int
    key: bytes

    def __repr__(self) -> str:
        return f"<CancelRequest {self.pid}>"


def message(kind: bytes, body: bytes) -> bytes:
    """One typed message: type byte, length, body."""
    return kind + _INT.pack(len(body) + 4) + body


def read_header(header: bytes) -> tuple[int, int]:
    """The length of the rest and the code of a message that has no type byte, from its first eight bytes.

    Raises ProtocolViolation on a length no such message has.
    """
    length, code = _HEADER.unpack(header)
    if not 8 <= length <= MAX_STARTUP + 4:
        raise ProtocolViolation("invalid length of startup packet", f"{length} bytes")
    return length - 8, code


def read_cancel(rest: bytes) -> CancelRequest:
    """The CancelRequest whose bytes after the code are these; keys have 4 to 256 bytes since protocol 3.2."""
    if not 8 <= len(rest) <= 260:
        raise ProtocolViolation("invalid length of cancel request", f"a key of {len(rest) - 4} bytes")
    return CancelRequest(_INT.unpack_from(rest)[0], rest[4:])


def read_startup(code: int, rest: bytes) -> StartupMessage:
    """The StartupMessage of that version code whose bytes after the code are these.

    Raises ProtocolViolation for another major version, a layout that does not end in exactly one terminator, a
    parameter given twice, or text that is not UTF-8.
    """
    major, minor = code >> 16, code & 0xFFFF
    if major != MAJOR:
        raise ProtocolViolation(
            f"unsupported frontend protocol {major}.{minor}", f"this server supports 3.0 to 3.{LATEST_MINOR}"
        )
    parameters: dict[str, str] = {}
    options: list[str] = []
    for name, value in _pairs(rest):
        if name in parameters or name in options:
            raise ProtocolViolation("invalid startup packet layout", f'"{name}" is given twice')
        if name.startswith("_pq_."):
            options.append(name)
        else:
            parameters[name] = value
    return StartupMessage(minor, parameters, tuple(options))


def _pairs(rest: bytes) -> Iterable[tuple[str, str]]:
    # An empty name is the terminator, and only the last byte may be one (CVE-2026-107349).
    *strings, end = rest.split(b"\0")
    if end or not strings or strings.pop() or len(strings) % 2:
        raise ProtocolViolation("invalid startup packet layout", "expected terminator as last byte")
    for name, value in zip(strings[::2], strings[1::2], strict=True):
        if not name:
            raise ProtocolViolation("invalid startup packet layout", "expected terminator as last byte")
        yield _text(name), _text(value, lenient=name == b"application_name")


def _text(raw: bytes, *, lenient: bool = False) -> str:
    # PostgreSQL shows bytes it cannot take in application_name as \xNN; anywhere else a guess could name
    # somebody else.
    try:
        return raw.decode("utf-8", "backslashreplace" if lenient else "strict")
    except UnicodeDecodeError:
        raise ProtocolViolation("invalid startup packet", "its names and values are not UTF-8") from None


def write_startup(parameters: Mapping[str, str], minor: int) -> bytes:
    """A StartupMessage. Raises ValueError where a text holds a NUL, which would end it early."""
    fields = [text for pair in parameters.items() for text in pair]
    if any("\0" in text for text in fields) or "" in parameters:
        raise ValueError("a startup parameter is empty or holds a NUL")
    body = b"".join(text.encode() + b"\0" for text in fields) + b"\0"
    return _HEADER.pack(len(body) + 8, MAJOR << 16 | minor) + body


def write_cancel(pid: int, key: bytes) -> bytes:
    """A CancelRequest."""
    return _HEADER.pack(12 + len(key), CANCEL_REQUEST) + _INT.pack(pid) + key


def write_request(code: int) -> bytes:
    """An SSLRequest or GSSENCRequest."""
    return _HEADER.pack(8, code)


def write_negotiation(startup: StartupMessage) -> bytes:
    """NegotiateProtocolVersion: the newest version spoken here and the options that are not."""
    names = b"".join(name.encode() + b"\0" for name in startup.protocol_options)
    version = MAJOR << 16 | startup.agreed_minor
    return message(b"v", struct.pack("!II", version, len(startup.protocol_options)) + names)


def write_fatal(sqlstate: str, text: str, detail: str = "", hint: str = "") -> bytes:
    """An ErrorResponse that ends the connection."""
    fields = {"S": "FATAL", "V": "FATAL", "C": sqlstate, "M": text, "D": detail, "H": hint}
    body = "".join(f"{name}{value.replace(chr(0), '')}\0" for name, value in fields.items() if value)
    return message(b"E", body.encode("utf-8", "replace") + b"\0")


def fatal_for(error: HooptermError) -> bytes:
    """The ErrorResponse that tells a client why its connection ends."""
    sqlstate = next((code for kind, code in _SQLSTATES.items() if isinstance(error, kind)), "XX000")
    return write_fatal(sqlstate, error.what, error.why, error.hint)


_SQLSTATES: dict[type[HooptermError], str] = {
    ProtocolViolation: "08P01",
    SessionRefused: "28000",
    UpstreamError: "08001",
    RecordError: "58030",
}
