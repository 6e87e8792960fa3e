"""A scrolled page of lines: only what is visible is painted, so its length does not matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.geometry import Size
from textual.strip import Strip

from hoopterm.console.lines import BLANK, Line
from hoopterm.console.widgets.paint import strip
from hoopterm.console.widgets.scroller import Scroller


class Document(Scroller):
    """Lines of text; the place where one has scrolled to survives new lines."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[Line] = ()
        self._make: Callable[[int], Sequence[Line]] | None = None
        self.fits = False  # whether it is as tall as its lines

    @property
    def lines(self) -> Sequence[Line]:
        """What it shows."""
        return self._lines

    def fold(self, make: Callable[[int], Sequence[Line]]) -> None:
        """Show what `make` gives for a width, now and whenever the size changes."""
        self._make = make
        # a cell is kept for the scrollbar whether it is there or not: its coming must not fold the text anew
        cells = self.container_size.width - 1
        if cells > 0:
            self.show(make(cells))
            if self.fits:
                self.styles.height = len(self._lines)

    def on_resize(self) -> None:
        """Fold again."""
        if self._make is not None:
            self.fold(self._make)

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines."""
        if lines == self._lines:
            return
        self._lines = lines
        size = Size(self.cells, len(lines))
        if size != self.virtual_size:
            self.virtual_size = size
        self.refresh()

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        shown = self._lines[index] if index < len(self._lines) else BLANK
        return strip(shown, self.cells, self.app.theme, self.rich_style)

    def action_move(self, by: int) -> None:
        """Scroll by a line."""
        self.go(self.scroll_offset.y + by)

    def action_leap(self, pages: int) -> None:
        """Scroll by a page, one line kept."""
        self.go(self.scroll_offset.y + pages * max(self.size.height - 1, 1))

    def action_top(self) -> None:
        """To the first line."""
        self.go(0)

    def action_bottom(self) -> None:
        """To the last line."""
        self.go(self.max_scroll_y)
