"""Keys, searched and run."""

from __future__ import annotations

from hoopterm.console.screens.approvals import Approvals
from hoopterm.console.screens.confirm import Confirm
from hoopterm.console.screens.help import Help, everything, keys
from hoopterm.console.screens.sessions import Sessions
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import page_of, picture, running, toasts


async def test_help_lists_what_can_be_done_here_first() -> None:
    async with running(FakeEngine()) as pilot:
        assert next(iter(keys(page_of(pilot)))).label == "approve…"
        assert any(entry.label == "theme light" for entry in everything(page_of(pilot)))
        for key in ("question_mark", "f1", "colon", "ctrl+p"):
            await pilot.press(key)
            assert isinstance(pilot.app.screen, Help)
            await pilot.press("escape")
            assert isinstance(pilot.app.screen, Approvals)


async def test_what_is_found_is_run() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("question_mark", *"deny the held", "enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Confirm)


async def test_themes_and_screens_are_commands() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("colon", *"theme light", "enter")
        await pilot.pause()
        assert pilot.app.theme == "hoopterm-light"
        await pilot.press("colon", *"live and past", "enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Sessions)


async def test_a_movement_explains_itself() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("question_mark", *"to the last", "enter")
        await pilot.pause()
        assert any("moves in lists" in told for told in toasts(pilot))


async def test_nothing_found_is_nothing_run() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("question_mark", *"zzzz", "enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Approvals)
        assert "zzzz" not in picture(pilot)
