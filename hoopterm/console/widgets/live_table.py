"""A virtual table for lists that change under the reader's eyes.

Rows have keys: the cursor stays on its row when others come, go or move, and only what is visible is rendered, so a
hundred thousand rows cost what a screenful does. Columns give way in a fixed order when there is no room.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from hoopterm.console.lines import BLANK, Line, Span, fit
from hoopterm.console.themes import cursor as cursor_style
from hoopterm.console.widgets.paint import strip
from hoopterm.console.widgets.scroller import Scroller

Row = Mapping[str, Line]
_KEPT = 1_000  # painted rows


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `flex` takes a share of what room is left, up to `most` cells; the highest `drop` goes first."""

    key: str
    title: str
    width: int
    drop: int = 0
    flex: int = 0
    most: int = 60
    right: bool = False


def layout(columns: Sequence[Column], cells: int) -> list[tuple[Column, int]]:
    """The columns that fit and their widths; columns with `drop` 0 always stay."""
    kept = list(columns)
    while sum(column.width + 2 for column in kept) - 2 > cells:
        worst = max(kept, key=lambda column: column.drop)
        if not worst.drop:
            break
        kept.remove(worst)
    widths = {column.key: column.width for column in kept}
    spare = cells - sum(column.width + 2 for column in kept) + 2
    while spare > 0:
        growing = [column for column in kept if column.flex and widths[column.key] < column.most]
        if not growing:
            break
        share = max(spare // sum(column.flex for column in growing), 1)
        for column in growing:
            more = min(share * column.flex, column.most - widths[column.key], spare)
            widths[column.key] += more
            spare -= more
    return [(column, widths[column.key]) for column in kept]


class LiveTable(Scroller):
    """The table. `render_row` turns a key into cells when, and only when, the row is visible."""

    class Moved(Message):
        """The cursor is on another row, or on none; `by_hand` when a person put it there."""

        def __init__(self, table: LiveTable, key: str | None, by_hand: bool) -> None:
            super().__init__()
            self.table = table
            self.key = key
            self.by_hand = by_hand

    class Opened(Message):
        """A row was clicked twice."""

        def __init__(self, table: LiveTable) -> None:
            super().__init__()
            self.table = table

    def __init__(
        self, columns: Sequence[Column], render_row: Callable[[str], Row], *, id: str | None = None, titles: bool = True
    ) -> None:
        super().__init__(id=id)
        self._columns = columns
        self._render_row = render_row
        self._titles = titles
        self._keys: Sequence[str] = ()
        self._places: dict[str, int] = {}
        self._cursor: str | None = None
        self._painted: dict[str, Row] = {}  # what stands on the screen, and a little of what stood there
        self._laid: tuple[int, list[tuple[Column, int]]] = (0, [])

    @property
    def cursor(self) -> str | None:
        """The key of the row under the cursor."""
        return self._cursor

    @property
    def index(self) -> int | None:
        """The place of the cursor."""
        return None if self._cursor is None else self._places.get(self._cursor)

    @property
    def keys(self) -> Sequence[str]:
        """The keys of all rows, in order."""
        return self._keys

    @property
    def _head(self) -> int:
        return 1 if self._titles and self.size.height > 4 else 0

    def show(self, keys: Sequence[str]) -> None:
        """Show these rows. The cursor keeps its row; when that is gone it keeps its place."""
        before = self.index
        on_screen = None if before is None else before - self.scroll_offset.y
        if keys != self._keys:
            self._keys = keys
            self._places = {key: place for place, key in enumerate(keys)}
            self._measure_rows()
        if self._cursor not in self._places:
            place = min(before or 0, len(keys) - 1)
            self._point(keys[place] if keys else None)
        elif on_screen is not None and (now := self.index) is not None and now != before:
            self.go(max(now - on_screen, 0))
        self.refresh()

    def select(self, key: str) -> None:
        """Put the cursor on a row; one that is not there is ignored."""
        if key in self._places:
            self._point(key)
            self._reveal()

    def _measure_rows(self) -> None:
        size = Size(self.cells, len(self._keys) + self._head)
        if size != self.virtual_size:
            self.virtual_size = size

    def _point(self, key: str | None, *, by_hand: bool = False) -> None:
        if key != self._cursor:
            self._cursor = key
            self.refresh()
            self.post_message(self.Moved(self, key, by_hand))

    def _reveal(self) -> None:
        place = self.index
        if place is not None:
            visible = max(self.size.height - self._head, 1)
            top = self.scroll_offset.y
            if place < top:
                self.go(place)
            elif place >= top + visible:
                self.go(place - visible + 1)

    def on_resize(self, event: events.Resize) -> None:
        """Fit the columns again and keep the cursor in sight."""
        self._measure_rows()
        self.call_after_refresh(self._reveal)

    def tick(self) -> None:
        """Paint the visible rows again where one says something else: a countdown has moved."""
        top = self.scroll_offset.y
        seen = self._keys[top : top + self.size.height - self._head]
        if any(self._painted.get(key) != self._render_row(key) for key in seen):
            self.refresh(Region(0, 0, self.size.width, self.size.height))

    def render_line(self, y: int) -> Strip:
        cells = self.cells
        if self._laid[0] != cells:
            self._laid = (cells, layout(self._columns, cells - 2))
        if y < self._head:
            return strip(self._title_line(), cells, self.app.theme, self.rich_style)
        place = y - self._head + self.scroll_offset.y
        if place >= len(self._keys):
            return strip(BLANK, cells, self.app.theme, self.rich_style)
        key = self._keys[place]
        under = key == self._cursor
        over = cursor_style(self.app.theme) if under else None
        if len(self._painted) > _KEPT:
            self._painted.clear()
        row = self._painted[key] = self._render_row(key)
        return strip(self._line(row, under), cells, self.app.theme, self.rich_style, over)

    def _line(self, row: Row, under: bool) -> Line:
        mark = Span("▌", "bright" if self.has_focus else "dim") if under else Span(" ")
        out: list[Span] = [mark]
        for index, (column, cells) in enumerate(self._laid[1]):
            if index:
                out.append(Span("  "))
            out.extend(fit(row.get(column.key, BLANK), cells, right=column.right))
        return tuple(out)

    def _title_line(self) -> Line:
        titles = {column.key: (Span(column.title, "dim"),) for column, _ in self._laid[1]}
        return self._line(titles, False)

    def action_move(self, by: int) -> None:
        """One row up or down."""
        if self._keys:
            place = (self.index or 0) + by
            self._point(self._keys[min(max(place, 0), len(self._keys) - 1)], by_hand=True)
            self._reveal()

    def action_leap(self, pages: int) -> None:
        """A page up or down."""
        self.action_move(pages * max(self.size.height - self._head - 1, 1))

    def action_top(self) -> None:
        """To the first row."""
        self.action_move(-len(self._keys))

    def action_bottom(self) -> None:
        """To the last row."""
        self.action_move(len(self._keys))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a second one opens."""
        place = event.y - self._head + self.scroll_offset.y
        if event.y >= self._head and 0 <= place < len(self._keys):
            key = self._keys[place]
            if event.chain == 2 and key == self._cursor:
                self.post_message(self.Opened(self))
            self._point(key, by_hand=True)

    def on_focus(self) -> None:
        """The cursor brightens."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor dims."""
        self.refresh()
