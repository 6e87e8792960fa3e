"""Single lines."""

from __future__ import annotations

from textual.strip import Strip

from hoopterm.console.lines import line
from hoopterm.console.widgets.bars import Bar, Rule
from tests.hoopterm.console.stage import picture
from tests.hoopterm.console.widgets.show import alone


async def test_a_bar_is_made_for_the_width_it_has() -> None:
    async with alone(Bar(lambda cells: line(f"{cells} cells"))) as pilot:
        assert "40 cells" in picture(pilot)
        await pilot.resize_terminal(60, 12)
        await pilot.pause()
        assert "60 cells" in picture(pilot)


async def test_a_rule_carries_its_word() -> None:
    async with alone(Rule(lambda: "3 of 5")) as pilot:
        assert "── 3 of 5 ────" in picture(pilot)


async def test_a_rule_without_a_word_is_a_line() -> None:
    async with alone(Rule()) as pilot:
        assert "─" * 40 in picture(pilot)


async def test_a_bar_is_painted_again_when_it_says_something_else_and_only_then() -> None:
    said, painted = ["first"], []

    class Painted(Bar):
        def render_line(self, y: int) -> Strip:
            painted.append(said[0])
            return super().render_line(y)

    bar = Painted(lambda cells: line(said[0]))
    async with alone(bar) as pilot:
        await pilot.pause()
        before = len(painted)
        bar.look()
        await pilot.pause()
        assert len(painted) == before
        said[0] = "second"
        bar.look()
        await pilot.pause()
        assert "second" in picture(pilot)
