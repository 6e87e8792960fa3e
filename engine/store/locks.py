"""Locks as the store keeps them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Delete, delete, insert, select

from engine.identity.locks import Lock, Locked
from engine.store.connection import Connected
from engine.store.tables import locks


class LockTable(Connected):
    """What `engine.identity.locks` asks of a store."""

    async def locks(self) -> Sequence[Lock]:
        """All of them."""
        async with self._reading() as connection:
            rows = await connection.execute(select(locks))
            return [
                Lock(Locked(row["kind"]), row["name"], row["locked_by"], row["reason"], row["since"])
                for row in rows.mappings()
            ]

    async def add_lock(self, lock: Lock) -> None:
        """Keep one, in the place of an earlier one on the same."""
        values = {
            "kind": lock.kind.value,
            "name": lock.name,
            "locked_by": lock.by,
            "reason": lock.reason,
            "since": lock.since,
        }
        async with self._writing() as connection:
            await connection.execute(_of(lock.kind, lock.name))
            await connection.execute(insert(locks).values(values))

    async def remove_lock(self, kind: Locked, name: str) -> None:
        """Forget one."""
        async with self._writing() as connection:
            await connection.execute(_of(kind, name))


def _of(kind: Locked, name: str) -> Delete:
    return delete(locks).where(locks.c.kind == kind.value, locks.c.name == name)
