"""A table of which only a part is loaded: it says when its reader comes near an end of that."""

from __future__ import annotations

from textual.message import Message

from hoopterm.console.widgets.live_table import LiveTable

_NEAR = 60  # rows


class EntryTable(LiveTable):
    """A live table whose `top` and `bottom` are those of all there is, not of what is loaded."""

    class Near(Message):
        """The reader is near the first or last row that is loaded."""

        def __init__(self, *, first: bool, last: bool) -> None:
            super().__init__()
            self.first = first
            self.last = last

    class Edge(Message):
        """The reader wants the very first or the very last row."""

        def __init__(self, *, is_last: bool) -> None:
            super().__init__()
            self.is_last = is_last

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """A wheel moves what is shown, not the cursor."""
        super().watch_scroll_y(old_value, new_value)
        self._tell()

    def action_move(self, by: int) -> None:
        """Moving may come near an end without scrolling."""
        super().action_move(by)
        self._tell()

    def action_top(self) -> None:
        """To the very first row."""
        self.post_message(self.Edge(is_last=False))

    def action_bottom(self) -> None:
        """To the very last row."""
        self.post_message(self.Edge(is_last=True))

    def _tell(self) -> None:
        top, rows = int(self.scroll_offset.y), len(self.keys)
        first, last = top < _NEAR, top + self.size.height > rows - _NEAR
        if rows and (first or last):
            self.post_message(self.Near(first=first, last=last))
