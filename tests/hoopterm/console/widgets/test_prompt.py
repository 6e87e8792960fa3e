"""One line of input."""

from __future__ import annotations

from textual.widgets import Input

from hoopterm.console.widgets.prompt import Prompt
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import picture, running


async def test_it_is_hidden_until_asked_and_letters_are_no_commands_in_it() -> None:
    async with running(FakeEngine()) as pilot:
        prompt = pilot.app.screen.query_one(Prompt)
        assert not prompt.display
        await pilot.press("slash", "a", "d", "q", "y")
        assert prompt.display
        assert prompt.query_one(Input).value == "adqy"
        assert "adqy" in picture(pilot)
        await pilot.press("escape")
        assert not prompt.display
