import asyncio

import pytest

from engine.errors import HooptermError
from engine.model import Target
from engine.shared import Shared

SHOP = Target(name="shop", protocol="postgres", address="127.0.0.1:1")


class Thing:
    def __init__(self) -> None:
        self.is_closed = False

    async def close(self) -> None:
        self.is_closed = True


async def fails() -> Thing:
    raise HooptermError("down")


async def works() -> Thing:
    return Thing()


async def test_it_is_made_once_for_a_target_and_database_and_a_failure_is_not_kept() -> None:
    shared = Shared()
    async with asyncio.TaskGroup() as tasks:
        with pytest.raises(HooptermError, match="down"):
            await shared.get(SHOP, "shop", fails, tasks)
        first = await shared.get(SHOP, "shop", works, tasks)
        assert await shared.get(SHOP, "shop", works, tasks) is first
        assert await shared.get(SHOP, "other", works, tasks) is not first


async def test_a_mistake_of_ours_is_an_error_of_the_one_who_asked() -> None:
    async def breaks() -> Thing:
        raise KeyError("ours")

    async with asyncio.TaskGroup() as tasks:
        with pytest.raises(HooptermError, match="could not be prepared: KeyError"):
            await Shared().get(SHOP, "shop", breaks, tasks)


async def test_what_was_made_is_closed_and_what_is_being_made_ends() -> None:
    shared = Shared()
    begun = asyncio.Event()

    async def never() -> Thing:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with asyncio.TaskGroup() as tasks:
        made = await shared.get(SHOP, "shop", works, tasks)
        waiting = tasks.create_task(shared.get(SHOP, "slow", never, tasks))
        await begun.wait()
        await shared.close()
        await asyncio.wait([waiting])
    assert made.is_closed
    assert waiting.cancelled()
