"""Who asks, by the kernel's word, and what they may, by the YAML's.

A Unix socket's peer credentials (unix(7), SO_PEERCRED) are fixed when the connection is made and cannot be claimed:
uid → unix name → the person of the configuration whose `unix` it is. The socket itself is open to everybody, so
everything hangs on this file and on the table in `routes`.
"""

from __future__ import annotations

import asyncio
import pwd
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from engine.errors import Forbidden
from engine.identity.locks import Locked

if TYPE_CHECKING:
    from engine.config.revision import Person, Revision
    from engine.identity.locks import Locks

_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid


class Permission(StrEnum):
    """What a person may be allowed on the control API. None implies another: the YAML says all of it."""

    ADMIN = "admin"
    APPROVER = "approver"
    OPERATOR = "operator"
    AUDITOR = "auditor"


KNOWN: frozenset[Permission] = frozenset()  # being a person of the configuration is enough
ANY_PERMISSION = frozenset(Permission)
ADMIN = frozenset({Permission.ADMIN})
OPERATOR = frozenset({Permission.OPERATOR, Permission.ADMIN})
APPROVER = frozenset({Permission.APPROVER})
AUDITOR = frozenset({Permission.AUDITOR})
SEES_REVIEWS = APPROVER | AUDITOR
SEES_SESSIONS = OPERATOR | AUDITOR


Sign = Callable[[bytes], Awaitable[str]]
"""Has a person sign a text with the key they logged in with; raises Forbidden where they, or their agent, do not."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The person who asks, and what they may. `sign` is there where their login can sign for them."""

    person: Person
    permissions: frozenset[str]
    is_locked: bool = False
    sign: Sign | None = None

    @property
    def name(self) -> str:
        """As the configuration spells it."""
        return self.person.name

    def has(self, needs: Iterable[Permission]) -> bool:
        """Whether any one of these permissions is theirs."""
        return not self.permissions.isdisjoint(needs)


class HasOptions(Protocol):
    """A socket, or what an event loop shows of one."""

    def getsockopt(self, level: int, option: int, buflen: int, /) -> bytes:
        """As of a socket."""
        ...


def peer_uid(connection: HasOptions) -> int:
    """The user who opened this Unix-socket connection, as the kernel recorded it."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(credentials)
    return int(uid)


async def identify(uid: int, revision: Revision, locks: Locks) -> Caller:
    """The person behind a uid, without permissions where they are locked; raises Forbidden for somebody the
    configuration does not know."""
    name = await asyncio.to_thread(_unix_name, uid)  # a directory service may be slow
    person = revision.person_of_unix(name) if name is not None else None
    if person is None:
        known = name or f"uid {uid}"
        raise Forbidden(
            f"the configuration knows nobody with the unix name {known}",
            hint=f"add them under identity.people, as `{name or 'NAME'}: {{unix: {name or 'NAME'}, groups: [GROUP]}}`, "
            "and let one of their groups do something under permissions, as `operator: [GROUP]`",
        )
    return _caller(person, revision, locks)


def identify_guest(name: str, revision: Revision, locks: Locks, sign: Sign | None) -> Caller:
    """The same for somebody whose name is known from their login; raises Forbidden once the configuration has nobody
    of that name."""
    person = revision.people.get(name)
    if person is None:
        raise Forbidden(f"the configuration knows nobody of the name {name}", hint="log in again")
    return _caller(person, revision, locks, sign)


def _caller(person: Person, revision: Revision, locks: Locks, sign: Sign | None = None) -> Caller:
    if locks.get(Locked.IDENTITY, person.name) is not None:
        return Caller(person, frozenset(), is_locked=True)
    return Caller(person, revision.permissions_of(person), sign=sign)


def require(caller: Caller, needs: frozenset[Permission], what: str) -> None:
    """Raise Forbidden unless the caller has one of these permissions; for none, being known is enough."""
    if needs and not caller.has(needs):
        if caller.is_locked:
            raise Forbidden(f"{caller.name} may not {what}", f"{caller.name} is locked", "ask an administrator")
        wanted = " or ".join(sorted(needs))
        raise Forbidden(
            f"{caller.name} may not {what}",
            f"it needs the permission {wanted}",
            f"an administrator can give it to one of your groups under permissions ({wanted})",
        )


def _unix_name(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None
