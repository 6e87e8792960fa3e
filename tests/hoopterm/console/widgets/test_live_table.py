"""A list that changes under the reader's eyes."""

from __future__ import annotations

import pytest

from hoopterm.console.lines import Line, line
from hoopterm.console.widgets.live_table import Column, LiveTable, layout
from tests.hoopterm.console.stage import picture
from tests.hoopterm.console.widgets.show import alone

COLUMNS = (
    Column("name", "name", 8, flex=1, most=20),
    Column("kept", "kept", 6, right=True),
    Column("first", "first to go", 10, drop=2),
    Column("second", "second to go", 10, drop=1),
)


def row(key: str) -> dict[str, Line]:
    return {"name": line(f"row {key}"), "kept": line(key), "first": line("a"), "second": line("b")}


def table() -> LiveTable:
    return LiveTable(COLUMNS, row)


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        (80, ["name", "kept", "first", "second"]),
        (32, ["name", "kept", "second"]),
        (20, ["name", "kept"]),
        (4, ["name", "kept"]),
    ],
)
def test_columns_give_way_in_their_order(cells: int, kept: list[str]) -> None:
    assert [column.key for column, _ in layout(COLUMNS, cells)] == kept


@pytest.mark.parametrize("cells", range(16, 90, 7))
def test_a_layout_never_takes_more_than_there_is(cells: int) -> None:
    laid = layout(COLUMNS, cells)
    assert sum(size for _, size in laid) + 2 * (len(laid) - 1) <= cells
    assert all(size <= max(column.most, column.width) for column, size in laid)


async def test_the_cursor_keeps_its_row_when_others_come_and_go() -> None:
    widget = table()
    async with alone(widget) as pilot:
        widget.show([str(n) for n in range(50)])
        await pilot.press(*"jjjjj")
        assert widget.cursor == "5"
        widget.show(["new", *(str(n) for n in range(50))])
        assert (widget.cursor, widget.index) == ("5", 6)
        widget.show([str(n) for n in range(50) if n != 5])
        assert (widget.cursor, widget.index) == ("7", 6)
        widget.show([])
        assert widget.cursor is None
        await pilot.press("j", "k", "g", "G", "ctrl+d")


async def test_the_row_stays_where_it_is_on_the_screen() -> None:
    widget = table()
    async with alone(widget) as pilot:
        widget.show([str(n) for n in range(100)])
        await pilot.press("ctrl+d", "ctrl+d", "ctrl+d")
        before = picture(pilot).split("\n").index(next(spot for spot in picture(pilot).split("\n") if "▌" in spot))
        widget.show([f"new {n}" for n in range(7)] + [str(n) for n in range(100)])
        await pilot.pause()
        after = picture(pilot).split("\n").index(next(spot for spot in picture(pilot).split("\n") if "▌" in spot))
        assert after == before


async def test_only_visible_rows_are_rendered() -> None:
    asked: set[str] = set()

    def counted(key: str) -> dict[str, Line]:
        asked.add(key)
        return row(key)

    widget = LiveTable(COLUMNS, counted)
    async with alone(widget) as pilot:
        widget.show([str(n) for n in range(100_000)])
        await pilot.press("G")
        assert "row 99999" in picture(pilot)
        assert len(asked) < 100


async def test_titles_stand_above_and_clicks_choose() -> None:
    widget = table()
    async with alone(widget) as pilot:
        widget.show(["a", "b", "c"])
        await pilot.pause()
        assert picture(pilot).split("\n")[0].split() == ["name", "kept", "second", "to…"]
        await pilot.click(widget, offset=(3, 3))
        assert widget.cursor == "c"


async def test_a_resize_keeps_the_cursor_in_sight() -> None:
    widget = table()
    async with alone(widget, (40, 30)) as pilot:
        widget.show([str(n) for n in range(100)])
        await pilot.press(*["j"] * 25)
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        await pilot.pause()
        assert "row 25" in picture(pilot)


async def test_a_tick_paints_rows_that_say_something_else() -> None:
    said = ["0:09"]
    widget = LiveTable(COLUMNS, lambda key: {"name": line(said[0])})
    async with alone(widget) as pilot:
        widget.show(["a", "b"])
        await pilot.pause()
        said[0] = "0:08"
        widget.tick()
        await pilot.pause()
        assert "0:08" in picture(pilot)
        assert "0:09" not in picture(pilot)
