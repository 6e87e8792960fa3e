"""Locks: set, taken off, listed.

Whoever may end sessions may lock, since a lock only takes away. Giving back is narrower: an operator unlocks what they
locked themselves, an administrator everything. Nobody locks themselves, and who has `admin` is locked by another who
has: somebody is left to unlock.
"""

from __future__ import annotations

from engine.api.auth import ADMIN, Permission
from engine.api.call import Call
from engine.api.schema import LockRequest, LockView
from engine.api.views import lock_view
from engine.config.fields import is_name
from engine.errors import Forbidden, HooptermError
from engine.identity.locks import Locked

MAX_REASON = 2000


async def list_locks(call: Call) -> list[LockView]:
    """What is locked, the oldest first."""
    return [lock_view(lock, call.gateway.revision) for lock in call.gateway.locks.list()]


async def lock(call: Call) -> LockView:
    """Refuse new sessions of an identity or on a target, and end live ones."""
    kind, name, reason = await _asked(call)
    if kind is Locked.IDENTITY:
        _require_others_left(call, name)
    lock, ended = await call.gateway.endings.lock(kind, name, call.caller.name, reason)
    return lock_view(lock, call.gateway.revision, ended)


async def unlock(call: Call) -> LockView:
    """Let an identity or a target be used again."""
    kind, name, reason = await _asked(call)
    standing = call.gateway.locks.get(kind, name)
    if standing is not None and standing.by != call.caller.name and not call.caller.has(ADMIN):
        raise Forbidden(
            f"{call.caller.name} may not unlock {name}",
            f"{standing.by} locked it, and unlocking for others needs the permission admin",
            f"ask {standing.by} or an administrator",
        )
    return lock_view(await call.gateway.endings.unlock(kind, name, call.caller.name, reason), call.gateway.revision)


async def _asked(call: Call) -> tuple[Locked, str, str]:
    asked = await call.body(LockRequest)
    if (asked.identity is None) == (asked.target is None):
        raise HooptermError("a lock is on one identity or on one target", hint="name one of them")
    kind = Locked.TARGET if asked.identity is None else Locked.IDENTITY
    name = asked.target if asked.identity is None else asked.identity
    if name is None or not is_name(name):
        raise HooptermError(f"no {kind} can have that name", hint="letters, digits and _ . @ + -")
    reason = "".join(letter if letter.isprintable() else " " for letter in asked.reason).strip()[:MAX_REASON]
    if not reason:
        raise HooptermError("a lock needs a reason", hint="say in a few words why: it goes into the record")
    return kind, name, reason


def _require_others_left(call: Call, name: str) -> None:
    if name == call.caller.name:
        raise Forbidden("nobody locks themselves", "they could not unlock what they locked", "ask somebody else")
    person = call.gateway.revision.people.get(name)
    is_admin = person is not None and Permission.ADMIN in call.gateway.revision.permissions_of(person)
    if is_admin and not call.caller.has(ADMIN):
        raise Forbidden(f"{call.caller.name} may not lock {name}", f"{name} is an administrator", "ask another one")
