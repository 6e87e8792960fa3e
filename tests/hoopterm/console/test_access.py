"""What was asked of the engine about who is let in."""

from __future__ import annotations

import pytest

from engine.api.schema import TokenView
from hoopterm.console.access import Kind, ask, last_seen
from hoopterm.errors import Refused
from tests.hoopterm.console import registers, scenes
from tests.hoopterm.console.scenes import FakeEngine


async def test_what_a_person_may_not_see_is_told_beside_what_they_may() -> None:
    engine = FakeEngine()
    engine.forbidden = {"tokens": "bob may not see tokens"}
    found = await ask(engine)
    assert (found.count(Kind.TARGETS), found.count(Kind.TOKENS)) == (4, 0)
    assert found.why == {Kind.TOKENS: "bob may not see tokens"}


async def test_another_refusal_is_an_error() -> None:
    engine = FakeEngine()
    engine.refusal = Refused("draining", "the engine is stopping")
    with pytest.raises(Refused, match="stopping"):
        await ask(engine)


async def test_a_lock_is_found_by_what_it_is_on_exactly() -> None:
    found = await ask(FakeEngine())
    lock = found.lock_on("target", "web1")
    assert lock is not None
    assert lock.by == "dan"
    assert found.lock_on("identity", "web1") is None


def test_an_agent_was_seen_when_its_sessions_or_tokens_say_and_now_while_one_is_live() -> None:
    used = TokenView("t", "cron-bot", "dan", scenes.stamp(-99), scenes.stamp(99), None, scenes.stamp(-7))
    never = TokenView("u", "new-bot", "dan", scenes.stamp(-99), scenes.stamp(99))
    seen = last_seen(scenes.sessions(), [*registers.tokens(), used, never])
    assert seen["report-bot"] == "now"
    assert seen["cron-bot"] == scenes.stamp(-7)
    assert seen["scrape-bot"] == registers.at(-3200)
    assert "new-bot" not in seen
