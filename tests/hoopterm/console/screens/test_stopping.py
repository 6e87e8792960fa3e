"""The questions before a lock, an unlock and a revocation, while the world goes on."""

from __future__ import annotations

import msgspec
from textual.widgets import Button

from hoopterm.console.screens.confirm import Confirm
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.screens.test_targets import opened
from tests.hoopterm.console.stage import picture, running, until


async def test_what_somebody_else_unlocked_meanwhile_is_not_unlocked_again() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        screen = await opened(pilot, "j", "U")
        engine.locked = engine.locked[1:]
        screen.refetch()
        await until(pilot, lambda: "it is unlocked already" in picture(pilot))
        assert pilot.app.screen.query_one("#confirm", Button).disabled


async def test_a_token_that_was_revoked_meanwhile_is_not_revoked_again() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        screen = await opened(pilot, "tab", "tab", "x")
        engine.minted = [msgspec.structs.replace(each, revoked=each.created) for each in engine.minted]
        screen.refetch()
        await until(pilot, lambda: "was revoked already" in picture(pilot))
        await pilot.press("enter")
        assert engine.calls == []


async def test_letters_typed_at_a_question_without_a_reason_do_nothing() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await opened(pilot, "tab", "tab", "x", *"yes")
        assert isinstance(pilot.app.screen, Confirm)
        await pilot.press("enter")
        assert engine.calls == []
