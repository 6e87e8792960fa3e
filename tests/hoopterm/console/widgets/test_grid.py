"""A terminal drawn cell by cell: what fits, what is cut, and nothing of a stranger's raw."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.strip import Strip

from hoopterm.console.themes import DEFAULT, LOOKS
from hoopterm.console.widgets.grid import Grid, Still
from replay.screen import Screen


class Stage(App[None]):
    """A grid alone."""

    CSS = "Grid { width: 1fr; height: 1fr; }"

    def on_mount(self) -> None:
        """The console's themes."""
        for look in LOOKS.values():
            self.register_theme(look.theme)
        self.theme = DEFAULT

    def compose(self) -> ComposeResult:
        """The grid."""
        yield Grid()


def still(output: str, columns: int = 20, rows: int = 5) -> Still:
    screen = Screen(columns, rows)
    screen.feed(output)
    return Still.of(screen)


async def shown(
    found: Still,
    size: tuple[int, int],
    *keys: str,
    theme: str = DEFAULT,
    look: Callable[[Grid], object] = lambda _: None,
) -> list[Strip]:
    app = Stage()
    async with app.run_test(size=size) as pilot:
        app.theme = theme
        grid = app.query_one(Grid)
        grid.show(found)
        grid.focus()
        await pilot.press(*keys)
        look(grid)
        return [grid.render_line(y) for y in range(size[1])]


def texts(strips: list[Strip]) -> list[str]:
    return [strip.text.rstrip() for strip in strips]


async def test_cells_have_their_colours_and_the_cursor_is_seen() -> None:
    strips = await shown(still("\x1b[1;38;2;1;2;3mab\x1b[0mc"), (20, 5))
    first = next(iter(strips[0]))
    assert first.text == "ab"
    assert first.style is not None
    assert first.style.bold
    assert first.style.color is not None
    assert first.style.color.triplet == (1, 2, 3)
    cursor = [segment for segment in strips[0] if segment.style is not None and segment.style.reverse]
    assert [segment.text for segment in cursor] == [" "]


async def test_the_sixteen_colours_are_the_terminals_own_where_the_theme_leaves_them_to_it() -> None:
    strips = await shown(still("\x1b[31ma"), (20, 5), theme="hoopterm-ansi")
    first = next(iter(strips[0]))
    assert first.style is not None
    assert first.style.color is not None
    assert first.style.color.number == 1


async def test_a_smaller_screen_shows_its_edge() -> None:
    strips = await shown(still("hello", 10, 2), (14, 4))
    assert texts(strips) == ["hello     │", "          │", "──────────┘", ""]


async def test_of_a_larger_screen_the_part_around_the_cursor_is_shown_and_the_rest_is_told() -> None:
    output = "".join(f"\x1b[{row};1Hrow {row}" for row in range(1, 11))
    crops: list[str] = []
    strips = await shown(still(output, 40, 10), (20, 4), look=lambda grid: crops.append(grid.crop))
    assert texts(strips) == ["row 7", "row 8", "row 9", "row 10"]
    assert crops == ["columns 1–20 of 40 · rows 7–10 of 10"]


async def test_arrows_pan_up_to_the_edges_and_c_goes_back_to_the_cursor() -> None:
    output = "".join(f"\x1b[{row};1Hrow {row}{' ' * 12}|{row}" for row in range(1, 11))
    found, crops = still(output, 40, 10), list[str]()
    assert texts(await shown(found, (10, 4), *["up"] * 9, *["left"] * 9))[0] == "row 1"
    strips = await shown(
        found,
        (10, 4),
        *["down"] * 9,
        *["right"] * 3,
        "left",
        "left",
        "left",
        "left",
        look=lambda grid: crops.append(grid.crop),
    )
    assert texts(strips)[0] == "         |"
    assert crops == ["columns 9–18 of 40 · rows 7–10 of 10"]
    back = await shown(found, (10, 4), "up", "up", "c", look=lambda grid: crops.append(grid.crop))
    assert crops[-1].endswith("rows 7–10 of 10")
    assert len(back) == 4


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=60))
def test_every_line_takes_exactly_its_cells_and_no_control_passes(output: str) -> None:
    """SECURITY: recorded output reaches the operator's terminal through the grid alone."""
    from rich.style import Style

    from hoopterm.console.widgets.grid import _segments

    screen = Screen(20, 5)
    screen.feed(output)
    for number, row in enumerate(screen.lines):
        cursor = min(screen.cursor.column, 19) if screen.cursor.row == number else None
        strip = Strip(_segments(row, Style(), False, cursor))
        assert strip.cell_length == 20
        assert strip.text.isprintable()
