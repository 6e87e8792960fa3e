"""The words an editor offers."""

from __future__ import annotations

from textual.geometry import Offset

from hoopterm.console.completion import Offer
from hoopterm.console.widgets.choices import MOST_ROWS
from tests.hoopterm.console.widgets.test_yaml_editor import Desk

WORDS = [Offer(f"word{number}", f"word{number}", "\x1b kind") for number in range(20)]


async def test_it_is_there_while_there_is_something_to_choose() -> None:
    app = Desk("")
    async with app.run_test(size=(60, 20)) as pilot:
        choices = app.choices
        assert choices.chosen is None
        choices.open(WORDS, Offset(5, 3))
        await pilot.pause()
        assert choices.chosen == WORDS[0]
        choices.move(-1)
        assert choices.chosen == WORDS[19]
        assert "word19" in choices.render_line(MOST_ROWS - 1).text
        assert "\x1b" not in choices.render_line(0).text
        choices.open([], Offset(5, 3))
        assert choices.chosen is None


async def test_it_stays_on_the_screen() -> None:
    app = Desk("")
    async with app.run_test(size=(60, 20)) as pilot:
        for place in (Offset(0, 0), Offset(59, 19), Offset(30, 12)):
            app.choices.open(WORDS, place)
            await pilot.pause()
            x, y = app.choices.styles.offset.x.value, app.choices.styles.offset.y.value
            assert 0 <= x <= 60 - app.choices.size.width
            assert y > place.y or y + MOST_ROWS <= place.y
