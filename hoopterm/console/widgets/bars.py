"""The single lines of every screen: header, banner, footer, and rules between panes."""

from __future__ import annotations

from collections.abc import Callable

from textual.strip import Strip
from textual.widget import Widget

from hoopterm.console.lines import Line, Span
from hoopterm.console.widgets.paint import strip


class Bar(Widget):
    """One line, made anew from the picture whenever it is painted."""

    def __init__(self, line: Callable[[int], Line], *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._line = line

    def render_line(self, y: int) -> Strip:
        return strip(self._line(self.size.width), self.size.width, self.app.theme, self.rich_style)


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
