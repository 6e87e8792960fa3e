"""The queue on top, and below it everything a person needs to decide what is under the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from engine.api.schema import ReviewView
from hoopterm.console import sql
from hoopterm.console.actions import Scope, bindings, modes
from hoopterm.console.lines import BLANK, Line
from hoopterm.console.screens.confirm import Confirm, Question
from hoopterm.console.screens.listing import Listing
from hoopterm.console.screens.reader import Reader
from hoopterm.console.store import LinkState, Topic, matches
from hoopterm.console.text import clean
from hoopterm.console.views import chrome, review
from hoopterm.console.views.status import review as review_mark
from hoopterm.console.widgets.bars import Rule
from hoopterm.console.widgets.document import Document
from hoopterm.console.widgets.live_table import Column, LiveTable

_LOOK_AGAIN = 1.5  # seconds after the cursor went on by itself in which nothing is asked
COLUMNS = (
    Column("state", "state", 11),
    Column("left", "left", 5, right=True),
    Column("who", "who", 12, flex=2, most=24),
    Column("target", "target", 6, drop=1, flex=1, most=16),
    Column("verb", "verb", 8, most=12, flex=1),
    Column("resource", "resource", 12, drop=2, flex=3, most=28),
    Column("rows", "about", 11, drop=6, right=True),
    Column("rule", "held by", 12, drop=3, flex=2, most=32),
    Column("purpose", "purpose", 14, drop=5, flex=3, most=48),
    Column("outcome", "outcome", 18, drop=4, flex=1, most=28),
)


class Approvals(Listing):
    """Decide what waits."""

    MODE = "approvals"
    SCOPES = (Scope.APPROVALS, Scope.FILTER, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)
    AUTO_FOCUS = "#queue"

    def __init__(self) -> None:
        super().__init__()
        self._wanted: str | None = None
        self._read: str | None = None  # a decided one that a person went to: the cursor stays there
        self._just_moved = False

    def body(self) -> Iterable[Widget]:
        """The queue, a rule, the detail; side by side when wide."""
        yield LiveTable(COLUMNS, self._row, id="queue", titles=False)
        yield Rule(self._rule_title, id="rule")
        with Vertical(id="detail"):
            yield Document(id="who")
            with Horizontal(id="panes"):
                yield Document(id="what")
                yield Document(id="facts")

    def on_mount(self) -> None:
        """The heading is as tall as it has to be."""
        self.query_one("#who", Document).fits = True

    @property
    def current(self) -> ReviewView | None:
        """The review under the cursor."""
        key = self.table.cursor
        return self.console.store.reviews.get(key) if key else None

    def select(self, id: str) -> None:
        """Put the cursor on a review."""
        self._wanted = id
        self.show(frozenset({Topic.REVIEWS}))

    def show(self, topics: frozenset[Topic]) -> None:
        """The queue when it changed, the detail always: its countdown moves."""
        store = self.console.store
        if Topic.REVIEWS in topics:
            keys = [id for id in store.queue() if self._keeps(store.reviews[id])]
            self.table.show(keys)
            self.table.styles.height = self._queue_height(len(keys))
            if self._wanted:
                self.table.select(self._wanted)
                self._read, self._wanted = self._wanted, None
            self._go_on(keys)
        else:
            self.table.tick()
        self.query_one("#rule", Rule).look()
        self._show_detail()

    def _go_on(self, keys: Sequence[str]) -> None:
        """Where the selected review is decided, go to what waits with the least time left.

        Never off one that waits, nor off one that a person went to. What was meant for the review before must not
        reach this one, so nothing is asked for a moment.
        """
        found, store = self.current, self.console.store
        if found is None or found.state == "pending" or found.id == self._read:
            return
        waiting = next((key for key in keys if store.reviews[key].state == "pending"), None)
        if waiting is not None:
            self.table.select(waiting)
            self._just_moved = True
            self.set_timer(_LOOK_AGAIN, self._settled)

    def _settled(self) -> None:
        self._just_moved = False

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        """Another review: its detail from the top."""
        if event.by_hand:
            found, self._just_moved = self.current, False
            self._read = found.id if found is not None and found.state != "pending" else None
        for document in self.query("#detail Document").results(Document):
            document.action_top()
        self._show_detail()
        self.query_one("#footer").refresh()

    def on_live_table_opened(self) -> None:
        """A second click reads the statement."""
        self.action_read()

    def off(self) -> frozenset[str]:
        """Deciding needs a live link, a pending review, and the right to."""
        found = self.current
        off = set(super().off())
        if found is None:
            off |= {"read", "watch", "copy", "approve", "deny"}
        elif found.state != "pending" or not found.may_decide:
            off |= {"approve", "deny"}
        return frozenset(off)

    def why_off(self, id: str) -> str:
        """Why, in words."""
        found = self.current
        if found is None:
            return "no review is selected"
        if id in ("approve", "deny") and found.state != "pending":
            return f"this review is {review_mark(found.state).word} already"
        if id in ("approve", "deny") and not found.may_decide:
            return f"you may not decide this: {clean(found.why_not or 'you are not a reviewer', 200)}"
        return super().why_off(id)

    def action_approve(self) -> None:
        """Ask, then approve."""
        self._ask("approve")

    def action_deny(self) -> None:
        """Ask, then deny."""
        self._ask("deny")

    def action_read(self) -> None:
        """The whole statement on a screen of its own."""
        found = self.current
        if not self.is_off("read") and found is not None:
            title = f"{clean(found.verb, 40)} · {clean(found.target, 80)} · {clean(found.id, 60)}"
            self.app.push_screen(Reader(title, found.text, partial(sql.wrapped, found.text)))

    def action_watch(self) -> None:
        """The session it came from."""
        found = self.current
        if not self.is_off("watch") and found is not None:
            self.console.open_session(found.session)

    def action_scroll_down(self) -> None:
        """Scroll the detail without leaving the queue."""
        self._scrolled().action_move(1)

    def action_scroll_up(self) -> None:
        """Scroll the detail without leaving the queue."""
        self._scrolled().action_move(-1)

    def copied(self) -> tuple[str, str]:
        """The exact statement."""
        found = self.current
        return (found.text, "the statement") if found else ("", "")

    def _scrolled(self) -> Document:
        return self.query_one("#what" if self.has_class("wide") else "#facts", Document)

    def _keeps(self, found: ReviewView) -> bool:
        return not self.words or matches(self.words, review.words(found))

    def _row(self, key: str) -> dict[str, Line]:
        found = self.console.store.reviews.get(key)
        return review.row(found, self.console.now()) if found else {}

    def _queue_height(self, rows: int) -> int:
        room = max(self.size.height // 4, 2) if self.size.height else 5
        return max(min(rows, room), 1 if rows else 0)

    def _rule_title(self) -> str:
        found = self.current
        past = f"filter: {clean(self.words, 60)}" if self.words else ""
        total = len(self.table.keys)
        place = f"{(self.table.index or 0) + 1} of {total}" if total > 1 else ""
        return "   ".join(part for part in (place, past) if part) if found or past else ""

    def _show_detail(self) -> None:
        found = self.current
        self.query_one("#rule").display = bool(self.table.keys) or bool(self.words)
        who, what, facts = (self.query_one(id, Document) for id in ("#who", "#what", "#facts"))
        is_wide = self.has_class("wide")
        what.display = found is not None and is_wide
        who.display = what.display
        if found is None:
            facts.fold(lambda cells: self._nothing())
        elif is_wide:
            who.fold(lambda cells: [*review.heading(found, cells), BLANK])
            what.fold(partial(review.subject_matter, found))
            facts.fold(partial(self._side, found))
        else:
            facts.fold(partial(self._page, found))

    def _side(self, found: ReviewView, cells: int) -> list[Line]:
        now = self.console.now()
        lately = review.lately(self.console.store.past_of(found, 12), cells, now)
        session = self.console.store.sessions.get(found.session)
        return [*review.facts(found, cells, now, session, is_beside=True), BLANK, *lately]

    def _page(self, found: ReviewView, cells: int) -> list[Line]:
        """Everything in one column: the statement is cut so that the facts stay in sight."""
        head = review.heading(found, cells)
        facts = review.facts(found, cells, self.console.now(), self.console.store.sessions.get(found.session))
        room = self.query_one("#detail").size.height - len(head) - len(facts) - 2
        return [*head, BLANK, *review.statement(found, cells, max(room, 4)), BLANK, *facts]

    def _nothing(self) -> list[Line]:
        store = self.console.store
        if self.words:
            return chrome.empty("No review matches the filter", f"it is: {clean(self.words, 80)}", "/", "changes it")
        if not store.loaded and store.link is LinkState.LOST:
            return chrome.broken("The engine cannot be reached", store.cause)
        if not store.loaded:
            return chrome.loading("asking the engine what waits", self.console.place.name)
        return chrome.empty(
            "Nothing waits for you",
            "an operation that a rule holds for review appears here the moment it is held",
            modes()["sessions"].shown,
            "live sessions",
            store,
        )

    def _ask(self, verdict: str) -> None:
        found = self.current
        if self.is_off(verdict) or found is None:
            return
        if self._just_moved:
            self.console.say("this is another review, the one before is decided: look, then press it again", "warning")
            return
        id, verb = found.id, clean(found.verb, 24)
        word = "Approve" if verdict == "approve" else "Deny"
        question = Question(
            title=f"{word} {verb} on {clean(found.target, 60)}?",
            button=f"{word} {verb}",
            facts=partial(self._asked, id, verdict),
            moot=partial(self._moot, id),
            is_dangerous=verdict == "approve",
            reason_hint="why; goes into the record" if verdict == "approve" else "why; the agent reads it",
        )
        self.app.push_screen(Confirm(question), partial(self._answered, id, verdict))

    def _asked(self, id: str, verdict: str, cells: int) -> list[Line]:
        found = self.console.store.reviews[id]
        return review.question(found, verdict, cells, self.console.now())

    def _moot(self, id: str) -> str:
        found = self.console.store.reviews.get(id)
        if found is None:
            return "this review is gone"
        if found.state != "pending":
            by = ", ".join(clean(vote.person, 60) for vote in found.votes)
            return f"already {review_mark(found.state).word}{f' by {by}' if by else ''}: nothing left to decide"
        return "the engine is away: nothing can be decided now" if self.console.store.is_stale else ""

    def _answered(self, id: str, verdict: str, reason: str | None) -> None:
        if reason is not None:
            self.console.decide(id, verdict, reason)
