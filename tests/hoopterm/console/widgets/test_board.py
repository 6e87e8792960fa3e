"""Lines some of which can be chosen."""

from __future__ import annotations

from textual.app import App, ComposeResult

from hoopterm.console import themes
from hoopterm.console.lines import Item, line
from hoopterm.console.widgets.board import Board


class Bare(App[None]):
    """A board and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = 0
        for look in themes.LOOKS.values():
            self.register_theme(look.theme)
        self.theme = themes.DEFAULT

    def compose(self) -> ComposeResult:
        yield Board()

    @property
    def board(self) -> Board:
        return self.query_one(Board)

    def on_board_opened(self) -> None:
        self.opened += 1


def items(*keys: str) -> list[Item]:
    return [Item(line("a heading")), *(Item(line(f"the {key}"), key) for key in keys), Item(line("no entry"))]


async def test_the_cursor_passes_lines_that_stand_for_nothing() -> None:
    app = Bare()
    async with app.run_test(size=(40, 10)) as pilot:
        app.board.focus()
        app.board.fold(lambda cells: [*items("a", "b"), *items("c")])
        assert app.board.cursor == "a"
        await pilot.press("j", "j")
        assert app.board.cursor == "c"
        await pilot.press("j")
        assert app.board.cursor == "c"
        await pilot.press("g")
        assert app.board.cursor == "a"
        await pilot.press("G")
        assert app.board.cursor == "c"


async def test_the_cursor_keeps_its_entry_when_others_come_and_its_place_when_it_goes() -> None:
    app = Bare()
    async with app.run_test(size=(40, 10)) as pilot:
        app.board.focus()
        app.board.fold(lambda cells: items("a", "b", "c"))
        await pilot.press("j")
        app.board.fold(lambda cells: items("new", "a", "b", "c"))
        assert app.board.cursor == "b"
        app.board.fold(lambda cells: items("new", "a", "c"))
        assert app.board.cursor == "c"
        app.board.fold(lambda cells: items())
        assert app.board.cursor == ""


async def test_an_entry_below_the_screen_is_scrolled_to_and_a_page_takes_the_cursor_along() -> None:
    app = Bare()
    async with app.run_test(size=(40, 6)) as pilot:
        app.board.focus()
        app.board.fold(lambda cells: items(*(f"k{number}" for number in range(30))))
        await pilot.press(*["j"] * 12)
        assert app.board.cursor == "k12"
        assert app.board.scroll_offset.y <= 13 < app.board.scroll_offset.y + 6
        await pilot.press("ctrl+d", "ctrl+d")
        top = app.board.scroll_offset.y
        assert top <= app.board.keys.index(app.board.cursor) + 1 < top + 6


async def test_a_second_click_opens() -> None:
    app = Bare()
    async with app.run_test(size=(40, 10)) as pilot:
        app.board.fold(lambda cells: items("a", "b"))
        await pilot.pause()
        await pilot.click(Board, offset=(3, 2))
        assert (app.board.cursor, app.opened) == ("b", 0)
        await pilot.click(Board, offset=(3, 2), times=2)
        assert app.opened == 1
        await pilot.click(Board, offset=(3, 0))
        assert app.board.cursor == "b"
