"""What screens of one list share: the words of a filter, which keep some of its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from hoopterm.console.lines import Line
from hoopterm.console.screens.page import ALL, Page
from hoopterm.console.text import clean
from hoopterm.console.widgets.bars import Rule
from hoopterm.console.widgets.document import Document
from hoopterm.console.widgets.live_table import LiveTable
from hoopterm.console.widgets.prompt import Prompt


class Listing(Page):
    """A screen with one table, `show` of which keeps the rows that match `words`."""

    HINT: ClassVar[str] = "words to keep, !words to leave out"

    def __init__(self) -> None:
        super().__init__()
        self.words = ""

    @property
    def table(self) -> LiveTable:
        """The list."""
        return self.query_one(LiveTable)

    @property
    def kept(self) -> str:
        """The filter, and how many rows it keeps; nothing without one."""
        return f"filter: {clean(self.words, 40)} ({len(self.table.keys)} kept)" if self.words else ""

    def list_or(self, nothing: Callable[[], Sequence[Line]]) -> None:
        """Show the list where it has rows, else why it has none."""
        is_empty = not self.table.keys
        self.table.display = not is_empty
        state = self.query_one("#state", Document)
        state.display = is_empty
        if is_empty:
            state.show(nothing())
        self.query_one("#rule", Rule).look()

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """Filter as it is typed."""
        self.words = event.value
        self.narrow()
        if event.done:
            self.table.focus()

    def narrow(self) -> None:
        """Keep the rows that match."""
        self.show(ALL)

    def action_filter(self) -> None:
        """Ask for words."""
        self.query_one(Prompt).open("filter", "/", self.words, self.HINT)
