"""The single lines of every screen: header, banner, footer, and rules between panes."""

from __future__ import annotations

from collections.abc import Callable

from textual.strip import Strip
from textual.widget import Widget

from hoopterm.console.lines import BLANK, Line, Span
from hoopterm.console.widgets.paint import strip


class Bar(Widget):
    """One line, made anew from the picture whenever it is painted."""

    def __init__(self, line: Callable[[int], Line], *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._line = line
        self._painted: Line = BLANK

    def look(self) -> None:
        """Paint it again where it says something else than it did."""
        if self.size.width and self._line(self.size.width) != self._painted:
            self.refresh()

    def render_line(self, y: int) -> Strip:
        self._painted = self._line(self.size.width)
        return strip(self._painted, self.size.width, self.app.theme, self.rich_style)


class Rule(Bar):
    """A thin line across, with a word on it when there is one to say."""

    def __init__(self, title: Callable[[], str] = lambda: "", *, id: str | None = None) -> None:
        super().__init__(self._rule, id=id)
        self._title = title

    def _rule(self, cells: int) -> Line:
        title = self._title()
        if not title:
            return (Span("─" * cells, "faint"),)
        return (Span("── ", "faint"), Span(title, "dim"), Span(" " + "─" * max(cells - len(title) - 4, 0), "faint"))
