"""Lines that have just come may be scrolled to."""

from __future__ import annotations

from textual.geometry import Size

from hoopterm.console.widgets.scroller import Scroller
from tests.hoopterm.console.widgets.show import alone


async def test_it_goes_to_lines_before_they_were_laid_out_and_not_beyond_the_last() -> None:
    scroller = Scroller()
    async with alone(scroller):
        scroller.virtual_size = Size(40, 100)
        scroller.go(50)
        assert scroller.scroll_offset.y == 50
        scroller.go(1000)
        assert scroller.scroll_offset.y == 100 - scroller.size.height
        assert scroller.cells >= 39
