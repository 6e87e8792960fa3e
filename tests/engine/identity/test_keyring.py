from __future__ import annotations

import asyncio

import pytest

from engine.identity.jwt import NotAccepted, take_apart
from engine.identity.keyring import PAUSE, REFRESH, STALE, Keyring
from tests.engine.identity.signing import ADDRESS, Key, Network, Tasks, Time, claims, ec, rsa, signed


class Ring:
    """A keyring on a network and a clock of the test's own."""

    def __init__(self, *keys: Key) -> None:
        self.network, self.time = Network(*(keys or (rsa(),))), Time()
        self.ring = Keyring(ADDRESS, get=self.network.get, spawn=Tasks().spawn, clock=self.time.clock)

    async def has(self, key: Key | None = None, algorithm: str = "RS256") -> bool:
        return await self.ring.find(take_apart(signed(claims(), key, algorithm))) is not None

    @property
    def asked(self) -> int:
        """How often the issuer was asked: two documents each time."""
        return self.network.asked // 2


async def test_nothing_is_asked_before_a_token_comes_and_nothing_again_while_keys_are_fresh() -> None:
    ring = Ring()
    assert ring.asked == 0
    for _ in range(10):
        assert await ring.has()
    ring.time.passed = REFRESH - 1
    assert await ring.has()
    assert ring.asked == 1


async def test_a_crowd_asks_once_together() -> None:
    ring = Ring()
    ring.network.goes_on.clear()
    async with asyncio.TaskGroup() as tasks:
        crowd = [tasks.create_task(ring.has()) for _ in range(200)]
        await ring.network.is_asked.wait()
        ring.network.goes_on.set()
    assert all(each.result() for each in crowd)
    assert ring.asked == 1


async def test_a_client_that_goes_away_does_not_end_the_question_for_others() -> None:
    ring = Ring()
    ring.network.goes_on.clear()
    async with asyncio.TaskGroup() as tasks:
        first, second = tasks.create_task(ring.has()), tasks.create_task(ring.has())
        await ring.network.is_asked.wait()
        first.cancel()
        await asyncio.sleep(0)
        ring.network.goes_on.set()
    assert second.result()
    assert ring.asked == 1


async def test_a_new_key_lets_in_at_once_and_the_old_one_as_long_as_it_is_published() -> None:
    ring = Ring()
    assert await ring.has()
    ring.network.keys = (rsa(), rsa("rsa-2"))
    ring.time.passed = PAUSE
    assert await ring.has(rsa("rsa-2"))
    assert await ring.has(rsa())
    assert ring.asked == 2


async def test_names_of_keys_that_do_not_exist_ask_no_more_often_than_every_ten_seconds() -> None:
    ring = Ring()
    for second in range(100):
        ring.time.passed = float(second)
        assert not await ring.has(rsa("rsa-2"))
    assert ring.asked == 100 / PAUSE


async def test_a_key_that_was_removed_stops_working_after_the_refresh() -> None:
    ring = Ring()
    assert await ring.has()
    ring.network.keys = (ec(),)
    assert await ring.has()
    ring.time.passed = REFRESH
    assert not await ring.has()
    assert await ring.has(ec(), "ES256")


async def test_an_issuer_that_is_down_keeps_its_last_keys_for_an_hour_and_no_longer() -> None:
    ring = Ring()
    assert await ring.has()
    ring.network.is_down = True
    ring.time.passed = STALE - 1
    assert await ring.has()
    ring.time.passed = STALE
    with pytest.raises(NotAccepted, match="cannot be asked"):
        await ring.has()
    ring.network.is_down = False
    ring.time.passed += PAUSE
    assert await ring.has()


async def test_an_issuer_that_is_down_is_not_asked_by_each_who_comes() -> None:
    ring = Ring()
    ring.network.is_down = True
    for _ in range(50):
        with pytest.raises(NotAccepted, match="cannot be asked"):
            await ring.has()
    assert ring.network.asked == 1


async def test_what_an_issuer_breaks_in_us_does_not_end_the_engine() -> None:
    ring = Ring()

    async def get(address: str) -> bytes:
        raise RuntimeError("a mistake of ours")

    ring.ring._get = get
    with pytest.raises(NotAccepted):
        await ring.has()
