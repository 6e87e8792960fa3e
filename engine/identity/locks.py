"""What somebody stopped: locked identities and targets, in memory and in the store.

A lock of a person covers what they answer for too: the agents they sponsor, what is done on their behalf, and what
comes in through a token they minted. Names are compared case-exactly, and need not be known: one may become so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, Self

from engine.model import Identity


class Locked(StrEnum):
    """What a lock is on."""

    IDENTITY = "identity"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock: on what, who set it, when and why."""

    kind: Locked
    name: str
    by: str
    reason: str
    since: datetime

    def covers(self, identity: Identity, target: str | None = None) -> bool:
        """Whether it stops this identity, or everybody on this target."""
        return self.name == target if self.kind is Locked.TARGET else self.name in _answering(identity)


class LockStore(Protocol):
    """Where locks outlive the engine."""

    async def locks(self) -> Sequence[Lock]:
        """All of them."""

    async def add_lock(self, lock: Lock) -> None:
        """Keep one, in the place of an earlier one on the same; durable when it returns."""

    async def remove_lock(self, kind: Locked, name: str) -> None:
        """Forget one; durable when it returns."""


class Locks:
    """The locks in force. A lock counts from `add` on, in the store or not, and until `remove` has told the store."""

    def __init__(self, store: LockStore) -> None:
        self._store = store
        self._locks: dict[tuple[Locked, str], Lock] = {}
        self._kept: set[tuple[Locked, str]] = set()  # what the store has taken

    @classmethod
    async def open(cls, store: LockStore) -> Self:
        """The locks this store keeps."""
        locks = cls(store)
        for lock in await store.locks():
            locks.add(lock)
            locks._kept.add((lock.kind, lock.name))
        return locks

    def __repr__(self) -> str:
        return f"<Locks {len(self._locks)}>"

    def list(self) -> tuple[Lock, ...]:
        """All of them, the oldest first."""
        return tuple(sorted(self._locks.values(), key=lambda lock: (lock.since, lock.kind, lock.name)))

    def get(self, kind: Locked, name: str) -> Lock | None:
        """The lock on exactly that."""
        return self._locks.get((kind, name))

    def on(self, identity: Identity, target: str | None = None) -> Lock | None:
        """A lock that covers this identity, or this target."""
        named = [(Locked.IDENTITY, name) for name in _answering(identity) if name is not None]
        if target is not None:
            named.append((Locked.TARGET, target))
        return next((lock for key in named if (lock := self._locks.get(key)) is not None), None)

    def why_not(self, identity: Identity, target: str | None = None) -> str | None:
        """Why this identity may do nothing, or nothing there; None when no lock keeps it.

        Who is locked learns that they are, and not who did it or why."""
        lock = self.on(identity, target)
        if lock is None:
            return None
        return f"target {target} is locked" if lock.kind is Locked.TARGET else f"{identity.subject} is locked"

    def is_kept(self, lock: Lock) -> bool:
        """Whether it survives the engine."""
        return (lock.kind, lock.name) in self._kept

    def add(self, lock: Lock) -> None:
        """Have it count from now on."""
        self._locks[lock.kind, lock.name] = lock

    async def keep(self, lock: Lock) -> None:
        """Tell the store; raises what the store raises, and the lock counts all the same."""
        await self._store.add_lock(lock)
        self._kept.add((lock.kind, lock.name))

    async def remove(self, lock: Lock) -> None:
        """Have the store forget it, and only then have it count no more; raises what the store raises."""
        await self._store.remove_lock(lock.kind, lock.name)
        self._kept.discard((lock.kind, lock.name))
        self._locks.pop((lock.kind, lock.name), None)


def _answering(identity: Identity) -> tuple[str | None, ...]:
    """Who asks, and the people who answer for it."""
    return identity.subject, identity.sponsor, identity.on_behalf_of, identity.token_minted_by
