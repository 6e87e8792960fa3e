"""The parts of one screen in a line: the one in front is bright, a click picks another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.message import Message

from hoopterm.console.lines import Line, Span, line, measure
from hoopterm.console.text import width
from hoopterm.console.widgets.bars import Bar

Tab = tuple[str, Line]  # its key, and what it says


class Tabs(Bar):
    """A line of tabs. `tabs` is asked whenever it is painted, `front` is the key of the one in front."""

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(
        self, tabs: Callable[[], Sequence[Tab]], front: Callable[[], str], *, hint: str = "", id: str | None = None
    ) -> None:
        super().__init__(self._paint, id=id)
        self._tabs = tabs
        self._front = front
        self._hint = hint

    def _paint(self, cells: int) -> Line:
        out: list[Span] = [Span(" ")]
        for key, label in self._tabs():
            here = key == self._front()
            out += [Span("▸ " if here else "  ", "key"), *(_bright(label) if here else label), Span("  ")]
        gap = cells - measure(tuple(out)) - width(self._hint) - 1
        return (*out, *line(" " * gap, (self._hint, "dim"))) if gap >= 0 else tuple(out)

    def on_click(self, event: events.Click) -> None:
        """The tab under the mouse."""
        edge = 1
        for key, label in self._tabs():
            edge += measure(label) + 4
            if event.x < edge:
                self.post_message(self.Picked(key))
                return


def _bright(label: Line) -> Line:
    return tuple(Span(span.text, "strong" if span.role in ("", "dim") else span.role) for span in label)
