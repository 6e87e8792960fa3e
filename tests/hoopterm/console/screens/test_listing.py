"""What screens of one list share."""

from __future__ import annotations

from hoopterm.console.screens.sessions import Sessions
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import picture, running


async def test_rows_are_kept_as_words_are_typed_and_all_are_back_once_these_are_dropped() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("2")
        screen = pilot.app.screen
        assert isinstance(screen, Sessions)
        before = [*screen.table.keys]
        await pilot.press("slash", *"etl")
        assert 0 < len(screen.table.keys) < len(before)
        assert f"filter: etl ({len(screen.table.keys)} kept)" in picture(pilot)
        await pilot.press("escape")
        assert [*screen.table.keys] == before
        assert screen.kept == ""
        assert screen.table.has_focus
