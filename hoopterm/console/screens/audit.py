"""The audit log, searched: who, where, what, decided how, when, in which words."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing
from functools import partial

from textual import work
from textual.containers import Horizontal
from textual.suggester import Suggester
from textual.widget import Widget
from textual.worker import Worker

from engine.api.schema import EntryView
from hoopterm.console import phrases
from hoopterm.console.actions import Scope, bindings, find
from hoopterm.console.findings import NEWEST, PAGE, Findings
from hoopterm.console.lines import BLANK, Line, ends, line
from hoopterm.console.screens.entry import Entry
from hoopterm.console.screens.page import Page
from hoopterm.console.searching import completion, exported, without_routine
from hoopterm.console.store import LinkState, Topic
from hoopterm.console.text import clean
from hoopterm.console.views import chrome, entry
from hoopterm.console.widgets.bars import Bar, Rule
from hoopterm.console.widgets.document import Document
from hoopterm.console.widgets.entry_table import EntryTable
from hoopterm.console.widgets.live_table import Column
from hoopterm.console.widgets.prompt import Prompt
from hoopterm.errors import Problem

COLUMNS = (
    Column("time", "time", 12),
    Column("event", "event", 9, flex=3, most=19),
    Column("who", "who", 10, flex=1, most=24),
    Column("target", "where", 6, drop=2, flex=1, most=16),
    Column("decision", "", 6, drop=1),
    Column("what", "what", 12, flex=9, most=200),
    Column("rule", "rule", 12, drop=4, flex=1, most=28),
    Column("sequence", "entry", 9, drop=5, right=True),
)
_ALL = "everything, newest first"
_SETTLE = 0.25  # seconds between two repaints while following


class FieldSuggester(Suggester):
    """What an input shows behind the cursor: the field that was begun."""

    def __init__(self) -> None:
        super().__init__(case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The query as it would be completed."""
        completed = completion(value)
        return completed if completed != value and completed.startswith(value) else None


class Audit(Page):
    """Search, scroll, open; the list is read page by page, however long it is."""

    MODE = "audit"
    SCOPES = (Scope.AUDIT, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)
    AUTO_FOCUS = "#list"

    def __init__(self) -> None:
        super().__init__()
        self._found = Findings()
        self._cause: Problem | None = None
        self._is_asking = False
        self._has_all = False
        self._following: Worker[None] | None = None
        self._new: list[EntryView] = []

    def body(self) -> Iterable[Widget]:
        """The query, the list with the entry beside it, or why there is none."""
        yield Bar(self._query_line, id="query")
        with Horizontal(id="panes"):
            yield EntryTable(COLUMNS, self._row, id="list")
            yield Document(id="evidence")
        yield Document(id="state")
        yield Rule(self._rule_title, id="rule")

    def on_mount(self) -> None:
        """Take in at a quiet pace what is followed."""
        self.set_interval(_SETTLE, self._take_new)

    @property
    def table(self) -> EntryTable:
        """The list."""
        return self.query_one("#list", EntryTable)

    @property
    def current(self) -> EntryView | None:
        """The entry under the cursor."""
        return self._found.get(self.table.cursor)

    def on_screen_resume(self) -> None:
        """The first time, everything is asked for."""
        super().on_screen_resume()
        self._begin_once()

    def changed(self, topics: frozenset[Topic]) -> None:
        """When the engine comes back, ask again what could not be asked."""
        super().changed(topics)
        if Topic.LINK in topics and self.console.store.link is LinkState.LIVE:
            self._begin_once()

    def _begin_once(self) -> None:
        if not self._found.is_known and not self._is_asking:
            self._is_asking = True
            self._begin(self._found.query)

    def show(self, topics: frozenset[Topic]) -> None:
        """The list, or why there is none."""
        keys = self._found.keys if self._cause is None else []
        self.table.show(keys)
        self.query_one("#panes").display = bool(keys)
        state = self.query_one("#state", Document)
        state.display = not keys
        if not keys:
            state.show(self._nothing())
        self._show_current()
        self.query_one("#query").refresh()
        self.query_one("#rule").refresh()

    def _show_current(self) -> None:
        evidence = self.query_one("#evidence", Document)
        evidence.display = self.has_class("wide")
        found = self.current
        if evidence.display and found is not None:
            evidence.fold(partial(entry.brief, found))

    def on_live_table_moved(self) -> None:
        """Another entry is beside the list, and other things can be done."""
        self._show_current()
        self.query_one("#footer").refresh()

    def on_live_table_opened(self) -> None:
        """A second click opens."""
        self.action_open()

    def on_entry_table_near(self, event: EntryTable.Near) -> None:
        """Read on, in time."""
        if self._is_asking or self._cause is not None or self.console.link is None:
            return
        if event.last and self._found.has_older:
            self._read(before=self._found.oldest)
        elif event.first and self._found.has_newer:
            self._read(after=self._found.newest)

    def on_entry_table_edge(self, event: EntryTable.Edge) -> None:
        """To the newest or the oldest of all."""
        if event.is_last and self._found.has_older:
            self._stop()
            self._jump(to_oldest=True)
        elif not event.is_last and self._found.has_newer:
            self._jump(to_oldest=False)
        elif self.table.keys:
            self.table.select(self.table.keys[-1 if event.is_last else 0])

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """Search once it was typed: each search is an event of the record."""
        if not event.done:
            return
        self.table.focus()
        if event.purpose == "export" and event.value:
            self._export(event.value)
        elif event.purpose == "search":
            self._stop()
            self._begin(event.value.strip())

    def _whole(self, query: str) -> str:
        """The query as the engine is asked it."""
        return query if self._has_all else without_routine(query)

    @work(name="search", exclusive=True, group="search")
    async def _begin(self, query: str) -> None:
        self._found.query = query
        if self.console.link is None:
            return
        self._is_asking = True
        try:
            page = await self.console.engine.search(self._whole(query), limit=PAGE)
        except Problem as problem:
            self._cause = problem
        else:
            self._cause = None
            self._found.begin(query, page)
        self._asked(select=0)

    @work(name="jump", exclusive=True, group="search")
    async def _jump(self, *, to_oldest: bool) -> None:
        query = self._found.query
        edge = {"after": -1} if to_oldest else {"before": NEWEST}
        self._is_asking = True
        try:
            page = await self.console.engine.search(self._whole(query), limit=PAGE, **edge)
        except Problem as problem:
            self.console.say(problem.message, "error")
            self._asked()
        else:
            self._found.begin(query, page, from_oldest=to_oldest)
            self._asked(select=-1 if to_oldest else 0)

    @work(name="page", exclusive=True, group="search")
    async def _read(self, *, before: int | None = None, after: int | None = None) -> None:
        self._is_asking = True
        try:
            page = await self.console.engine.search(
                self._whole(self._found.query), limit=PAGE, before=before, after=after
            )
        except Problem as problem:
            self.console.say(problem.message, "error")
        else:
            (self._found.add_older if before is not None else self._found.add_newer)(page)
        self._asked()

    def _asked(self, select: int | None = None) -> None:
        self._is_asking = False
        if self.is_ready:
            self.show(frozenset())
            if select is not None and self._found.keys:
                self.table.select(self._found.keys[select])

    def off(self) -> frozenset[str]:
        """Nothing to open where there is nothing, nothing to replay without a session."""
        found = self.current
        off = set(super().off())
        if found is None:
            off |= {"open", "replay", "copy", "export"}
        elif found.session is None:
            off |= {"replay"}
        return frozenset(off)

    def why_off(self, id: str) -> str:
        """Why, in words."""
        found = self.current
        if found is None:
            return "no entry is selected"
        if id == "replay" and found.session is None:
            return "this entry is of no session: there is nothing to replay"
        return super().why_off(id)

    def labels(self) -> dict[str, str]:
        """What follows can be told to stop."""
        labels = {"follow": "stop following"} if self._following is not None else {}
        return labels | ({"all": "hide segments"} if self._has_all else {})

    def action_open(self) -> None:
        """All of it, with its proof."""
        found = self.current
        if not self.is_off("open") and found is not None:
            self.app.push_screen(Entry(found))

    def action_replay(self) -> None:
        """The recording, at its operation."""
        found = self.current
        if not self.is_off("replay") and found is not None and found.session is not None:
            self.console.open_recording(found.session, found.operation)

    def action_search(self) -> None:
        """Ask for terms."""
        if self.is_off("search"):
            return
        hint = "words, identity:bot effect:delete since:2h !rule:… (→ completes)"
        self.query_one(Prompt).open("search", "/", self._found.query, hint, FieldSuggester())

    def action_export(self) -> None:
        """Ask for a file."""
        if not self.console.has_files:
            self.console.say(
                "this console writes no files: `hoopterm audit search --csv` does, where you are", "warning"
            )
        elif not self.is_off("export"):
            self.query_one(Prompt).open("export", "write to", "audit.csv", "a new file: .csv, else JSON")

    def action_all(self) -> None:
        """With the digests of recordings, or without them."""
        if not self.is_off("all"):
            self._has_all = not self._has_all
            self._stop()
            self._begin(self._found.query)

    def action_follow(self) -> None:
        """Show what comes as it comes, or stop that."""
        if self._following is not None:
            self._stop()
        elif not self.is_off("follow"):
            self._following = self._follow(self._found.query)
        self.changed(frozenset())

    @work(name="follow", exclusive=True, group="follow")
    async def _follow(self, query: str) -> None:
        try:
            async with aclosing(self.console.engine.follow_search(self._whole(query), limit=PAGE)) as entries:
                page = await self.console.engine.search(self._whole(query), limit=PAGE, before=NEWEST)
                self._found.begin(query, page)
                self._asked(select=0)
                async for found in entries:
                    self._new.append(found)
        except Problem as problem:
            self.console.say(f"not followed any more: {problem.message}", "error")
        self._following = None
        if self.is_ready:
            self.changed(frozenset())

    def _stop(self) -> None:
        if self._following is not None:
            self._following.cancel()
            self._following = None

    def _take_new(self) -> None:
        if not self._new or not self.is_ready:
            return
        new, self._new = self._new, []
        was_first = self.table.index in (None, 0)
        self._found.add_new(new)
        self._asked(select=0 if was_first else None)

    @work(name="export", group="export")
    async def _export(self, name: str) -> None:
        try:
            count, path = await exported(self.console.engine, self._whole(self._found.query), name)
        except Problem as problem:
            self.console.say(f"not written: {problem.message}", "error")
        else:
            self.console.say(f"wrote {phrases.plural(count, 'entry', 'entries')} to {path}")

    def copied(self) -> tuple[str, str]:
        """What stands in the list of it."""
        found = self.current
        return (entry.copied(found), "the entry as JSON") if found else ("", "")

    def _row(self, key: str) -> dict[str, Line]:
        found = self._found.get(key)
        return entry.row(found, self.console.now()) if found else {}

    def _query_line(self, cells: int) -> Line:
        query = self._found.query
        said = line((" / ", "key"), (clean(query, 400) if query else _ALL, "" if query else "dim"))
        is_whole = self._whole(query) == query
        hidden = BLANK if is_whole else line((find(Scope.AUDIT, "all").shown, "key"), (" shows segments", "dim"))
        return ends(said, hidden, cells)

    def _rule_title(self) -> str:
        found = self._found
        if not found.is_known or self._cause is not None:
            return ""
        parts = [f"{len(found.keys):,}{'+' if found.has_older or found.has_newer else ''} of {found.size:,} entries"]
        if found.trouble or found.size - found.indexed > PAGE:
            parts.append(f"the newest {found.size - found.indexed:,} are not indexed yet")
        if self._following is not None:
            parts.append("following")
        return " · ".join(parts)

    def _nothing(self) -> list[Line]:
        found = self._found
        if self.console.link is None:
            return chrome.empty(
                "Only a file is open", "start the console with an engine to search its log", "q", "quit"
            )
        link = self.console.store.link
        if link is LinkState.LOST:
            return chrome.broken("The log cannot be searched", self.console.store.cause)
        if self._cause is not None and link is LinkState.LIVE:
            return chrome.broken("The search was not made", self._cause.sentence, "/", "changes it")
        if not found.is_known:
            return chrome.loading("searching the audit log", self.console.place.name)
        if found.query:
            return chrome.empty("No entry matches", f"searched for: {clean(found.query, 200)}", "/", "changes it")
        why = found.trouble or "the index is being made; every entry of the log comes into it within a second or two"
        return chrome.empty("Nothing to search yet", clean(why, 200), "/", "searches again")
