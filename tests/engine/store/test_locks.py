from dataclasses import replace
from datetime import UTC, datetime

from engine.identity.locks import Lock, Locked
from engine.store.store import Store

LOCK = Lock(Locked.IDENTITY, "bot", "alice", "INC-7: läuft Amok", datetime(2026, 11, 22, 3, 0, 0, 123456, tzinfo=UTC))


async def test_a_lock_comes_back_as_it_went(store: Store) -> None:
    await store.add_lock(LOCK)
    assert await store.locks() == [LOCK]


async def test_an_identity_and_a_target_of_one_name_are_two(store: Store) -> None:
    target = replace(LOCK, kind=Locked.TARGET)
    await store.add_lock(LOCK)
    await store.add_lock(target)
    await store.remove_lock(Locked.IDENTITY, "bot")
    assert await store.locks() == [target]


async def test_a_lock_on_the_same_takes_the_place_of_the_earlier_one(store: Store) -> None:
    await store.add_lock(LOCK)
    await store.add_lock(replace(LOCK, by="bob"))
    assert [lock.by for lock in await store.locks()] == ["bob"]
