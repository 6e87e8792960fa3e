"""What is known of one operation: decision, rule, review, masks, and the log's entry with its proof."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from textual import work
from textual.widget import Widget

from hoopterm.console.actions import Scope, bindings
from hoopterm.console.lines import BLANK, Line
from hoopterm.console.screens.entry import Entry
from hoopterm.console.screens.page import Page
from hoopterm.console.sealed import Sealed, Seals
from hoopterm.console.statements import Statement
from hoopterm.console.store import Topic
from hoopterm.console.text import clean
from hoopterm.console.views import statement
from hoopterm.console.views.sealed import sealed
from hoopterm.console.widgets.bars import Rule
from hoopterm.console.widgets.document import Document

NO_ENGINE = Sealed(cause="only a file is open; `hoopterm audit verify` checks it against a log")


async def ask(page: Page, seals: Seals, operation: str) -> Sealed:
    """What the log has of an operation; without an engine it cannot be asked."""
    if page.console.link is None:
        return NO_ENGINE
    return await seals.ask(page.console.engine, operation)


def open_entry(page: Page, found: Sealed | None) -> None:
    """The entry on a screen of its own, or why there is none."""
    if found is not None and found.entry is not None:
        page.app.push_screen(Entry(found.entry))
    else:
        page.console.say(found.cause if found is not None else "the log is being asked", "warning")


class Evidence(Page):
    """All of it, on a screen of its own: where there is no room for a pane, and to read on."""

    SCOPES = (Scope.EVIDENCE, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)
    AUTO_FOCUS = "#page"

    def __init__(self, found: Statement, seals: Seals, lines: Callable[[int], Sequence[Line]]) -> None:
        """`lines` is the evidence that the recording has, folded to a width."""
        super().__init__()
        self._statement = found
        self._seals = seals
        self._lines = lines
        self._sealed: Sealed | None = None

    def body(self) -> Iterable[Widget]:
        """A title and the page."""
        yield Rule(lambda: f"evidence of statement {self._statement.number} · {clean(self._statement.verb, 40)}")
        yield Document(id="page")

    def on_mount(self) -> None:
        """Ask the log."""
        self._ask()

    @work(name="evidence", exclusive=True)
    async def _ask(self) -> None:
        self._sealed = await ask(self, self._seals, self._statement.operation)
        self.changed(frozenset())

    def show(self, topics: frozenset[Topic]) -> None:
        """The statement's text, what was decided, what the log says."""
        self.query_one(Document).fold(self._all)

    def _all(self, cells: int) -> list[Line]:
        return [
            *self._lines(cells), BLANK, *sealed(self._sealed, cells), BLANK, *statement.text(self._statement, cells)
        ]  # fmt: skip

    def action_entry(self) -> None:
        """The entry of the log, whole."""
        open_entry(self, self._sealed)

    def copied(self) -> tuple[str, str]:
        """The operation."""
        return self._statement.operation, "the operation's id"
