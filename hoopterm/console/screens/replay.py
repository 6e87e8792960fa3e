"""One recording: its statements on the left, the frame in the middle, the evidence on the right, time at the foot."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path

from textual import events, work
from textual.containers import Horizontal
from textual.widget import Widget

from hoopterm.console import phrases
from hoopterm.console.actions import Scope, bindings
from hoopterm.console.exporting import Wanted
from hoopterm.console.lines import BLANK, Line, Span, ends, line
from hoopterm.console.reel import Reel
from hoopterm.console.screens.evidence import Evidence, ask, open_entry
from hoopterm.console.screens.export import Export
from hoopterm.console.screens.playing import TICK, Playing
from hoopterm.console.screens.reader import Reader
from hoopterm.console.screens.rows import Rows
from hoopterm.console.sealed import Sealed, Seals
from hoopterm.console.statements import Statement
from hoopterm.console.store import Topic
from hoopterm.console.text import clean
from hoopterm.console.views import recording, statement, terminal
from hoopterm.console.views.sealed import sealed
from hoopterm.console.views.timeline import timeline
from hoopterm.console.widgets.bars import Bar
from hoopterm.console.widgets.document import Document
from hoopterm.console.widgets.grid import Grid, Still
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
_REST = 0.3  # seconds between two looks at whether one stays at an operation: then the log is asked of it
_LIST, _EVIDENCE = 30, 50  # cells that the panes beside a terminal take


class Replay(Playing):
    """Step, play and jump through what happened."""

    MODE = "replay"
    SCOPES = (Scope.REPLAY, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)
    AUTO_FOCUS = "#statements"

    def __init__(self, source: Path | str, operation: str | None = None) -> None:
        """`operation`: where to begin."""
        super().__init__()
        self._source = source
        self._operation = operation
        self._cause = ""
        self._seals = Seals("")
        self._at = ""  # the operation one was at a moment ago
        self._answer: tuple[str, Sealed | None] = ("", None)  # the operation that the log was asked of last

    def body(self) -> Iterable[Widget]:
        """What it is of, then list, frame and evidence, then time."""
        yield Bar(self._about, id="about")
        yield Document(id="state")
        with Horizontal(id="panes"):
            yield LiveTable(COLUMNS, self._row, id="statements", titles=False)
            yield Grid(id="grid")
            yield Document(id="frame")
            yield Document(id="evidence")
        yield Bar(self._timeline, id="timeline")

    def on_mount(self) -> None:
        """Read it; a long one takes a moment, and the screen stays alive."""
        self._load()
        self.set_interval(TICK, self._play_on)
        self.set_interval(_REST, self._seal)

    def on_unmount(self) -> None:
        """Let go of the file."""
        self._is_left = True
        if self._reel is not None:
            self._reel.close()

    @property
    def table(self) -> LiveTable:
        """The statements."""
        return self.query_one("#statements", LiveTable)

    @property
    def grid(self) -> Grid:
        """The terminal."""
        return self.query_one("#grid", Grid)

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
            self._cause = problem.sentence
        except (Damaged, OSError) as problem:
            self._cause = str(problem)
        else:
            if not self.is_ready:
                reel.close()
                return
            self._reel = reel
            self._seals = Seals(str(reel.header.get("session") or self._source))
            reel.begin()
            if self._operation is not None:
                reel.show_operation(self._operation)
            self.table.show([str(index) for index in range(len(self._reel.summaries))])
            if self._reel.damage:
                self.console.say(f"the recording does not read to its end: {self._reel.damage}", "error")
            self._index(reel)
        self.changed(frozenset())

    @work(name="index")
    async def _index(self, reel: Reel) -> None:
        """Make the index of terminals whole, and show what waited for it."""
        waited = not reel.is_indexed
        with contextlib.suppress(Damaged, OSError):  # what cannot be read cannot be shown either
            while reel.indexed < 1 and not self._is_left:
                await asyncio.to_thread(reel.index)
                if waited:
                    self.changed(frozenset())
                waited = not reel.is_indexed

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
            state.show(recording.nothing(reel, self._title, self._cause))
            return
        self.table.tick()
        if reel.current >= 0:
            self.table.select(str(reel.current))
        self._show_frame(reel)

    def _show_frame(self, reel: Reel) -> None:
        found, still = self.current, None if self._is_listed else reel.still
        grid, frame, evidence = self.grid, self.query_one("#frame", Document), self.query_one("#evidence", Document)
        is_terminal = still is not None or (not self._is_listed and not reel.is_indexed)
        had_focus = self.table.has_focus or grid.has_focus
        self._arrange(still)
        grid.display, frame.display = still is not None, still is None
        if had_focus and is_terminal is not grid.has_focus:
            (grid if grid.display else self.table).focus()
        grid.show(still)
        if still is not None and found is not None:
            evidence.fold(partial(self._evidence, found))
        elif not reel.is_indexed and is_terminal:
            frame.fold(lambda cells: terminal.indexing(reel.indexed))
        elif found is not None:
            has_evidence = evidence.display
            frame.fold(lambda cells: statement.frame(found, cells, has_evidence))
            evidence.fold(partial(self._evidence, found))
        else:
            frame.fold(lambda cells: [line(("before the first statement", "dim"))])
            evidence.fold(lambda cells: [])

    @property
    def _subject(self) -> Statement | None:
        """The operation that the log is asked of: beside a terminal the line one is at."""
        return (self._reel.line if self._reel is not None else None) or self.current

    def _evidence(self, found: Statement, cells: int, *, seal: bool = True) -> list[Line]:
        reel, still = self._reel, self.grid.still if self.grid.display else None
        subject = self._subject
        lines = sealed(self._sealed(subject.operation), cells) if seal and subject is not None else []
        if still is None or reel is None:
            return [*statement.evidence(found, cells, self._clock), *lines]
        return terminal.evidence(found, reel.line, still, reel.typed, cells, lines)

    def _clock(self, at: float) -> str:
        """The local time of a moment of the recording, where it says when it began."""
        try:
            opened = phrases.when(str(self._reel.header.get("opened") if self._reel is not None else ""))
        except ValueError:
            return phrases.timecode(at)
        return (opened + timedelta(seconds=at)).astimezone().strftime("%H:%M:%S")

    def _sealed(self, operation: str) -> Sealed | None:
        asked, answer = self._answer
        return self._seals.of(operation) or (answer if asked == operation else None)

    def _seal(self) -> None:
        """Ask the log of the operation one rests at, once: every search is an entry of the log itself."""
        subject, reel = self._subject, self._reel
        if subject is None or reel is None or reel.is_playing or not self.query_one("#evidence").display:
            return
        rests, self._at = self._at == subject.operation, subject.operation
        if rests and self._answer[0] != subject.operation:
            self._answer = (subject.operation, self._seals.of(subject.operation))
            if self._answer[1] is None:
                self._ask(subject.operation)

    @work(name="seal", exclusive=True, group="seal")
    async def _ask(self, operation: str) -> None:
        self._answer = (operation, await ask(self, self._seals, operation))
        if self.is_ready:
            self.show(frozenset())

    def action_evidence(self) -> None:
        """All that is known of the operation one is at."""
        found = self.current
        if found is not None:
            subject = self._subject or found
            self.app.push_screen(Evidence(subject, self._seals, partial(self._evidence, found, seal=False)))

    @work(name="entry", exclusive=True, group="seal")
    async def action_entry(self) -> None:
        """The operation's entry of the log, whole."""
        subject = self._subject
        if subject is not None:
            open_entry(self, await ask(self, self._seals, subject.operation))

    def action_export(self) -> None:
        """Which form, to which file."""
        reel = self._reel
        if reel is not None:
            reel.is_playing = False
            operation = reel.terminal.operation if reel.terminal is not None else None
            session = str(reel.header.get("session") or "recording")
            source = str(self._source)
            self.app.push_screen(Export(reel.path, Wanted(session, source, operation, reel.player.at)))

    def _arrange(self, still: Still | None) -> None:
        """A terminal has its width first; the list and then the evidence stand beside it where there is room."""
        width, is_wide = self.size.width, self.has_class("wide")
        beside = width - still.columns if still is not None else width
        self.set_class(still is not None, "terminal")
        self.set_class(self.size.height < 30, "tight")
        self.table.display = still is None or beside >= _LIST
        self.query_one("#evidence", Document).display = is_wide and (still is None or beside >= _LIST + _EVIDENCE)

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        """Another statement was chosen: to its end."""
        reel = self._reel
        if reel is not None and event.key is not None and event.by_hand:
            reel.show(int(event.key))
            self._is_listed = False
            self.query_one("#frame", Document).action_top()
            self.show(frozenset())

    def on_live_table_opened(self) -> None:
        """A second click reads."""
        self.action_read()

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """A time to go to, or words to find."""
        if not event.done:
            return
        (self.grid if self.grid.display else self.table).focus()
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

    def action_view(self) -> None:
        """The terminal, or the list of statements."""
        if self._reel is not None and self._reel.terminal is None and not self._is_listed:
            self.console.say("there is no terminal at this place", "warning")
            return
        self._is_listed = not self._is_listed
        self.changed(frozenset())

    def on_grid_panned(self) -> None:
        """Another part of the terminal is shown, and said to be."""
        self.query_one("#about").refresh()

    def action_read(self) -> None:
        """The statement and its rows on a screen of their own."""
        found = self.current
        if found is not None:
            title = f"statement {found.number} · {clean(found.verb, 40)}"
            self.app.push_screen(Reader(title, found.text, partial(statement.whole, found)))

    def action_rows(self) -> None:
        """Every row of its answer."""
        reel = self._reel
        if reel is not None and (summary := reel.player.current) is not None:
            stop = len(reel.player.frames) - 1 if summary.ends is None else summary.ends
            reel.is_playing = False
            self.app.push_screen(Rows(reel.path, summary, stop))

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
        if reel is None:
            return line(" ", (clean(self._title, 200), "dim"))
        left = recording.about(reel, self._title, self.console.now())
        still = self.grid.still if self.grid.display else None
        if still is not None and (found := reel.line) is not None and not self.query_one("#evidence").display:
            left = terminal.told(found)
        return left if still is None else ends(left, terminal.about(still, self.grid.crop), cells)

    def _timeline(self, cells: int) -> Line:
        return timeline(self._reel, cells) if self._reel is not None else BLANK

    @property
    def _title(self) -> str:
        return self._source.name if isinstance(self._source, Path) else self._source
