"""Rules drafted from what targets in `mode: observe` recorded, each with what was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from textual import work
from textual.widget import Widget

from engine.api.schema import SuggestedRuleView, SuggestionView
from hoopterm.console.actions import Scope, bindings
from hoopterm.console.lines import Line
from hoopterm.console.screens.page import Page
from hoopterm.console.store import Topic
from hoopterm.console.views import chrome, hindsight
from hoopterm.console.widgets.bars import Rule
from hoopterm.console.widgets.document import Document
from hoopterm.console.widgets.live_table import Column, LiveTable
from hoopterm.errors import Problem

COLUMNS = (
    Column("name", "rule", 20, flex=1),
    Column("count", "seen", 8, right=True),
    Column("last", "last", 13),
)


class Suggest(Page):
    """The drafts; `insert` puts one into the text that is being written, where it is checked like all of it."""

    MODE = "policy"
    SCOPES = (Scope.SUGGEST, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)
    AUTO_FOCUS = "#list"

    def __init__(self, insert: Callable[[str], None]) -> None:
        super().__init__()
        self._insert = insert
        self._told: SuggestionView | None = None
        self._cause = ""

    def body(self) -> Iterable[Widget]:
        """Drafts, and the evidence of the one under the cursor."""
        yield LiveTable(COLUMNS, self._row, id="list")
        yield Rule(lambda: hindsight.left(self._told) if self._told is not None else "", id="rule")
        yield Document(id="evidence-of")
        yield Document(id="state")

    @property
    def selected(self) -> SuggestedRuleView | None:
        """The draft under the cursor."""
        key = self.query_one("#list", LiveTable).cursor
        return self._told.rules[int(key)] if self._told is not None and key is not None else None

    def on_mount(self) -> None:
        """Ask."""
        self._ask()

    @work(name="suggest", exclusive=True, group="suggest")
    async def _ask(self) -> None:
        try:
            self._told = await self.console.engine.suggest()
        except Problem as problem:
            self._cause = problem.message
        if self.is_ready:
            self.show(frozenset())

    def show(self, topics: frozenset[Topic]) -> None:
        """The drafts, or why there are none."""
        table, state = self.query_one("#list", LiveTable), self.query_one("#state", Document)
        table.show([str(index) for index in range(len(self._told.rules if self._told else ()))])
        found, evidence = self.selected, self.query_one("#evidence-of", Document)
        table.display = evidence.display = found is not None
        state.display = found is None
        if found is None:
            state.show(self._nothing())
        else:
            evidence.show(hindsight.evidence(found))
        self.query_one("#rule").refresh()

    def on_live_table_moved(self) -> None:
        """Another draft's evidence."""
        if self.is_ready:
            self.show(frozenset())

    def _nothing(self) -> list[Line]:
        if self._cause:
            return chrome.broken("No rules can be drafted", self._cause, "q", "back to the text")
        if self._told is None:
            return chrome.loading("reading what was observed", self.console.place.name)
        return chrome.empty("Nothing was observed", "give a target `mode: observe`, and work through it", "q", "back")

    def _row(self, key: str) -> Mapping[str, Line]:
        if self._told is None:
            return {}
        return hindsight.suggested(self._told.rules[int(key)], self.console.now())

    def off(self) -> frozenset[str]:
        """Nothing to insert where there is nothing."""
        return super().off() | (frozenset() if self.selected is not None else frozenset({"insert", "copy"}))

    def why_off(self, id: str) -> str:
        """Why, in words."""
        return "no rule is selected"

    def on_live_table_opened(self) -> None:
        """A second click inserts."""
        self.action_insert()

    def action_insert(self) -> None:
        """Into the text; it is in force only once that is applied."""
        found = self.selected
        if not self.is_off("insert") and found is not None:
            self._insert(found.yaml)
            self.action_back()

    def copied(self) -> tuple[str, str]:
        """The draft."""
        found = self.selected
        return (found.yaml, "the drafted rule") if found is not None else ("", "")
