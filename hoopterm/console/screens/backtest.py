"""Recorded operations, decided by the rules that are being written: which decisions would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import aclosing

from textual import work
from textual.widget import Widget

from engine.api.schema import BacktestView, ChangedDecisionView, EntryView, UndecidableView
from hoopterm.console.actions import Scope, bindings
from hoopterm.console.lines import Line
from hoopterm.console.screens.entry import Entry
from hoopterm.console.screens.page import Page
from hoopterm.console.store import Topic
from hoopterm.console.views import chrome, hindsight
from hoopterm.console.widgets.bars import Bar, Rule
from hoopterm.console.widgets.document import Document
from hoopterm.console.widgets.live_table import Column, LiveTable
from hoopterm.errors import Problem

COLUMNS = (
    Column("turn", "decision", 15),
    Column("when", "when", 12, drop=2),
    Column("who", "who", 10, flex=1, most=24),
    Column("target", "target", 6, flex=1, most=18),
    Column("what", "operation", 16, flex=8, most=400),
    Column("rule", "by", 10, drop=1, flex=1, most=28),
)


class Backtest(Page):
    """It runs while the screen is there; leaving it ends it at the engine, too."""

    MODE = "policy"
    SCOPES = (Scope.BACKTEST, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)
    AUTO_FOCUS = "#list"

    def __init__(self, files: Mapping[str, str]) -> None:
        super().__init__()
        self._files = dict(files)
        self._told: BacktestView | None = None
        self._found: dict[str, ChangedDecisionView | UndecidableView] = {}
        self._is_running = True
        self._cause = ""

    def body(self) -> Iterable[Widget]:
        """Progress, and the operations."""
        yield Bar(lambda cells: hindsight.progress(self._told, self._is_running, cells), id="progress")
        yield LiveTable(COLUMNS, self._row, id="list")
        yield Document(id="state")
        yield Rule(id="rule")

    def on_mount(self) -> None:
        """Begin."""
        self._run()

    @work(name="backtest", group="backtest", exclusive=True)
    async def _run(self) -> None:
        try:
            async with aclosing(self.console.engine.backtest(self._files)) as lines:
                async for told in lines:
                    self._take(told)
        except Problem as problem:
            self._cause = problem.message
        self._is_running = False
        self._paint()

    def _take(self, told: BacktestView) -> None:
        self._told = told
        found: list[ChangedDecisionView | UndecidableView] = [*told.changes, *told.undecided]
        self._found.update({f"{each.sequence} {each.operation}": each for each in found})
        self._paint()

    def _paint(self) -> None:
        if self.is_ready:
            self.show(frozenset())

    def show(self, topics: frozenset[Topic]) -> None:
        """The operations, those whose decision would change first."""
        changed = [key for key, each in self._found.items() if isinstance(each, ChangedDecisionView)]
        keys = changed + [key for key, each in self._found.items() if isinstance(each, UndecidableView)]
        table, state = self.query_one("#list", LiveTable), self.query_one("#state", Document)
        table.show(keys)
        table.display, state.display = bool(keys), not keys
        if not keys:
            state.show(self._nothing())
        for id in ("#progress", "#footer"):
            self.query_one(id).refresh()

    def _nothing(self) -> list[Line]:
        if self._cause:
            return chrome.broken("The operations cannot be decided again", self._cause, "q", "back to the text")
        if self._is_running:
            return chrome.loading("deciding recorded operations by these rules", self.console.place.name)
        if self._told is None or not self._told.done:
            return chrome.empty("Stopped", "nothing that would change was found until then", "q", "back to the text")
        return chrome.empty("No decision would change", "of the operations that are recorded", "q", "back to the text")

    def _row(self, key: str) -> Mapping[str, Line]:
        found, now = self._found[key], self.console.now()
        if isinstance(found, UndecidableView):
            return hindsight.undecidable(found, now)
        return hindsight.changed(found, now)

    def off(self) -> frozenset[str]:
        """Nothing to open or stop where there is nothing."""
        table = self.query_one("#list", LiveTable)
        nothing = set() if table.cursor else {"open"}
        return super().off() | nothing | (set() if self._is_running else {"stop"})

    def why_off(self, id: str) -> str:
        """Why, in words."""
        if id in super().off():
            return super().why_off(id)
        return "it has ended" if id == "stop" else "no operation is selected"

    def action_stop(self) -> None:
        """No further; what was found stays."""
        if not self.is_off("stop"):
            self.workers.cancel_group(self, "backtest")
            self._is_running = False
            self.show(frozenset())

    def on_live_table_opened(self) -> None:
        """A second click opens."""
        self.action_open()

    def action_open(self) -> None:
        """The entry of the log, with the operation."""
        key = self.query_one("#list", LiveTable).cursor
        if not self.is_off("open") and key is not None:
            found = self._found[key]
            self.app.push_screen(Entry(EntryView(found.sequence, found.time, "operation")))
