from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from engine.identity.locks import Lock, Locked, Locks
from engine.model import Identity

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BOT = Identity("bot", "agent", sponsor="alice", on_behalf_of="carol", token_minted_by="bob")


def lock(name: str, kind: Locked = Locked.IDENTITY) -> Lock:
    return Lock(kind, name, "dan", "INC-7", NOW)


class MemoryStore:
    """A store that remembers, and can be lost."""

    def __init__(self) -> None:
        self.kept: dict[tuple[Locked, str], Lock] = {}
        self.is_lost = False

    async def locks(self) -> Sequence[Lock]:
        return list(self.kept.values())

    async def add_lock(self, lock: Lock) -> None:
        if self.is_lost:
            raise ConnectionError
        self.kept[lock.kind, lock.name] = lock

    async def remove_lock(self, kind: Locked, name: str) -> None:
        if self.is_lost:
            raise ConnectionError
        del self.kept[kind, name]


@pytest.mark.parametrize("name", ["bot", "alice", "carol", "bob"])
def test_a_lock_covers_who_asks_and_whoever_answers_for_it(name: str) -> None:
    locks = Locks(MemoryStore())
    locks.add(lock(name))
    assert locks.on(BOT) == lock(name)
    assert lock(name).covers(BOT)
    assert locks.why_not(BOT, "shop") == "bot is locked"


@pytest.mark.parametrize("name", ["Bot", "bot ", "bo", "shop", ""])
def test_a_lock_covers_no_other_name(name: str) -> None:
    """SECURITY: names compare case-exactly everywhere."""
    locks = Locks(MemoryStore())
    locks.add(lock(name))
    assert locks.on(BOT, "shop") is None
    assert not lock(name).covers(BOT, "shop")


def test_an_identity_without_a_sponsor_is_not_covered_by_another_without_one() -> None:
    locks = Locks(MemoryStore())
    locks.add(lock("alice"))
    assert locks.on(Identity("erin", "human")) is None


def test_a_locked_target_stops_everybody_there_and_nobody_elsewhere() -> None:
    locks = Locks(MemoryStore())
    locks.add(lock("shop", Locked.TARGET))
    assert locks.why_not(BOT, "shop") == "target shop is locked"
    assert locks.why_not(BOT, "stock") is None
    assert locks.why_not(BOT) is None
    assert lock("shop", Locked.TARGET).covers(BOT, "shop")
    assert not lock("bot", Locked.TARGET).covers(BOT, "shop")


def test_who_is_locked_does_not_learn_by_whom_or_why() -> None:
    locks = Locks(MemoryStore())
    locks.add(lock("alice"))
    said = locks.why_not(BOT) or ""
    assert not any(word in said for word in ("alice", "dan", "INC-7"))


async def test_locks_are_there_again_after_a_restart() -> None:
    store = MemoryStore()
    locks = Locks(store)
    locks.add(lock("bot"))
    await locks.keep(lock("bot"))
    again = await Locks.open(store)
    assert again.list() == (lock("bot"),)
    assert again.is_kept(lock("bot"))
    await again.remove(lock("bot"))
    assert (await Locks.open(store)).list() == ()


async def test_a_lock_holds_while_the_store_is_lost() -> None:
    store = MemoryStore()
    locks = Locks(store)
    locks.add(lock("bot"))
    store.is_lost = True
    with pytest.raises(ConnectionError):
        await locks.keep(lock("bot"))
    assert locks.on(BOT) is not None
    assert not locks.is_kept(lock("bot"))
    store.is_lost = False
    await locks.keep(lock("bot"))
    store.is_lost = True
    with pytest.raises(ConnectionError):
        await locks.remove(lock("bot"))
    assert locks.on(BOT) is not None
