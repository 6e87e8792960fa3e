"""A page of lines some of which can be chosen: what a first look is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from hoopterm.console.lines import BLANK, Item, Span
from hoopterm.console.themes import cursor as cursor_style
from hoopterm.console.widgets.paint import strip
from hoopterm.console.widgets.scroller import Scroller


class Board(Scroller):
    """Lines as `make` gives them for a width; the cursor stays on its entry when others come and go."""

    class Moved(Message):
        """The cursor is on another entry, or on none."""

    class Opened(Message):
        """An entry was clicked twice."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._items: Sequence[Item] = ()
        self._make: Callable[[int], Sequence[Item]] | None = None
        self._cursor = ""

    @property
    def cursor(self) -> str:
        """The key of the entry under the cursor, empty where there is none."""
        return self._cursor

    @property
    def keys(self) -> list[str]:
        """The keys of what can be chosen, in order."""
        return [item.key for item in self._items if item.key]

    def fold(self, make: Callable[[int], Sequence[Item]]) -> None:
        """Show what `make` gives, now and whenever the size changes."""
        self._make = make
        cells = self.container_size.width - 1
        if cells <= 1:
            return
        before, items = self.keys, make(cells - 1)
        if items == self._items:
            return
        self._items = items
        self.virtual_size = Size(self.cells, len(items))
        keys = self.keys
        if self._cursor not in keys:
            place = before.index(self._cursor) if self._cursor in before else 0
            self._point(keys[min(place, len(keys) - 1)] if keys else "")
        self.refresh()

    def on_resize(self) -> None:
        """Fold again."""
        if self._make is not None:
            self.fold(self._make)

    def _point(self, key: str) -> None:
        if key != self._cursor:
            self._cursor = key
            self.refresh()
            self.post_message(self.Moved())

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        item = self._items[index] if index < len(self._items) else Item(BLANK)
        if not item.key or item.key != self._cursor:
            return strip((Span(" "), *item.line), self.cells, self.app.theme, self.rich_style)
        mark = Span("▌", "bright" if self.has_focus else "dim")
        return strip((mark, *item.line), self.cells, self.app.theme, self.rich_style, cursor_style(self.app.theme))

    def action_move(self, by: int) -> None:
        """To the next entry that can be chosen; where there is none, the page scrolls."""
        keys = self.keys
        place = keys.index(self._cursor) + by if self._cursor in keys else 0
        if keys and 0 <= place < len(keys):
            self._point(keys[place])
            self._reveal()
        else:
            self.go(self.scroll_offset.y + by)

    def action_leap(self, pages: int) -> None:
        """A page up or down, and the cursor with it."""
        height = max(self.size.height - 1, 1)
        self.go(self.scroll_offset.y + pages * height)
        seen = range(self.scroll_offset.y, self.scroll_offset.y + self.size.height)
        shown = [item.key for line, item in enumerate(self._items) if item.key and line in seen]
        if shown and self._cursor not in shown:
            self._point(shown[0] if pages > 0 else shown[-1])

    def action_top(self) -> None:
        """To the first entry."""
        self.go(0)
        self._point(next(iter(self.keys), ""))

    def action_bottom(self) -> None:
        """To the last entry."""
        self.go(self.max_scroll_y)
        self._point(next(reversed(self.keys), ""))

    def _reveal(self) -> None:
        line = next(place for place, item in enumerate(self._items) if item.key == self._cursor)
        top, height = self.scroll_offset.y, max(self.size.height, 1)
        first = next(place for place, item in enumerate(self._items) if item.key)
        if line == first:
            self.go(0)  # with its heading
        elif line < top:
            self.go(line)
        elif line >= top + height:
            self.go(line - height + 1)

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a second one opens."""
        index = event.y + self.scroll_offset.y
        key = self._items[index].key if 0 <= index < len(self._items) else ""
        if key:
            if event.chain == 2 and key == self._cursor:
                self.post_message(self.Opened())
            self._point(key)

    def on_focus(self) -> None:
        """The cursor brightens."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor dims."""
        self.refresh()
