"""What a file request is to policy: where its paths lead, and the operation that comes of it.

What is decided on is what the target's own REALPATH says, every symbolic link followed, and what then goes upstream is
that path and not the client's. Where a request does not follow the last link (LSTAT, REMOVE, RENAME, READLINK …) it is
the folder that is resolved.
"""

from __future__ import annotations

import posixpath
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from engine.model import Access, Effect, Operation, Resource
from engine.protocols.ssh import filepaths, sftp_fields
from engine.protocols.ssh.sftp import Kind
from engine.protocols.ssh.sftp_calls import Failed
from engine.protocols.ssh.sftp_fields import Flag, Request

Resolve = Callable[[bytes], Awaitable[bytes]]
"""A path to where it leads on the target; raises Failed where that cannot be told."""

IsDirectory = Callable[[bytes], Awaitable[bool]]
"""Whether a path, not followed, is a directory."""

VERBS = {
    Kind.LSTAT: "STAT",
    Kind.STAT: "STAT",
    Kind.SETSTAT: "SETSTAT",
    Kind.FSETSTAT: "SETSTAT",
    Kind.OPENDIR: "LIST",
    Kind.REMOVE: "REMOVE",
    Kind.MKDIR: "MKDIR",
    Kind.RMDIR: "RMDIR",
    Kind.REALPATH: "REALPATH",
    Kind.RENAME: "RENAME",
    Kind.READLINK: "READLINK",
    Kind.SYMLINK: "SYMLINK",
}
EXTENDED_VERBS = {
    "posix-rename@openssh.com": "RENAME",
    "statvfs@openssh.com": "STATVFS",
    "hardlink@openssh.com": "LINK",
    "lsetstat@openssh.com": "SETSTAT",
    "limits@openssh.com": "LIMITS",
    "expand-path@openssh.com": "REALPATH",
    "copy-data": "COPY",
    "home-directory": "HOME",
    "users-groups-by-id@openssh.com": "NAMES",
}
"""As rules name them; an OPEN is READ, WRITE or OPEN by what it is for."""

_UNFOLLOWED = frozenset(
    {Kind.LSTAT, Kind.REMOVE, Kind.MKDIR, Kind.RMDIR, Kind.RENAME, Kind.READLINK, Kind.SYMLINK},
)
_UNFOLLOWED_EXTENSIONS = frozenset({"posix-rename@openssh.com", "hardlink@openssh.com", "lsetstat@openssh.com"})
_NEW = Flag.CREAT | Flag.EXCL
_EFFECTS = {
    "STAT": Effect.READ,
    "STATVFS": Effect.READ,
    "LIST": Effect.READ,
    "REALPATH": Effect.READ,
    "READLINK": Effect.READ,
    "SETSTAT": Effect.WRITE,
    "SYMLINK": Effect.WRITE,
    "MKDIR": Effect.WRITE,
    "REMOVE": Effect.DELETE,
    "RMDIR": Effect.DELETE,
}
_PURE = frozenset({"STAT", "STATVFS", "LIST", "REALPATH", "READLINK", "LIMITS", "HOME", "NAMES"})
"""What changes nothing, whatever the path is. To open a file is not among it: reading from a pipe or a device does."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A request with its paths resolved, and the verb, accesses and words that policy and people see."""

    request: Request
    verb: str
    accesses: tuple[Access, ...]
    text: str

    @property
    def is_pure_read(self) -> bool:
        """Whether it provably changes nothing."""
        return self.verb in _PURE

    def operation(self, id: str, session: str) -> Operation:
        """As the pipeline takes it."""
        paths = (("path", self.request.path), ("other", self.request.other))
        return Operation(
            id=id,
            session=session,
            kind="file",
            verb=self.verb,
            text=self.text,
            accesses=self.accesses,
            context=tuple((name, path.hex()) for name, path in paths if not filepaths.is_exact(path)),
            is_pure_read=self.is_pure_read,
        )


def verb_of(request: Request) -> str:
    """The request's verb."""
    if request.kind == Kind.OPEN:
        return {(True, False): "READ", (False, True): "WRITE"}.get(_directions(request.flags), "OPEN")
    return EXTENDED_VERBS[request.name] if request.name else VERBS[Kind(request.kind)]


def _directions(flags: int) -> tuple[bool, bool]:
    """Whether a file is read and whether it is changed. Without WRITE an OpenSSH server opens it for reading, whatever
    else is asked."""
    reads = bool(flags & Flag.READ) or not flags & Flag.WRITE
    return reads, bool(flags & ~Flag.READ)


def is_followed(request: Request) -> bool:
    """Whether the last link of its path is followed."""
    if request.name:
        return request.name not in _UNFOLLOWED_EXTENSIONS
    is_new = request.kind == Kind.OPEN and request.flags & _NEW == _NEW  # open(2): a link in its place is an error
    return request.kind not in _UNFOLLOWED and not is_new


async def meaning_of(request: Request, resolve: Resolve, is_directory: IsDirectory) -> Meaning:
    """Ask the target where its paths lead; raises what `resolve` raises."""
    verb = verb_of(request)
    if verb in ("LIMITS", "HOME", "NAMES") or (verb == "REALPATH" and request.path in (b"", b".")):
        return Meaning(request, verb, (Access(Effect.HOUSEKEEPING, Resource("statement", "")),), _words(verb, request))
    path = request.path if request.handle else await _led(request.path, is_followed(request), resolve)
    other, is_tree = request.other, False
    if verb in ("RENAME", "LINK"):
        other = await _led(other, False, resolve)
    if verb == "RENAME":
        is_tree = await is_directory(path)
    resolved = replace(request, path=path, other=other)
    accesses = _accesses(verb, resolved, is_tree=is_tree)
    if verb == "SYMLINK":
        accesses += (await _told_by_link(resolved, resolve, is_directory),)
    return Meaning(resolved, verb, accesses, _words(verb, resolved))


def unresolved(request: Request, home: bytes) -> Meaning:
    """The same where the target does not say where a path leads: what it reads like is what is decided on."""
    path = filepaths.absolute(request.path, home)
    other = request.other if verb_of(request) == "SYMLINK" else filepaths.absolute(request.other, home)
    plain = replace(request, path=path, other=other if request.other else b"")
    verb = verb_of(request)
    return Meaning(plain, verb, _accesses(verb, plain), _words(verb, plain))


async def _told_by_link(link: Request, resolve: Resolve, is_directory: IsDirectory) -> Access:
    """What could be read through a symbolic link that is about to be made; where nothing is yet, all that may be."""
    folder = posixpath.dirname(link.path)
    leads_to = filepaths.absolute(link.other, folder)
    try:
        leads_to = await resolve(posixpath.join(folder, link.other))
        is_tree = await is_directory(leads_to)
    except Failed:
        is_tree = True
    return Access(Effect.READ, filepaths.resource_of(leads_to, is_tree=is_tree))


async def _led(path: bytes, followed: bool, resolve: Resolve) -> bytes:
    parts = None if followed else filepaths.divided(path)
    if parts is None:
        return await resolve(path)
    return filepaths.joined(await resolve(parts[0]), parts[1])


def _accesses(verb: str, request: Request, *, is_tree: bool = False) -> tuple[Access, ...]:
    path = filepaths.resource_of(request.path, is_tree=is_tree)
    other = filepaths.resource_of(request.other, is_tree=is_tree)
    if verb in ("READ", "WRITE", "OPEN"):
        reads, changes = _directions(request.flags)
        effects = [effect for effect, does in ((Effect.READ, reads), (Effect.WRITE, changes)) if does]
        return tuple(Access(effect, path) for effect in effects)
    if verb == "RENAME":  # what could not be read or changed under one name could be under the other
        return (*_all_of(path), Access(Effect.DELETE, path), Access(Effect.WRITE, other))
    if verb == "LINK":
        return (*_all_of(path), Access(Effect.WRITE, other))
    if verb == "COPY":
        return (Access(Effect.READ, path), Access(Effect.WRITE, other))
    return (Access(_EFFECTS[verb], path),)


def _all_of(path: Resource) -> tuple[Access, Access]:
    return Access(Effect.READ, path), Access(Effect.WRITE, path)


def _words(verb: str, request: Request) -> str:
    """One line: the verb, its paths, and what else a reviewer must know."""
    words = [verb]
    if request.path:
        words.append(filepaths.words_of(request.path))
    if request.other:
        words += ["→", filepaths.words_of(request.other)]
    notes = (
        [flag.name.lower() for flag in Flag if request.flags & flag and flag.name] if request.kind == Kind.OPEN else []
    )
    if request.attributes and (said := sftp_fields.words_of(request.attributes)):
        notes.append(said)
    if verb == "COPY":
        notes.append(f"bytes {request.numbers[1]} from {request.numbers[0]} to {request.numbers[2]}")
    return " ".join(words) + (f" ({', '.join(notes)})" if notes else "")
