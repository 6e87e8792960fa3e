"""The recordings an engine keeps, newest first."""

from __future__ import annotations

from collections.abc import Iterable

from textual import work
from textual.widget import Widget

from engine.api.schema import RecordingView
from hoopterm.console import phrases
from hoopterm.console.actions import Scope, bindings, modes
from hoopterm.console.lines import Line, Span
from hoopterm.console.screens.listing import Listing
from hoopterm.console.store import LinkState, Topic, matches
from hoopterm.console.text import clean
from hoopterm.console.views import chrome, session
from hoopterm.console.widgets.bars import Rule
from hoopterm.console.widgets.document import Document
from hoopterm.console.widgets.live_table import Column, LiveTable
from hoopterm.errors import Problem

COLUMNS = (
    Column("when", "last written", 12),
    Column("state", "session", 8),
    Column("who", "agent", 12, flex=2, most=26),
    Column("target", "target", 6, flex=1, most=18),
    Column("operations", "ops", 5, right=True),
    Column("denied", "denied", 6, right=True),
    Column("held", "held", 5, drop=2, right=True),
    Column("masked", "masked", 6, drop=1, right=True),
    Column("size", "size", 8, drop=3, right=True),
    Column("id", "id", 14, drop=4, flex=1, most=40),
)


class Recordings(Listing):
    """Pick what to replay."""

    MODE = "replay"
    SCOPES = (Scope.RECORDINGS, Scope.FILTER, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)
    AUTO_FOCUS = "#list"

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[str, RecordingView] | None = None
        self._cause = ""

    def body(self) -> Iterable[Widget]:
        """The list, or why there is none."""
        yield LiveTable(COLUMNS, self._row, id="list")
        yield Document(id="state")
        yield Rule(self._rule_title, id="rule")

    def on_screen_resume(self) -> None:
        """Ask anew: sessions have ended meanwhile."""
        self._ask()

    def changed(self, topics: frozenset[Topic]) -> None:
        """When the engine comes back, ask anew."""
        super().changed(topics)
        if Topic.LINK in topics and self.console.store.link is LinkState.LIVE:
            self._ask()

    def _ask(self) -> None:
        if self.console.link is not None:
            self._load()

    @work(name="recordings", exclusive=True)
    async def _load(self) -> None:
        try:
            self._found = {entry.session: entry for entry in await self.console.engine.recordings()}
            self._cause = ""
        except Problem as problem:
            self._cause = problem.message
        if self.is_ready:
            self.show(frozenset())

    def show(self, topics: frozenset[Topic]) -> None:
        """The list, or why there is none."""
        keys = [key for key in self._found or () if matches(self.words, self._words(key))]
        self.table.show(keys)
        self.list_or(self._nothing)

    def on_live_table_opened(self) -> None:
        """A second click opens."""
        self.action_open()

    def off(self) -> frozenset[str]:
        """Nothing to open where there is nothing."""
        return super().off() | (frozenset() if self.table.cursor else frozenset({"open", "copy"}))

    def why_off(self, id: str) -> str:
        """Why, in words."""
        return "no recording is selected"

    def action_open(self) -> None:
        """Replay it."""
        key = self.table.cursor
        if not self.is_off("open") and key is not None:
            self.console.open_recording(key)

    def copied(self) -> tuple[str, str]:
        """The session's id."""
        key = self.table.cursor
        return (key, "the session's id") if key else ("", "")

    def _words(self, key: str) -> str:
        known = self.console.store.sessions.get(key)
        return session.words(known) if known else key

    def _row(self, key: str) -> dict[str, Line]:
        if self._found is None or key not in self._found:
            return {}
        entry = self._found[key]
        known = self.console.store.sessions.get(key)
        now = self.console.now()
        cells = session.row(known, False, now) if known else {}
        return {
            **cells,
            "when": (Span(phrases.local_date(entry.modified, now)),),
            "size": (Span(phrases.size(entry.size), "dim"),),
            "id": (Span(clean(key, 60), "dim" if known else ""),),
        }

    def _rule_title(self) -> str:
        if self._found is None:
            return ""
        kept = f" · {self.kept}" if self.kept else ""
        return phrases.plural(len(self._found), "recording") + kept

    def _nothing(self) -> list[Line]:
        if self.words and self._found:
            return chrome.empty("No recording matches the filter", f"it is: {clean(self.words, 80)}", "/", "changes it")
        if self.console.link is None:
            return chrome.empty(
                "Only a file is open", "start the console with an engine to pick from its recordings", "q", "quit"
            )
        link = self.console.store.link
        if link is LinkState.LOST or (self._cause and link is LinkState.LIVE):
            return chrome.broken("The recordings cannot be listed", self._cause or self.console.store.cause)
        if self._found is None:
            return chrome.loading("asking the engine for its recordings", self.console.place.name)
        return chrome.empty(
            "No recording yet",
            "every session leaves one; an agent has to connect first",
            modes()["sessions"].shown,
            "live sessions",
            self.console.store,
        )
