"""The parts of a screen in a line."""

from __future__ import annotations

from textual.app import App, ComposeResult

from hoopterm.console import themes
from hoopterm.console.lines import line
from hoopterm.console.widgets.tabs import Tabs


class Bare(App[None]):
    """Tabs and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.picked: list[str] = []
        for look in themes.LOOKS.values():
            self.register_theme(look.theme)
        self.theme = themes.DEFAULT

    def compose(self) -> ComposeResult:
        yield Tabs(lambda: [("a", line("apples")), ("b", line("漢字")), ("c", line("x"))], lambda: "b", hint="next")

    def on_tabs_picked(self, event: Tabs.Picked) -> None:
        self.picked.append(event.key)


async def test_the_one_in_front_is_marked_and_a_click_picks_what_it_is_on() -> None:
    app = Bare()
    async with app.run_test(size=(40, 3)) as pilot:
        assert app.query_one(Tabs).render_line(0).text.rstrip() == "   apples  ▸ 漢字    x             next"
        for x in (0, 8, 12, 14, 21, 35):
            await pilot.click(Tabs, offset=(x, 0))
        assert app.picked == ["a", "a", "b", "b", "c"]


async def test_the_hint_goes_where_there_is_no_room() -> None:
    app = Bare()
    async with app.run_test(size=(24, 3)):
        assert "next" not in app.query_one(Tabs).render_line(0).text
