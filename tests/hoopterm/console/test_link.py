"""The road to the engine breaks and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from engine.api.schema import LiveView, ReviewView
from hoopterm.console.link import Link
from hoopterm.console.store import LinkState, Store
from hoopterm.errors import EngineUnreachable, Refused
from tests.hoopterm.console import scenes


class Followed:
    """A link in the background, and a way to wait for what it does to the store."""

    def __init__(self, engine: scenes.FakeEngine, poll: float = 60.0) -> None:
        self.store = Store()
        self._news = asyncio.Event()
        self.link = Link(self.store, engine.road, self._news.set, poll=poll)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for the store to be so."""
        async with asyncio.timeout(5):
            while not is_so():
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def followed(engine: scenes.FakeEngine, poll: float = 60.0) -> AsyncIterator[Followed]:
    found = Followed(engine, poll)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(found.link.run())
        yield found
        task.cancel()


async def test_it_loads_the_picture_and_follows_changes() -> None:
    engine = scenes.FakeEngine()
    async with followed(engine) as found:
        await found.until(lambda: found.store.link is LinkState.LIVE)
        assert len(found.store.waiting) == 3
        engine.feed.put_nowait(LiveView(review=scenes.held(state="denied")))
        await found.until(lambda: len(found.store.waiting) == 2)
        assert found.link.engine is engine


async def test_an_engine_that_goes_away_is_a_state_and_comes_back() -> None:
    engine = scenes.FakeEngine()
    async with followed(engine) as found:
        await found.until(lambda: found.store.link is LinkState.LIVE)
        engine.away = True
        engine.feed.put_nowait(None)
        await found.until(lambda: found.store.link is LinkState.LOST)
        assert "unreachable" in found.store.cause
        assert found.store.is_stale
        assert found.store.loaded
        with pytest.raises(EngineUnreachable):
            _ = found.link.engine
        engine.away = False
        found.link.hurry()
        await found.until(lambda: found.store.link is LinkState.LIVE)
        assert not found.store.is_stale


async def test_a_refusal_says_its_cause_and_what_to_do() -> None:
    engine = scenes.FakeEngine()
    engine.refusal = Refused("forbidden", "uid 0 is nobody here", "add yourself to identity.people")
    async with followed(engine) as found:
        await found.until(lambda: found.store.link is LinkState.LOST)
        assert found.store.cause == "uid 0 is nobody here; add yourself to identity.people"


async def test_what_a_person_may_not_see_leaves_the_rest_of_the_console_to_them() -> None:
    class Operators(scenes.FakeEngine):
        async def reviews(self) -> list[ReviewView]:
            raise Refused("forbidden", "alice may not see reviews", "it needs the permission approver or auditor")

    engine = Operators()
    async with followed(engine) as found:
        await found.until(lambda: found.store.link is LinkState.LIVE)
        assert found.store.waiting == []
        assert found.store.sessions


async def test_the_status_is_the_heartbeat() -> None:
    engine = scenes.FakeEngine()
    async with followed(engine, poll=0.0) as found:
        await found.until(lambda: found.store.link is LinkState.LIVE)
        engine.view = scenes.status(denied=77)
        await found.until(lambda: found.store.status is not None and found.store.status.denied == 77)


async def test_a_heartbeat_that_fails_breaks_the_link() -> None:
    engine = scenes.FakeEngine()
    async with followed(engine, poll=0.0) as found:
        await found.until(lambda: found.store.link is LinkState.LIVE)
        engine.away = True
        await found.until(lambda: found.store.link is LinkState.LOST)
