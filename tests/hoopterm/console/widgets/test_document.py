"""A page of lines."""

from __future__ import annotations

from hoopterm.console.lines import Line, line
from hoopterm.console.widgets.document import Document
from tests.hoopterm.console.stage import picture
from tests.hoopterm.console.widgets.show import alone


def numbered(count: int) -> list[Line]:
    return [line(f"line {n}") for n in range(count)]


async def test_it_moves_by_lines_pages_and_to_the_ends() -> None:
    page = Document()
    async with alone(page) as pilot:
        page.show(numbered(100_000))
        await pilot.press("j", "j")
        assert picture(pilot).split("\n")[0].split()[:2] == ["line", "2"]
        await pilot.press("ctrl+d")
        assert picture(pilot).split("\n")[0].split()[:2] == ["line", "13"]
        await pilot.press("ctrl+u", "k")
        assert picture(pilot).split("\n")[0].split()[:2] == ["line", "1"]
        await pilot.press("G")
        assert "line 99999" in picture(pilot)
        await pilot.press("g")
        assert picture(pilot).split("\n")[0].split()[:2] == ["line", "0"]


async def test_the_place_survives_new_lines() -> None:
    page = Document()
    async with alone(page) as pilot:
        page.show(numbered(100))
        await pilot.press(*"jjjjj")
        page.show([*numbered(100), line("one more")])
        await pilot.pause()
        assert picture(pilot).split("\n")[0].split()[:2] == ["line", "5"]


async def test_it_folds_again_with_the_width() -> None:
    page = Document()
    async with alone(page) as pilot:
        page.fold(lambda cells: [line(f"folded to {cells}")])
        await pilot.pause()
        assert "folded to 39" in picture(pilot)
        await pilot.resize_terminal(60, 12)
        await pilot.pause()
        assert "folded to 59" in picture(pilot)
