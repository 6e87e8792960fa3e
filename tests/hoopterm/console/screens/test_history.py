"""Every revision of the policy, and back to one of them."""

from __future__ import annotations

from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.screens.test_policy import on_stage, opened
from tests.hoopterm.console.stage import picture, toasts, until


async def test_it_says_who_why_and_what() -> None:
    async with on_stage(FakeEngine()) as pilot:
        await opened(pilot)
        await pilot.press("h")
        await until(pilot, lambda: "2 revisions" in picture(pilot))
        assert "deletes ␛[31m" in picture(pilot)
        assert "● in force" in picture(pilot)
        await pilot.press("j", "enter")
        await until(pilot, lambda: "carol: no reason was given" in picture(pilot))
        assert "+ rule x (deny)" in picture(pilot)


async def test_an_earlier_one_comes_back_after_a_question() -> None:
    engine = FakeEngine()
    async with on_stage(engine) as pilot:
        await opened(pilot)
        await pilot.press("h")
        await until(pilot, lambda: "2 revisions" in picture(pilot))
        await pilot.press("R")
        assert any("this revision is in force" in told for told in toasts(pilot))
        await pilot.press("j", "R")
        await until(pilot, lambda: "Put this earlier policy in force again?" in picture(pilot))
        await pilot.press("enter")
        await pilot.pause()
        assert engine.rolled_back == []
        await pilot.press("R", *"it was better", "enter", "enter")
        await until(pilot, lambda: engine.rolled_back == [("a" * 64, "it was better")])


async def test_an_engine_that_is_away_is_a_cause_and_a_retry() -> None:
    engine = FakeEngine()
    async with on_stage(engine) as pilot:
        await opened(pilot)
        engine.away = True
        engine.feed.put_nowait(None)
        await pilot.press("h")
        await until(pilot, lambda: "The history cannot be read" in picture(pilot))
        engine.away = False
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "2 revisions" in picture(pilot))
