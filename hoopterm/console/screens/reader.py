"""A whole text, folded to the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from textual.widget import Widget

from hoopterm.console.actions import Scope, bindings
from hoopterm.console.lines import Line
from hoopterm.console.screens.page import Page
from hoopterm.console.widgets.bars import Rule
from hoopterm.console.widgets.document import Document


class Reader(Page):
    """One text; `lines` folds it to a width, `text` is what is copied."""

    SCOPES = (Scope.READER, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)
    AUTO_FOCUS = "#page"

    def __init__(self, title: str, text: str, lines: Callable[[int], Sequence[Line]]) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._fold = lines

    def body(self) -> Iterable[Widget]:
        """A title and the page."""
        yield Rule(lambda: self._title)
        yield Document(id="page")

    def on_mount(self) -> None:
        """Fold it to the page."""
        self.query_one(Document).fold(self._fold)

    def copied(self) -> tuple[str, str]:
        """The whole text."""
        return self._text, "the whole text"
