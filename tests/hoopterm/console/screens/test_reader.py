"""A whole text."""

from __future__ import annotations

from functools import partial

from hoopterm.console import sql
from hoopterm.console.screens.reader import Reader
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import picture, running


async def test_a_megabyte_scrolls_and_folds_again_with_the_width() -> None:
    text = "SELECT '" + "x" * 200_000 + "' AS the_end"
    async with running(FakeEngine()) as pilot:
        pilot.app.push_screen(Reader("long", text, partial(sql.wrapped, text)))
        await pilot.pause()
        await pilot.press("G")
        assert "the_end" in picture(pilot)
        await pilot.resize_terminal(120, 30)
        await pilot.pause()
        await pilot.press("G")
        assert "the_end" in picture(pilot)
        await pilot.press("y")
        assert pilot.app.clipboard == text
