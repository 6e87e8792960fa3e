"""One session as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from datetime import timedelta
from functools import partial

from textual import work
from textual.containers import Horizontal
from textual.widget import Widget

from engine.api.schema import SessionView
from hoopterm.console import phrases
from hoopterm.console.actions import Scope, bindings
from hoopterm.console.lines import Line, line
from hoopterm.console.pulse import Pulse
from hoopterm.console.screens.page import Page
from hoopterm.console.screens.reader import Reader
from hoopterm.console.screens.stopping import ask_to_end
from hoopterm.console.statements import Conversation, Statement
from hoopterm.console.store import Topic
from hoopterm.console.terminals import Terminals
from hoopterm.console.text import clean
from hoopterm.console.views import chrome, session, statement
from hoopterm.console.widgets.bars import Rule
from hoopterm.console.widgets.document import Document
from hoopterm.console.widgets.feed import Feed, Item
from hoopterm.console.widgets.grid import Grid
from hoopterm.errors import EngineUnreachable, Problem
from hoopterm.frames import recorded

_SHOWN = 1000  # statements in the feed; replay has the earlier ones
_BESIDE = 40  # cells that the log takes beside a terminal
_RETRY = 0.5  # seconds until the engine is asked for the session again
_BREATH = 200  # frames taken in before the screen gets a turn


class Watch(Page):
    """Statements, decisions and masked rows of one session."""

    MODE = "sessions"
    SCOPES = (Scope.WATCH, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)
    AUTO_FOCUS = "#feed"

    def __init__(self, id: str) -> None:
        super().__init__()
        self._session = id
        self._talk = Conversation()
        self._terminals = Terminals()
        self._looks_at: str | None = None  # the operation whose terminal is shown; "" for the log, None for the newest
        self._found: dict[str, Statement] = {}
        self._cause = ""
        self._is_open = False
        self._is_paused = False
        self._seen = 0
        self._pulse = Pulse(self._beat, self.set_timer, self.call_after_refresh)

    def body(self) -> Iterable[Widget]:
        """Who it is, what it does, and the evidence when there is room."""
        yield Document(id="facts")
        yield Rule(self._rule_title, id="rule")
        yield Document(id="state")
        with Horizontal(id="panes"):
            yield Grid(id="grid")
            yield Feed(self._lay_out, id="feed")
            yield Document(id="evidence")

    def on_mount(self) -> None:
        """Begin to watch."""
        self._watch()

    @property
    def feed(self) -> Feed:
        """The statements."""
        return self.query_one("#feed", Feed)

    @property
    def found(self) -> SessionView | None:
        """What the store knows of the session."""
        return self.console.store.sessions.get(self._session)

    @property
    def current(self) -> Statement | None:
        """The statement under the cursor."""
        key = self.feed.cursor
        return self._found.get(key) if key else None

    @property
    def _held(self) -> str | None:
        """The review of the statement under the cursor, else the session's first."""
        found = self.current
        if found is not None and found.state == "held":
            return found.review
        waiting = self.console.store.pending_of(self._session)
        return waiting[0].id if waiting else None

    @work(name="watch")
    async def _watch(self) -> None:
        """Follow the session; when the engine comes back, from its start again."""
        while True:
            try:
                await self._follow()
            except EngineUnreachable:
                self._is_open = False
            except Problem as problem:
                self._cause = problem.sentence
                self._pulse.poke()
                return
            else:
                self._pulse.poke()
                return
            self._pulse.poke()
            await asyncio.sleep(_RETRY)  # the console itself says that the engine is away

    async def _follow(self) -> None:
        taken = 0
        async with aclosing(self.console.engine.watch(self._session)) as frames:
            self._talk, self._terminals, self._is_open = Conversation(), Terminals(), True
            self._pulse.poke()
            async for view in frames:
                frame = recorded(view)
                self._talk.apply(frame)
                self._terminals.apply(frame)
                self._pulse.poke()
                taken += 1
                if taken % _BREATH == 0:
                    await asyncio.sleep(0)  # keys are heard while a long session is caught up with

    def _beat(self) -> None:
        if self.is_ready and self.console.front is self:
            self.show(frozenset())

    def show(self, topics: frozenset[Topic]) -> None:
        """The facts, and the feed unless it is paused."""
        if not self._is_paused:
            self._refill()
        found, store = self.found, self.console.store
        facts = self.query_one("#facts", Document)
        facts.show(
            session.facts(found, self.console.now(), store.is_stale) if found else [line((self._session, "dim"))]
        )
        facts.styles.height = len(facts.lines)
        empty = not self._found
        state = self.query_one("#state", Document)
        state.display = empty
        self.query_one("#panes").display = not empty
        if empty:
            state.show(self._nothing())
        self._show_terminal()
        self._show_evidence()
        self.query_one("#rule").refresh()

    @property
    def grid(self) -> Grid:
        """The terminal."""
        return self.query_one("#grid", Grid)

    def _show_terminal(self) -> None:
        """The terminal one looks at, and the log beside it where there is room; paused, it stays as it was."""
        wanted = self._terminals.newest if self._looks_at is None else self._looks_at
        still = self._terminals.still(wanted) if wanted else None
        grid, feed = self.grid, self.feed
        if still is None or not grid.display or not self._is_paused:
            grid.show(still)
        had_focus, was = grid.has_focus or feed.has_focus, (grid.display, feed.display)
        grid.display = still is not None
        feed.display = still is None or self.size.width - still.columns >= _BESIDE
        self.set_class(still is not None, "terminal")
        if was != (grid.display, feed.display):
            if had_focus:
                (grid if grid.display else feed).focus()
            self.call_after_refresh(self.changed, frozenset())  # the log is laid out for its new width

    def on_grid_panned(self) -> None:
        """Another part of the terminal is shown, and said to be."""
        self.query_one("#rule").refresh()

    def action_view(self) -> None:
        """The next terminal, and after the last one the log."""
        there = [*self._terminals.operations, ""]
        if len(there) == 1:
            self.console.say("no operation of this session has a terminal", "warning")
            return
        now = self._terminals.newest if self._looks_at is None else self._looks_at
        self._looks_at = there[(there.index(now) + 1) % len(there)] if now in there else there[0]
        self.changed(frozenset())

    def _refill(self) -> None:
        shown = self._talk.statements[-_SHOWN:]
        self._seen = len(self._talk.statements)
        self._found = {entry.operation: entry for entry in shown}
        self.feed.show([Item(entry.operation, entry.version) for entry in self._found.values()])

    def on_feed_moved(self) -> None:
        """The evidence follows the cursor."""
        self._show_evidence()
        self.query_one("#rule").refresh()

    def _show_evidence(self) -> None:
        pane = self.query_one("#evidence", Document)
        pane.display = self.has_class("wide") and not self.grid.display
        found = self.current
        if pane.display and found is not None:
            pane.fold(partial(statement.evidence, found))

    def off(self) -> frozenset[str]:
        """Only what is live can be ended."""
        found = self.found
        off = set(super().off())
        if found is None or found.state != "live":
            off.add("terminate")
        if self.current is None:
            off |= {"read", "copy"}
        if self._held is None:
            off.add("decide")
        return frozenset(off)

    def why_off(self, id: str) -> str:
        """Why, in words."""
        if id == "decide":
            return "nothing in this session waits for people"
        if id in ("read", "copy"):
            return "no statement is selected"
        if self.found is None or self.found.state != "live":
            return "this session has ended already"
        return super().why_off(id)

    def labels(self) -> dict[str, str]:
        """A paused picture resumes."""
        return {"pause": "resume"} if self._is_paused else {}

    def action_pause(self) -> None:
        """Freeze the picture, or let it go on."""
        self._is_paused = not self._is_paused
        self.changed(frozenset())

    def action_follow(self) -> None:
        """To the newest."""
        self._is_paused = False
        self.feed.is_following = True
        self.changed(frozenset())

    def action_read(self) -> None:
        """The statement and its rows on a screen of their own."""
        found = self.current
        if not self.is_off("read") and found is not None:
            title = f"statement {found.number} · {clean(found.verb, 40)}"
            self.app.push_screen(Reader(title, found.text, partial(statement.whole, found)))

    def action_decide(self) -> None:
        """To the review of what waits: deciding happens where everything about it is shown."""
        held = self._held
        if not self.is_off("decide") and held is not None:
            self.console.open_review(held)

    def action_replay(self) -> None:
        """What is recorded so far."""
        self.console.open_recording(self._session)

    def action_terminate(self) -> None:
        """Ask, then end it."""
        found = self.found
        if not self.is_off("terminate") and found is not None:
            ask_to_end(self, found)

    def copied(self) -> tuple[str, str]:
        """The statement."""
        found = self.current
        return (found.text, "the statement") if found else ("", "")

    def _lay_out(self, key: str, cells: int) -> Sequence[Line]:
        tall = self.app.size.height >= 36
        return statement.block(
            self._found[key],
            self._clock(self._found[key].at),
            cells,
            most_lines=8 if tall else 4,
            most_rows=8 if tall else 5,
        )

    def _clock(self, at: float) -> str:
        found = self.found
        if found is None:
            return phrases.timecode(at)
        return (phrases.when(found.opened) + timedelta(seconds=at)).astimezone().strftime("%H:%M:%S")

    def _rule_title(self) -> str:
        total = len(self._talk.statements)
        grid = self.grid
        if grid.display and grid.still is not None and not self._is_paused:
            waits = " · a line waits for people" if self._held is not None else ""
            size = f"terminal {grid.still.columns} × {grid.still.rows}{waits}"
            return f"{size} · showing {grid.crop}" if grid.crop else size
        if self._is_paused:
            behind = total - self._seen
            return f"paused · {phrases.plural(behind, 'new statement')} · space goes on"
        parts = [phrases.plural(total, "statement")]
        if total > _SHOWN:
            parts.append(f"the last {phrases.count(_SHOWN)} are shown, r replays all")
        if self._talk.state != "opened":
            why = f": {clean(self._talk.reason, 80)}" if self._talk.reason else ""
            parts.append(f"session {clean(self._talk.state, 20)}{why}")
        elif not self._is_open and not self._cause:
            parts.append("waiting for the engine")
        elif self._found and not self.feed.is_following:
            parts.append("looking back · f follows again")
        else:
            parts.append("following")
        return " · ".join(parts)

    def _nothing(self) -> list[Line]:
        if self._cause:
            return chrome.broken("This session cannot be watched", self._cause, "q", "back to the sessions")
        if not self._is_open:
            return chrome.loading("asking the engine for the session", self._session)
        return chrome.empty(
            "No statement yet", "the session is open; what it runs appears here as it happens", "q", "back"
        )
