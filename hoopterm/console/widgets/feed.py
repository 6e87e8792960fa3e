"""A feed of paragraphs that grows at its end: what changed is laid out anew, what is visible is painted.

Following keeps the newest in sight; otherwise the reader's place stays where it is, whatever comes or goes above.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from hoopterm.console.lines import BLANK, Line, Span
from hoopterm.console.widgets.paint import strip
from hoopterm.console.widgets.scroller import Scroller


class Item(NamedTuple):
    """One paragraph: laid out again when its version grows."""

    key: str
    version: int


class _Laid(NamedTuple):
    item: Item
    cells: int
    lines: Sequence[Line]


class Feed(Scroller):
    """The feed. `lay_out` turns an item's key and a width into lines."""

    class Moved(Message):
        """The cursor is on another paragraph, or the reader left or reached the newest."""

    def __init__(self, lay_out: Callable[[str, int], Sequence[Line]], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lay_out = lay_out
        self._laid: list[_Laid] = []
        self._starts: list[int] = []
        self._height = 0
        self._cursor: str | None = None
        self.is_following = True

    @property
    def cursor(self) -> str | None:
        """The key of the paragraph under the cursor."""
        return self._cursor

    @property
    def index(self) -> int | None:
        """The place of the cursor."""
        for place in range(len(self._laid) - 1, -1, -1):
            if self._laid[place].item.key == self._cursor:
                return place
        return None

    def show(self, items: Sequence[Item]) -> None:
        """Show these paragraphs."""
        cells = max(self.cells - 2, 20)
        held = self._place()
        known = {laid.item.key: laid for laid in self._laid}
        laid: list[_Laid] = []
        for item in items:
            before = known.get(item.key)
            if before is None or before.item.version != item.version or before.cells != cells:
                before = _Laid(item, cells, self._lay_out(item.key, cells))
            laid.append(before)
        self._laid = laid
        self._starts = []
        self._height = 0
        for entry in laid:
            self._starts.append(self._height)
            self._height += len(entry.lines)
        size = Size(self.cells, self._height)
        if size != self.virtual_size:
            self.virtual_size = size
        if self.is_following:
            self._point(len(laid) - 1)
            self.go(self.max_scroll_y)
        else:
            self._restore(held)
        self.refresh()

    def follow(self) -> None:
        """To the newest, and stay there."""
        self.is_following = True
        self._point(len(self._laid) - 1)
        self.go(self.max_scroll_y)
        self.post_message(self.Moved())

    def _place(self) -> tuple[str, int] | None:
        """The paragraph at the top edge, and how far it is scrolled into."""
        top = self.scroll_offset.y
        place = bisect_right(self._starts, top) - 1
        return (self._laid[place].item.key, top - self._starts[place]) if place >= 0 else None

    def _restore(self, held: tuple[str, int] | None) -> None:
        if held is None:
            return
        for entry, start in zip(self._laid, self._starts, strict=True):
            if entry.item.key == held[0]:
                self.go(start + min(held[1], len(entry.lines)))
                return

    def _point(self, place: int) -> None:
        key = self._laid[place].item.key if 0 <= place < len(self._laid) else None
        if key != self._cursor:
            self._cursor = key
            self.refresh()
            self.post_message(self.Moved())

    def render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        place = bisect_right(self._starts, row) - 1
        shown: Line = BLANK
        if 0 <= place < len(self._laid) and row < self._height:
            laid = self._laid[place]
            inside = row - self._starts[place]
            shown = laid.lines[inside]
            if laid.item.key == self._cursor and inside < len(laid.lines) - 1:
                shown = (Span("▌ ", "bright" if self.has_focus else "dim"), *shown)
            else:
                shown = (Span("  "), *shown)
        return strip(shown, self.cells, self.app.theme, self.rich_style)

    def action_move(self, by: int) -> None:
        """To the paragraph before or after; at the end the feed follows again."""
        if not self._laid:
            return
        place = self.index
        target = min(max((len(self._laid) - 1 if place is None else place) + by, 0), len(self._laid) - 1)
        self.is_following = by > 0 and target == len(self._laid) - 1
        self._point(target)
        self._reveal(target)
        self.post_message(self.Moved())

    def _reveal(self, place: int) -> None:
        start = self._starts[place]
        end = start + len(self._laid[place].lines)
        top, height = self.scroll_offset.y, self.size.height
        if start < top or end - start > height:
            self.go(start)
        elif end > top + height:
            self.go(end - height)

    def action_leap(self, pages: int) -> None:
        """A page up or down; the cursor comes along."""
        self.is_following = False
        target = self.scroll_offset.y + pages * max(self.size.height - 1, 1)
        self.go(target)
        top = min(max(target, 0), max(self.max_scroll_y, 0))
        if pages > 0 and target >= self.max_scroll_y:
            self.follow()
        else:
            self._point(bisect_right(self._starts, top) - 1)

    def action_top(self) -> None:
        """To the first."""
        self.is_following = False
        self._point(0)
        self.go(0)

    def action_bottom(self) -> None:
        """To the newest."""
        self.follow()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor."""
        place = bisect_right(self._starts, event.y + self.scroll_offset.y) - 1
        if 0 <= place < len(self._laid):
            self.is_following = place == len(self._laid) - 1
            self._point(place)

    def on_mouse_scroll_up(self) -> None:
        """Looking back ends following."""
        self.is_following = False
        self.post_message(self.Moved())
