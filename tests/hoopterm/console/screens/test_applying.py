"""The question before a policy is put in force."""

from __future__ import annotations

from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.screens.test_policy import on_stage, opened
from tests.hoopterm.console.stage import app_of, picture, until


async def test_nothing_is_applied_on_a_stale_picture() -> None:
    engine = FakeEngine()
    async with on_stage(engine) as pilot:
        await opened(pilot)
        await pilot.press("i", *"# more", "enter", "escape")
        await until(pilot, lambda: "✓ holds" in picture(pilot))
        await pilot.press("a")
        await until(pilot, lambda: "Put this policy in force?" in picture(pilot))
        engine.away = True
        engine.feed.put_nowait(None)
        await until(pilot, lambda: "the engine is away: nothing can be applied now" in picture(pilot))
        await pilot.press("enter")
        assert engine.applied == []


async def test_a_draft_is_discarded_only_after_a_question() -> None:
    async with on_stage(FakeEngine()) as pilot:
        screen = await opened(pilot)
        await pilot.press("i", *"# more", "enter", "escape", "D")
        await until(pilot, lambda: "Discard the draft?" in picture(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: app_of(pilot).screen is screen)
        assert screen.editor.text.startswith("# more")
