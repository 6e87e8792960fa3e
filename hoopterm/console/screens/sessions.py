"""Live and past sessions."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from engine.api.schema import SessionView
from hoopterm.console.actions import Scope, bindings, modes
from hoopterm.console.lines import Line
from hoopterm.console.screens.listing import Listing
from hoopterm.console.screens.page import Page
from hoopterm.console.screens.stopping import ask_to_end, ask_to_lock
from hoopterm.console.store import LinkState, Topic, matches
from hoopterm.console.text import clean
from hoopterm.console.views import chrome, session
from hoopterm.console.widgets.bars import Rule
from hoopterm.console.widgets.document import Document
from hoopterm.console.widgets.live_table import Column, LiveTable

COLUMNS = (
    Column("state", "state", 8),
    Column("since", "since", 5, right=True),
    Column("who", "agent", 12, flex=2, most=26),
    Column("behalf", "for", 8, drop=5, flex=1, most=16),
    Column("target", "target", 6, flex=1, most=18),
    Column("verb", "last", 8, drop=3, most=14, flex=1),
    Column("operations", "ops", 5, right=True),
    Column("denied", "denied", 6, right=True),
    Column("held", "held", 5, drop=2, right=True),
    Column("masked", "masked", 6, right=True),
    Column("rows", "rows", 6, drop=4, right=True),
    Column("mode", "mode", 8, drop=6),
    Column("client", "client", 18, drop=7, flex=2, most=40),
    Column("id", "session", 12, drop=8, flex=1, most=28),
)


class Sessions(Listing):
    """Who is connected, who was, and what they did."""

    MODE = "sessions"
    SCOPES = (Scope.SESSIONS, Scope.FILTER, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)
    AUTO_FOCUS = "#list"

    def body(self) -> Iterable[Widget]:
        """The list, or why there is none."""
        yield LiveTable(COLUMNS, self._row, id="list")
        yield Document(id="state")
        yield Rule(self._rule_title, id="rule")

    @property
    def current(self) -> SessionView | None:
        """The session under the cursor."""
        key = self.table.cursor
        return self.console.store.sessions.get(key) if key else None

    def show(self, topics: frozenset[Topic]) -> None:
        """The list when it changed; its ages tick."""
        store = self.console.store
        if topics & {Topic.SESSIONS, Topic.REVIEWS}:
            order = store.session_order()
            if self.words:
                order = [id for id in order if matches(self.words, session.words(store.sessions[id]))]
            self.table.show(order)
        else:
            self.table.tick()
        self.list_or(self._nothing)

    def on_live_table_moved(self) -> None:
        """What can be done depends on the row."""
        self.query_one("#footer").refresh()
        self.query_one("#rule").refresh()

    def on_live_table_opened(self) -> None:
        """A second click opens."""
        self.action_open()

    def off(self) -> frozenset[str]:
        """Only live sessions can be ended, only known ones opened."""
        found = self.current
        off = set(super().off())
        if found is None:
            off |= {"open", "terminate", "lock", "replay", "copy"}
        elif found.state != "live":
            off |= {"terminate"}
        return frozenset(off)

    def why_off(self, id: str) -> str:
        """Why, in words."""
        found = self.current
        if found is None:
            return "no session is selected"
        if id == "terminate" and found.state != "live":
            return "this session has ended already"
        return super().why_off(id)

    def labels(self) -> dict[str, str]:
        """A past session is not watched, it is replayed."""
        found = self.current
        return {"open": "replay"} if found is not None and found.state != "live" else {}

    def action_open(self) -> None:
        """Watch it, or replay it when it is past."""
        found = self.current
        if self.is_off("open") or found is None:
            return
        if found.state == "live":
            self.console.open_session(found.id)
        else:
            self.console.open_recording(found.id)

    def action_replay(self) -> None:
        """Its recording, as far as there is one."""
        found = self.current
        if not self.is_off("replay") and found is not None:
            self.console.open_recording(found.id)

    def action_terminate(self) -> None:
        """Ask, then end it."""
        found = self.current
        if not self.is_off("terminate") and found is not None:
            ask_to_end(self, found)

    def action_lock(self) -> None:
        """Ask, then stop its identity."""
        found = self.current
        if not self.is_off("lock") and found is not None:
            _lock_who_runs(self, found)

    def copied(self) -> tuple[str, str]:
        """The session's id."""
        found = self.current
        return (found.id, "the session's id") if found else ("", "")

    def _row(self, key: str) -> dict[str, Line]:
        store = self.console.store
        found = store.sessions.get(key)
        return session.row(found, bool(store.pending_of(key)), self.console.now()) if found else {}

    def _rule_title(self) -> str:
        store = self.console.store
        if not store.loaded:
            return ""
        live = store.live_sessions
        parts = [f"{live} live", f"{len(store.sessions) - live} past"]
        return " · ".join([*parts, self.kept] if self.kept else parts)

    def _nothing(self) -> list[Line]:
        store = self.console.store
        if self.words:
            return chrome.empty("No session matches the filter", f"it is: {clean(self.words, 80)}", "/", "changes it")
        if not store.loaded and store.link is LinkState.LOST:
            return chrome.broken("The engine cannot be reached", store.cause)
        if not store.loaded:
            return chrome.loading("asking the engine for its sessions", self.console.place.name)
        return chrome.empty(
            "No session yet",
            "an agent that connects to one of the engine's listeners appears here at once",
            modes()["approvals"].shown,
            "what waits for approval",
            store,
        )


def _lock_who_runs(page: Page, found: SessionView) -> None:
    """Ask, then lock the identity of a session."""
    store = page.console.store
    subject = found.identity.subject

    def facts(cells: int) -> list[Line]:
        live = (each for each in store.sessions.values() if each.state == "live")
        return session.lock_question(found, sum(each.identity.subject == subject for each in live), cells)

    ask_to_lock(page, "identity", subject, facts)
