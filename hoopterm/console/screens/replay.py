"""One recording: its statements on the left, the frame in the middle, the evidence on the right, time at the foot."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from textual import events, work
from textual.containers import Horizontal
from textual.widget import Widget

from hoopterm.console import phrases
from hoopterm.console.actions import Scope, bindings
from hoopterm.console.lines import BLANK, Line, Span, joined, line
from hoopterm.console.reel import Reel
from hoopterm.console.screens.page import Page
from hoopterm.console.screens.reader import Reader
from hoopterm.console.statements import Statement
from hoopterm.console.store import Topic
from hoopterm.console.text import clean
from hoopterm.console.views import chrome, statement
from hoopterm.console.views.timeline import timeline
from hoopterm.console.widgets.bars import Bar
from hoopterm.console.widgets.document import Document
from hoopterm.console.widgets.live_table import Column, LiveTable
from hoopterm.console.widgets.prompt import Prompt
from hoopterm.errors import Problem
from replay.format import Damaged

COLUMNS = (
    Column("number", "", 3, right=True),
    Column("state", "", 1),
    Column("verb", "", 14, flex=1, most=40),
    Column("result", "", 12, drop=1, right=True),
)
_TICK = 0.1
_SLOWEST, _FASTEST = 0.25, 64.0


class Replay(Page):
    """Step, play and jump through what happened."""

    MODE = "replay"
    SCOPES = (Scope.REPLAY, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)
    AUTO_FOCUS = "#statements"

    def __init__(self, source: Path | str) -> None:
        super().__init__()
        self._source = source
        self._reel: Reel | None = None
        self._cause = ""
        self._words = ""

    def body(self) -> Iterable[Widget]:
        """What it is of, then list, frame and evidence, then time."""
        yield Bar(self._about, id="about")
        yield Document(id="state")
        with Horizontal(id="panes"):
            yield LiveTable(COLUMNS, self._row, id="statements", titles=False)
            yield Document(id="frame")
            yield Document(id="evidence")
        yield Bar(self._timeline, id="timeline")

    def on_mount(self) -> None:
        """Read it; a long one takes a moment, and the screen stays alive."""
        self._load()
        self.set_interval(_TICK, self._play_on)

    def on_unmount(self) -> None:
        """Let go of the file."""
        if self._reel is not None:
            self._reel.close()

    @property
    def table(self) -> LiveTable:
        """The statements."""
        return self.query_one("#statements", LiveTable)

    @property
    def current(self) -> Statement | None:
        """The statement one is at, as it is at this place."""
        return self._reel.statement if self._reel is not None else None

    @work(name="load")
    async def _load(self) -> None:
        try:
            path = self._source if isinstance(self._source, Path) else await self.console.fetch(self._source)
            reel = await asyncio.to_thread(Reel.open, path)
        except Problem as problem:
            self._cause = f"{problem.message}; {problem.hint}" if problem.hint else problem.message
        except (Damaged, OSError) as problem:
            self._cause = str(problem)
        else:
            if not self.is_ready:
                reel.close()
                return
            self._reel = reel
            reel.begin()
            self.table.show([str(index) for index in range(len(self._reel.summaries))])
            if self._reel.damage:
                self.console.say(f"the recording does not read to its end: {self._reel.damage}", "error")
        self.changed(frozenset())

    def show(self, topics: frozenset[Topic]) -> None:
        """The place one is at."""
        reel = self._reel
        empty = reel is None or not reel.player.all_statements
        state = self.query_one("#state", Document)
        state.display = empty
        self.query_one("#panes").display = not empty
        self.query_one("#about").refresh()
        self.query_one("#timeline").refresh()
        if empty or reel is None:
            state.show(self._nothing())
            return
        self.table.tick()
        if reel.current >= 0:
            self.table.select(str(reel.current))
        found = self.current
        frame, evidence = self.query_one("#frame", Document), self.query_one("#evidence", Document)
        has_evidence = self.has_class("wide")
        evidence.display = has_evidence
        if found is not None:
            frame.fold(lambda cells: statement.frame(found, cells, has_evidence))
            evidence.fold(partial(statement.evidence, found))
        else:
            frame.fold(lambda cells: [line(("before the first statement", "dim"))])
            evidence.fold(lambda cells: [])

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        """Another statement was chosen: to its end."""
        reel = self._reel
        if reel is not None and event.key is not None and event.by_hand:
            reel.show(int(event.key))
            self.query_one("#frame", Document).action_top()
            self.show(frozenset())

    def on_live_table_opened(self) -> None:
        """A second click reads."""
        self.action_read()

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """A time to go to, or words to find."""
        if not event.done:
            return
        self.table.focus()
        if event.purpose == "goto" and event.value:
            self._goto(event.value)
        elif event.purpose == "search" and event.value:
            self._words = event.value
            self._find(1)

    def on_click(self, event: events.Click) -> None:
        """A click on the timeline goes there."""
        reel = self._reel
        if reel is not None and event.widget is self.query_one("#timeline"):
            room = max(self.size.width - 26, 1)
            reel.seek(max(event.x - 8, 0) / room * reel.player.duration)
            self.show(frozenset())

    def labels(self) -> dict[str, str]:
        """What plays can be paused."""
        return {"play": "pause"} if self._reel is not None and self._reel.is_playing else {}

    def action_play(self) -> None:
        """Play or pause; at the end, from the start."""
        reel = self._reel
        if reel is not None and reel.player.frames:
            if reel.player.is_at_end and not reel.is_playing:
                reel.seek(0.0)
            reel.is_playing = not reel.is_playing
            self.changed(frozenset())

    def action_step(self) -> None:
        """One frame on."""
        self._step(1)

    def action_back_step(self) -> None:
        """One frame back."""
        self._step(-1)

    def action_next_marker(self) -> None:
        """To the next marker."""
        self._mark(forward=True)

    def action_previous_marker(self) -> None:
        """To the marker before."""
        self._mark(forward=False)

    def action_slower(self) -> None:
        """Half the speed."""
        self._speed(0.5)

    def action_faster(self) -> None:
        """Twice the speed."""
        self._speed(2.0)

    def action_goto(self) -> None:
        """Ask for a time."""
        self.query_one(Prompt).open("goto", "go to", "", "1:30, or seconds")

    def action_search(self) -> None:
        """Ask for words."""
        self.query_one(Prompt).open("search", "/", self._words, "words in a statement, its rule or its error")

    def action_next_match(self) -> None:
        """The next that matches."""
        self._find(1)

    def action_previous_match(self) -> None:
        """The one before that matches."""
        self._find(-1)

    def action_read(self) -> None:
        """The statement and its rows on a screen of their own."""
        found = self.current
        if found is not None:
            title = f"statement {found.number} · {clean(found.verb, 40)}"
            self.app.push_screen(Reader(title, found.text, partial(statement.whole, found)))

    def action_recordings(self) -> None:
        """Pick another."""
        if self.console.link is None:
            self.console.say("only this file is open; start the console with an engine to pick from its recordings")
        else:
            self.console.action_mode("replay")
            self.console.home()

    def copied(self) -> tuple[str, str]:
        """The statement."""
        found = self.current
        return (found.text, "the statement") if found else ("", "")

    def _step(self, by: int) -> None:
        if self._reel is not None:
            self._reel.is_playing = False
            self._reel.step(by)
            self.changed(frozenset())

    def _mark(self, *, forward: bool) -> None:
        reel = self._reel
        if reel is not None:
            reel.is_playing = False
            if not reel.mark(forward=forward):
                self.console.say(f"no marker {'after' if forward else 'before'} this place")
            self.changed(frozenset())

    def _speed(self, factor: float) -> None:
        if self._reel is not None:
            self._reel.speed = min(max(self._reel.speed * factor, _SLOWEST), _FASTEST)
            self.query_one("#timeline").refresh()

    def _goto(self, value: str) -> None:
        reel = self._reel
        try:
            parts = [float(part) for part in value.split(":")]
        except ValueError:
            self.console.say(f"{value} is no time; write 1:30, or seconds", "warning")
            return
        if reel is not None:
            seconds = 0.0
            for part in parts:
                seconds = seconds * 60 + part
            reel.seek(seconds)
            self.changed(frozenset())

    def _find(self, by: int) -> None:
        reel = self._reel
        if reel is None or not self._words or not reel.player.all_statements:
            return
        found = reel.find(self._words, by)
        if found is None:
            self.console.say(f"no statement has: {self._words}", "warning")
        else:
            reel.show(found)
            self.changed(frozenset())

    def _play_on(self) -> None:
        reel = self._reel
        if reel is None or not reel.is_playing or not self.is_ready or self.console.front is not self:
            return
        if reel.advance(_TICK):
            self.show(frozenset())
        if reel.player.is_at_end:
            reel.is_playing = False
            self.changed(frozenset())
        self.query_one("#timeline").refresh()

    def _row(self, key: str) -> dict[str, Line]:
        reel = self._reel
        if reel is None:
            return {}
        index = int(key)
        cells = statement.row(reel.listed(index))
        if not reel.has_begun(index):
            return {
                name: tuple(Span(span.text, "faint") for span in spans)
                for name, spans in cells.items()
                if name in ("number", "verb")
            }
        return cells

    def _about(self, cells: int) -> Line:
        reel = self._reel
        name = self._source.name if isinstance(self._source, Path) else self._source
        if reel is None:
            return line(" ", (clean(name, 200), "dim"))
        head = reel.header
        opened = str(head.get("opened") or "")
        try:
            since = phrases.local_date(opened, self.console.now()) if opened else ""
        except ValueError:
            since = ""
        facts = joined(
            (
                line(
                    (clean(str(head.get("identity") or "?"), 60), "strong"),
                    (" on ", "dim"),
                    (clean(str(head.get("target") or "?"), 60), "bright"),
                ),
                line((since, "dim")) if since else BLANK,
                line((phrases.plural(len(reel.player.all_statements), "statement"), "dim")),
                line(("only observed", "amber")) if head.get("mode") == "observe" else BLANK,
                line((clean(str(head.get("session") or name), 60), "dim")),
            )
        )
        return (Span(" "), *facts)

    def _timeline(self, cells: int) -> Line:
        return timeline(self._reel, cells) if self._reel is not None else BLANK

    def _nothing(self) -> list[Line]:
        name = str(self._source)
        if self._cause:
            return chrome.broken("This recording cannot be replayed", self._cause, "q", "back")
        if self._reel is None:
            return chrome.loading("reading the recording", name)
        return chrome.empty(
            "No statement in this recording", "the session opened and closed without running any", "q", "back"
        )
