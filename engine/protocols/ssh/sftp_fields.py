"""The fields inside SFTP packets: requests decoded from a table of what each is made of, attributes, names, extensions.

Source: draft-ietf-secsh-filexfer-02, and the file PROTOCOL of OpenSSH for its extensions and for the order of SYMLINK's
arguments, which OpenSSH has the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from engine.protocols.ssh.sftp import LIMIT, VERSION, Kind, Packet, packet, string, violation

LONGEST_HANDLE: Final = 256  # section 6.3
LONGEST_PATH: Final = 4096  # PATH_MAX


class Flag(IntFlag):
    """How a file is opened (section 6.3)."""

    READ = 1
    WRITE = 2
    APPEND = 4
    CREAT = 8
    TRUNC = 16
    EXCL = 32


class Malformed(ValueError):
    """A packet whose fields are not what its type says."""


class Fields:
    """Reads the fields of a packet, in order; raises Malformed where there is not enough left."""

    def __init__(self, body: memoryview | bytes) -> None:
        self._body = memoryview(body)
        self._position = 0

    def _take(self, size: int) -> memoryview:
        end = self._position + size
        if end > len(self._body):
            raise Malformed("it ends too early")
        self._position, start = end, self._position
        return self._body[start:end]

    def uint32(self) -> int:
        """Four bytes."""
        return int.from_bytes(self._take(4), "big")

    def uint64(self) -> int:
        """Eight bytes."""
        return int.from_bytes(self._take(8), "big")

    def string(self, limit: int = LIMIT) -> bytes:
        """Bytes with their length in front, at most `limit`."""
        size = self.uint32()
        if size > limit:
            raise Malformed(f"a string of {size} bytes")
        return bytes(self._take(size))

    def path(self) -> bytes:
        """A path: no NUL in it, and no longer than a file system takes."""
        path = self.string(LONGEST_PATH)
        if b"\0" in path:
            raise Malformed("a path with a NUL byte")
        return path

    def attributes(self) -> bytes:
        """ATTRS (section 5) as they are, checked."""
        start = self._position
        flags = self.uint32()
        if flags & ~_ATTRIBUTES:
            raise Malformed("attributes of another version")
        for bit, size in ((_SIZE, 8), (_UIDGID, 8), (_PERMISSIONS, 4), (_ACMODTIME, 8)):
            if flags & bit:
                self._take(size)
        if flags & _EXTENDED:
            for _ in range(2 * self.uint32()):
                self.string()
        return bytes(self._body[start : self._position])

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return len(self._body) - self._position

    def end(self) -> None:
        """Nothing may follow."""
        if self.left:
            raise Malformed("something follows its last field")


_SIZE, _UIDGID, _PERMISSIONS, _ACMODTIME, _EXTENDED = 0x1, 0x2, 0x4, 0x8, 0x80000000
_ATTRIBUTES = _SIZE | _UIDGID | _PERMISSIONS | _ACMODTIME | _EXTENDED


def words_of(attributes: bytes) -> str:
    """Attributes as a reviewer reads them: `size 0, owner 0:0, mode 0644, times 1 2`."""
    fields, said = Fields(attributes), []
    flags = fields.uint32()
    if flags & _SIZE:
        said.append(f"size {fields.uint64()}")
    if flags & _UIDGID:
        said.append(f"owner {fields.uint32()}:{fields.uint32()}")
    if flags & _PERMISSIONS:
        said.append(f"mode {fields.uint32() & 0o7777:04o}")
    if flags & _ACMODTIME:
        said.append(f"times {fields.uint32()} {fields.uint32()}")
    if flags & _EXTENDED:
        said.append("extended attributes")
    return ", ".join(said)


def attributes_of(reply: Packet) -> bytes:
    """The attributes in an ATTRS; raises Malformed."""
    fields = Fields(reply.body)
    attributes = fields.attributes()
    fields.end()
    return attributes


def is_directory(attributes: bytes) -> bool:
    """Whether ATTRS say that this is a directory; unknown counts as one."""
    fields = Fields(attributes)
    flags = fields.uint32()
    if not flags & _PERMISSIONS:
        return True
    for bit in (_SIZE, _UIDGID):
        if flags & bit:
            fields.uint64()
    return fields.uint32() & 0o170000 == 0o040000


@dataclass(frozen=True, slots=True)
class Request:
    """What a packet asks for, decoded. Which fields it has is in `LAYOUTS` and `EXTENSIONS`.

    `path` is what is acted on; `other` a second path: the new name in RENAME and hard links, what a symbolic link says
    in SYMLINK. `name` is that of an extension, else empty.
    """

    kind: int
    name: str = ""
    path: bytes = b""
    other: bytes = b""
    handle: bytes = b""
    second: bytes = b""  # the handle that copy-data writes to
    flags: int = 0
    attributes: bytes = b""
    numbers: tuple[int, ...] = ()


LAYOUTS: Final[Mapping[int, tuple[str, ...]]] = {
    Kind.OPEN: ("path", "flags", "attributes"),
    Kind.LSTAT: ("path",),
    Kind.SETSTAT: ("path", "attributes"),
    Kind.FSETSTAT: ("handle", "attributes"),
    Kind.OPENDIR: ("path",),
    Kind.REMOVE: ("path",),
    Kind.MKDIR: ("path", "attributes"),
    Kind.RMDIR: ("path",),
    Kind.REALPATH: ("path",),
    Kind.STAT: ("path",),
    Kind.RENAME: ("path", "other"),
    Kind.READLINK: ("path",),
    Kind.SYMLINK: ("other", "path"),  # OpenSSH's order
}
"""The fields of the requests that are decoded, in order."""


@dataclass(frozen=True, slots=True)
class Extension:
    """One that is known: the version a server must announce it with, and the fields of its request."""

    version: bytes
    layout: tuple[str, ...]


EXTENSIONS: Final[Mapping[str, Extension]] = {
    "posix-rename@openssh.com": Extension(b"1", ("path", "other")),
    "statvfs@openssh.com": Extension(b"2", ("path",)),
    "fstatvfs@openssh.com": Extension(b"2", ("handle",)),
    "hardlink@openssh.com": Extension(b"1", ("path", "other")),
    "fsync@openssh.com": Extension(b"1", ("handle",)),
    "lsetstat@openssh.com": Extension(b"1", ("path", "attributes")),
    "limits@openssh.com": Extension(b"1", ()),
    "expand-path@openssh.com": Extension(b"1", ("path",)),
    "copy-data": Extension(b"1", ("handle", "offset", "length", "second", "offset")),
    "home-directory": Extension(b"1", ("path",)),
    "users-groups-by-id@openssh.com": Extension(b"1", ("ids", "ids")),
}
"""OpenSSH's; every other is turned down, and kept from what a client is told."""


def request_of(packet: Packet) -> Request | None:
    """What it asks for; None for an extension that is not known. Raises Malformed."""
    fields, name = Fields(packet.body), ""
    if packet.kind == Kind.EXTENDED:
        name = fields.string(256).decode("latin-1")
        if name not in EXTENSIONS:
            return None
        layout = EXTENSIONS[name].layout
    else:
        layout = LAYOUTS[packet.kind]
    values: dict[str, bytes] = {}
    numbers: list[int] = []
    flags = 0
    for field in layout:
        if field in ("path", "other"):
            values[field] = fields.path()
        elif field in ("handle", "second"):
            values[field] = fields.string(LONGEST_HANDLE)
        elif field == "attributes":
            values[field] = fields.attributes()
        elif field == "flags":
            flags = fields.uint32()
        elif field == "ids":
            fields.string()
        else:
            numbers.append(fields.uint64())
    fields.end()
    if flags & ~sum(Flag):
        raise Malformed("flags of another version")
    return Request(packet.kind, name, flags=flags, numbers=tuple(numbers), **values)


@dataclass(frozen=True, slots=True)
class Name:
    """One entry of a NAME: the file's name, the line `ls -l` would show, attributes."""

    name: bytes
    line: bytes
    attributes: bytes


def names_of(reply: Packet) -> list[Name]:
    """The entries of a NAME; raises Malformed."""
    fields = Fields(reply.body)
    names = []
    for _ in range(fields.uint32()):
        names.append(Name(fields.string(), fields.string(), fields.attributes()))
    fields.end()
    return names


def name_packet(id: int, names: Iterable[Name]) -> bytes:
    """A NAME of these entries."""
    entries = [string(each.name) + string(each.line) + each.attributes for each in names]
    return packet(Kind.NAME, id, len(entries).to_bytes(4, "big") + b"".join(entries))


def code_of(reply: Packet) -> tuple[int, str]:
    """Code and message of a STATUS; raises Malformed. Version 3 has a message, older servers leave it out."""
    fields = Fields(reply.body)
    code = fields.uint32()
    return code, fields.string().decode(errors="replace") if fields.left else ""


def encoded(request: Request, id: int) -> bytes:
    """A decoded request as a packet: the same but for what was changed in it. Not for those with numbers."""
    layout = EXTENSIONS[request.name].layout if request.name else LAYOUTS[request.kind]
    body = [string(request.name.encode("latin-1"))] if request.name else []
    for field in layout:
        if field == "flags":
            body.append(request.flags.to_bytes(4, "big"))
        elif field == "attributes":
            body.append(request.attributes)
        else:
            body.append(string({"path": request.path, "other": request.other, "handle": request.handle}[field]))
    return packet(request.kind, id, b"".join(body))


def announced(hello: Packet, without: Iterable[str] = ()) -> dict[str, bytes]:
    """The extensions of a VERSION that are known and not `without`; raises ProtocolViolation for another version."""
    if hello.id != VERSION:
        raise violation(f"version {hello.id}")
    fields, known = Fields(hello.body), {}
    try:
        while fields.left:
            name, value = fields.string().decode("latin-1"), fields.string()
            if name in EXTENSIONS and EXTENSIONS[name].version == value and name not in without:
                known[name] = value
    except Malformed as error:
        raise violation(str(error)) from None
    return known
