"""What everything that scrolls by lines shares."""

from __future__ import annotations

from textual.scroll_view import ScrollView

from hoopterm.console.actions import Scope, bindings


class Scroller(ScrollView, can_focus=True):
    """A scroll view that paints lines, moves by the registry's keys, and never animates."""

    BINDINGS = bindings(Scope.MOVE)

    @property
    def cells(self) -> int:
        """Cells of a line, beside a scrollbar when there is one."""
        return max(self.scrollable_content_region.width, 1)

    def go(self, line: int) -> None:
        """Have this line at the top, as far as there are enough below it."""
        # forced: lines that have just come may scroll before the layout has given them their scrollbar
        self.scroll_to(y=line, animate=False, force=True)
