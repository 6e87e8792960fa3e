"""The first screen: what needs a person, what is alive, how everything is, and what changed."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events, work
from textual.containers import Horizontal
from textual.widget import Widget

from engine.api.schema import ChangesView
from hoopterm.console import phrases
from hoopterm.console.access import Kind
from hoopterm.console.actions import Scope, bindings
from hoopterm.console.lines import Item, Line
from hoopterm.console.screens.page import Page
from hoopterm.console.seen import Mark
from hoopterm.console.store import LinkState, Topic
from hoopterm.console.views import chrome, overview
from hoopterm.console.views.news import of_reviews
from hoopterm.console.widgets.board import Board
from hoopterm.console.widgets.document import Document
from hoopterm.errors import Problem

_AGAIN = 30.0  # seconds after which a look at the record is old
_SOON = 1.0  # the same for who comes back to it
_AUDITOR = "auditor"
_DOES = {"review": "decide", "session": "watch", "news": "replay", "target": "the target", "locks": "the locks"}
_LEADS_TO = {
    "reviews": "approvals",
    "sessions": "sessions",
}
_LISTS = {"targets": Kind.TARGETS, "target": Kind.TARGETS, "locks": Kind.LOCKS}


class Overview(Page):
    """Where a console opens, unless something waits that its person may decide: then the queue is in front.

    Who was paged wants the operation, not a summary; a key that was pressed in the meantime keeps them here.
    """

    MODE = "overview"
    SCOPES = (Scope.OVERVIEW, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)
    AUTO_FOCUS = "#board"

    def __init__(self) -> None:
        super().__init__()
        self._found: ChangesView | None = None
        self._looked: float | None = None  # when the record was asked
        self._is_back = False  # somebody is, and nothing was asked for them yet
        self._why = ""
        self._place = ""  # the engine and the person whose mark it is
        self._mark: Mark | None = None  # up to where they had looked before

    def body(self) -> Iterable[Widget]:
        """Board and pane, or why there is neither."""
        yield Document(id="state")
        with Horizontal(id="panes"):
            yield Board(id="board")
            yield Document(id="aside")

    def on_key(self, event: events.Key) -> None:
        """A person is at it: nothing moves them elsewhere."""
        self.console.has_opened = True

    def on_screen_resume(self) -> None:
        """Back again: what changed meanwhile?"""
        super().on_screen_resume()
        self._is_back = True
        self._look()

    def show(self, topics: frozenset[Topic]) -> None:
        """All of it; only what is visible is painted."""
        store = self.console.store
        state, panes = self.query_one("#state", Document), self.query_one("#panes")
        state.display, panes.display = not store.loaded, store.loaded
        if not store.loaded:
            state.show(self._nothing())
            return
        if not self.console.has_opened:
            self.console.has_opened = True
            if any(review.may_decide for review in store.waiting):
                self.console.action_mode("approvals")
                return
        self._look()
        is_wide = self.has_class("wide")
        aside = self.query_one("#aside", Document)
        aside.display = is_wide
        self.query_one("#board", Board).fold(self._items)
        if is_wide:
            aside.fold(lambda cells: overview.right(store, self.console.now(), cells))

    def _items(self, cells: int) -> list[Item]:
        store, now = self.console.store, self.console.now()
        if self.has_class("wide"):
            return overview.left(store, self._news(), now, cells, self.size.height)
        return overview.whole(store, self._news(), now, cells)

    def _news(self) -> overview.News:
        """What the record says to those who may read it; to the others what became of reviews."""
        now, mark = self.console.now(), self._mark
        ago = f"{phrases.ago(mark.time, now)} ago" if mark is not None else ""
        if self._found is not None:
            return overview.News(self._found.changes, ago)
        if self._may_read:
            return overview.News(why=self._why or "asking the record")
        changes = of_reviews(self.console.store.reviews.values(), mark.time if mark is not None else "")
        return overview.News(changes, ago, "of reviews; the rest is for auditors")

    @property
    def _may_read(self) -> bool:
        status = self.console.store.status
        return status is not None and _AUDITOR in status.permissions

    def _look(self) -> None:
        """Ask the record, if there is more of it and it was not asked just now; the first look says what is new."""
        store = self.console.store
        if store.status is None or store.is_stale:
            return
        if self._place == "":
            self._place = f"{store.status.you} {self.console.place.name} {store.status.state}"
            self._mark = self.console.seen.get(self._place)
        if self._found is not None and store.status.log_size <= self._found.size + 1:  # one is of that look itself
            return
        now = self.console.now().timestamp()
        if self._looked is None or now - self._looked > (_SOON if self._is_back else _AGAIN):
            self._looked, self._is_back = now, False
            if self._may_read:
                self._ask(self._mark)
            else:
                self._remember(0)

    @work(name="changes", exclusive=True)
    async def _ask(self, mark: Mark | None) -> None:
        try:
            found = await self.console.engine.changes(None if mark is None else mark.entry)
            if mark is not None and found.since < mark.entry:  # another log than the one that was looked at
                found = await self.console.engine.changes(None)
        except Problem as problem:
            self._why = f"the record does not answer: {problem.message}"
            self._looked = None
        else:
            self._found, self._why = found, ""
            self._remember(found.size)
        self.changed(frozenset())

    def _remember(self, entry: int) -> None:
        """The next console begins from here; this one goes on showing what it began with."""
        stamp = self.console.now().isoformat().replace("+00:00", "Z")
        self.console.seen.put(self._place, Mark(entry, stamp))

    def on_board_opened(self) -> None:
        """A second click opens."""
        self.action_open()

    def on_board_moved(self) -> None:
        """What enter does depends on the entry."""
        self.query_one("#footer").refresh()

    def labels(self) -> dict[str, str]:
        """What enter does here."""
        kind = self._cursor[0]
        return {"open": _DOES.get(kind, "open")}

    def off(self) -> frozenset[str]:
        """Where nothing can be chosen, nothing opens."""
        kind, id = self._cursor
        has_none = not kind or (kind == "news" and not id)
        return super().off() | ({"open", "copy"} if has_none else frozenset())

    def why_off(self, id: str) -> str:
        """Why, in words."""
        return "there is nothing more to show of this line" if id == "open" else super().why_off(id)

    @property
    def _cursor(self) -> tuple[str, str]:
        """The kind of what is under the cursor, and its identifier."""
        if not self.is_ready:
            return "", ""
        kind, _, id = self.query_one("#board", Board).cursor.partition(":")
        return (kind, id.partition(":")[2]) if kind == "news" else (kind, id)

    def action_open(self) -> None:
        """To the review, the session, the target, or the session that a piece of news is of."""
        if self.is_off("open"):
            return
        console, (kind, id) = self.console, self._cursor
        if kind == "review":
            console.open_review(id)
        elif kind == "session":
            console.open_session(id)
        elif kind == "news":
            console.open_recording(id)
        elif kind in _LISTS:
            console.open_access(_LISTS[kind], id)
        else:
            console.action_mode(_LEADS_TO[kind])

    def copied(self) -> tuple[str, str]:
        """What the line is of."""
        kind, id = self._cursor
        return id, f"the {'session' if kind == 'news' else kind}'s name"

    def _nothing(self) -> list[Line]:
        store = self.console.store
        if store.link is LinkState.LOST:
            return chrome.broken("The engine cannot be reached", store.cause)
        return chrome.loading("asking the engine how it is", self.console.place.name)
