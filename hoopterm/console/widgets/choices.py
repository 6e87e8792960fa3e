"""A short list under the cursor of an editor, which keeps the focus: what may be typed here."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Offset
from textual.strip import Strip
from textual.widget import Widget

from hoopterm.console.completion import Offer
from hoopterm.console.lines import Span, ends, fit, line
from hoopterm.console.text import clean, width
from hoopterm.console.themes import cursor as cursor_style
from hoopterm.console.widgets.paint import strip

MOST_ROWS = 8
_MOST_CELLS = 48


class Choices(Widget):
    """Hidden until there is something to choose."""

    def __init__(self) -> None:
        super().__init__(id="choices")
        self._offers: Sequence[Offer] = ()
        self._place = 0
        self._top = 0

    def on_mount(self) -> None:
        """Closed at first."""
        self.display = False

    @property
    def chosen(self) -> Offer | None:
        """The one under the mark; None while the list is closed."""
        return self._offers[self._place] if self.display and self._offers else None

    def open(self, offers: Sequence[Offer], at: Offset) -> None:
        """Offer these below a place of the screen, or above it where there is no room below."""
        if not offers:
            self.close()
            return
        self._offers = offers
        self._place = self._top = 0
        rows = min(len(offers), MOST_ROWS)
        cells = max(width(clean(offer.text)) + width(clean(offer.what)) for offer in offers) + 5
        cells = min(cells, _MOST_CELLS, self.screen.size.width)
        below = at.y + 1 + rows <= self.screen.size.height - 1
        self.styles.width, self.styles.height = cells, rows
        x = max(min(at.x - 1, self.screen.size.width - cells), 0)
        self.styles.offset = (x, at.y + 1 if below else max(at.y - rows, 0))
        self.display = True
        self.refresh()

    def close(self) -> None:
        """Offer nothing."""
        self._offers = ()
        self.display = False

    def move(self, by: int) -> None:
        """The mark up or down, round at the ends."""
        if self._offers:
            self._place = (self._place + by) % len(self._offers)
            self._top = min(max(self._top, self._place - MOST_ROWS + 1), self._place)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        cells, place = self.size.width, y + self._top
        if place >= len(self._offers):
            return strip((), cells, self.app.theme, self.rich_style)
        offer, under = self._offers[place], place == self._place
        more = (y == 0 and self._top > 0) or (y == MOST_ROWS - 1 and place < len(self._offers) - 1)
        right = line((clean(offer.what, _MOST_CELLS), "dim"), (" …" if more else "  ", "dim"))
        text = (Span(" "), Span(clean(offer.text, _MOST_CELLS), "bright" if under else ""), Span(" "))
        over = cursor_style(self.app.theme) if under else None
        return strip(fit(ends(text, right, cells), cells), cells, self.app.theme, self.rich_style, over)
