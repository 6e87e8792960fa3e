"""Every revision of the policy: who put it in force, why, what it changed; and back to one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual import work
from textual.widget import Widget

from engine.api.schema import RevisionDetailView, RevisionView
from hoopterm.console import phrases
from hoopterm.console.actions import Scope, bindings
from hoopterm.console.lines import BLANK, Line, Span, line
from hoopterm.console.screens.confirm import Confirm, Question
from hoopterm.console.screens.page import Page
from hoopterm.console.screens.reader import Reader
from hoopterm.console.store import LinkState, Topic
from hoopterm.console.text import clean
from hoopterm.console.views import chrome, difference, policy
from hoopterm.console.widgets.bars import Rule
from hoopterm.console.widgets.document import Document
from hoopterm.console.widgets.live_table import Column, LiveTable
from hoopterm.errors import Problem

COLUMNS = (
    Column("when", "in force from", 13),
    Column("mark", "", 10),
    Column("author", "author", 10),
    Column("reason", "reason", 12, flex=3),
    Column("revision", "revision", 12, drop=1),
)


class History(Page):
    """The revisions, newest first."""

    MODE = "policy"
    SCOPES = (Scope.HISTORY, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)
    AUTO_FOCUS = "#list"

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[str, RevisionView] | None = None
        self._cause = ""

    def body(self) -> Iterable[Widget]:
        """The list, or why there is none."""
        yield LiveTable(COLUMNS, self._row, id="list")
        yield Document(id="state")
        yield Rule(lambda: phrases.plural(len(self._found or ()), "revision"), id="rule")

    @property
    def table(self) -> LiveTable:
        """The list."""
        return self.query_one("#list", LiveTable)

    @property
    def selected(self) -> RevisionView | None:
        """The revision under the cursor."""
        return (self._found or {}).get(self.table.cursor or "")

    def changed(self, topics: frozenset[Topic]) -> None:
        """Another revision may be in force; the engine may be back."""
        super().changed(topics)
        if topics & {Topic.LINK, Topic.STATUS} and self.console.store.link is LinkState.LIVE and self.is_ready:
            self._load()

    @work(name="history", exclusive=True, group="history")
    async def _load(self) -> None:
        try:
            found = await self.console.engine.policy_history()
        except Problem as problem:
            self._cause = problem.message
        else:
            # a revision that was in force twice is there twice
            self._found, self._cause = {f"{each.time} {each.revision}": each for each in found}, ""
        if self.is_ready:
            self.show(frozenset())

    def show(self, topics: frozenset[Topic]) -> None:
        """The list, or why there is none."""
        keys = list(self._found or ())
        self.table.show(keys)
        self.table.display = bool(keys)
        state = self.query_one("#state", Document)
        state.display = not keys
        if not keys:
            state.show(self._nothing())
        self.query_one("#rule").refresh()

    def _nothing(self) -> list[Line]:
        if self._cause or self.console.store.link is LinkState.LOST:
            return chrome.broken("The history cannot be read", self._cause or self.console.store.cause)
        if self._found is None:
            return chrome.loading("asking the engine for its revisions", self.console.place.name)
        return chrome.empty("No revision yet", "the first one is kept when the engine starts", "q", "back")

    def _row(self, key: str) -> Mapping[str, Line]:
        return policy.revision((self._found or {})[key], self.console.now())

    def off(self) -> frozenset[str]:
        """Nothing to go back to where nothing else is selected than what is in force."""
        found = set(super().off())
        if self.selected is None:
            found |= {"open", "rollback", "copy"}
        elif self.selected.is_in_force:
            found.add("rollback")
        return frozenset(found)

    def why_off(self, id: str) -> str:
        """Why, in words."""
        if id in super().off():
            return super().why_off(id)
        return "this revision is in force" if self.selected is not None else "no revision is selected"

    def on_live_table_opened(self) -> None:
        """A second click opens."""
        self.action_open()

    @work(group="open", exclusive=True)
    async def _open(self, revision: str) -> None:
        try:
            found = await self.console.engine.policy_revision(revision)
        except Problem as problem:
            self.console.say(f"the revision cannot be read: {problem.message}", "error")
        else:
            title = f"{clean(found.author, 60)}: {clean(found.reason, 200) or 'no reason was given'}"
            self.app.push_screen(Reader(title, found.patch, lambda cells: _what(found)))

    def action_open(self) -> None:
        """What it changed."""
        found = self.selected
        if not self.is_off("open") and found is not None:
            self._open(found.revision)

    def action_rollback(self) -> None:
        """Ask, then put it in force again."""
        found = self.selected
        if self.is_off("rollback") or found is None:
            return
        # what the person sees in force here: the engine's figures come seconds after somebody applied
        expected = next((each.revision for each in (self._found or {}).values() if each.is_in_force), None)

        def answered(reason: str | None) -> None:
            if reason is not None:
                self._roll_back(found.revision, reason, expected)

        question = Question(
            title="Put this earlier policy in force again?",
            button="Roll back",
            facts=lambda cells: policy.rolling_back(found, self.console.store.status, self.console.place.name, cells),
            moot=lambda: "the engine is away: nothing can be applied now" if self.console.store.is_stale else "",
            is_dangerous=True,
            reason_hint="why; kept with the revision",
        )
        self.app.push_screen(Confirm(question), answered)

    @work(group="apply", exclusive=True)
    async def _roll_back(self, revision: str, reason: str, expected: str | None) -> None:
        try:
            applied = await self.console.engine.rollback(revision, reason, expected)
        except Problem as problem:
            self.console.say(f"not rolled back: {problem.message}", "error")
        else:
            self.console.say(f"in force again: revision {applied.revision[:12]}")
            self._load()

    def copied(self) -> tuple[str, str]:
        """The revision's digest."""
        found = self.selected
        return (found.revision, "the revision's digest") if found is not None else ("", "")


def _what(found: RevisionDetailView) -> list[Line]:
    """What a revision changed of the one before it."""
    out = [line((clean(each, 400), "bright")) for each in found.changes] or [line(("no rule changed", "dim"))]
    return [*out, BLANK, *(difference.patch(found.patch) or [(Span("no line changed", "dim"),)])]
