"""Every row of an answer in a table, however many there are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from textual import work
from textual.widget import Widget

from hoopterm.console import phrases
from hoopterm.console.actions import Scope, bindings
from hoopterm.console.lines import Line, Span, measure
from hoopterm.console.screens.page import Page
from hoopterm.console.store import Topic
from hoopterm.console.text import clean, width
from hoopterm.console.views import chrome
from hoopterm.console.views.cells import cell
from hoopterm.console.widgets.bars import Rule
from hoopterm.console.widgets.document import Document
from hoopterm.console.widgets.live_table import Column, LiveTable
from replay.answers import Answer
from replay.format import Damaged
from replay.index import Recording
from replay.statements import Summary

_LOOKED_AT = 100  # first and last rows that say how wide the columns are
_WIDEST = 48


class Rows(Page):
    """The rows, masked as they were sent; only those on the screen are decoded."""

    MODE = "replay"
    SCOPES = (Scope.READER, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)

    def __init__(self, path: Path, summary: Summary, stop: int) -> None:
        """`stop`: the place in the recording where the operation ends."""
        super().__init__()
        self._path, self._summary, self._stop = path, summary, stop
        self._recording: Recording | None = None
        self._answer: Answer | None = None
        self._cause = ""
        self._is_left = False

    def body(self) -> Iterable[Widget]:
        """A title and the table, or why there is none."""
        yield Rule(self._title, id="rule")
        yield Document(id="state")

    def on_mount(self) -> None:
        """Find the rows; many take a moment, and the screen stays alive."""
        self._load()

    def on_unmount(self) -> None:
        """Let go of the file."""
        self._is_left = True
        if self._recording is not None:
            self._recording.close()

    @work(name="rows", exclusive=True)
    async def _load(self) -> None:
        try:
            recording, answer = await asyncio.to_thread(self._read)
        except (Damaged, OSError) as problem:
            self._cause = str(problem)
        else:
            if not self.is_ready:
                recording.close()
                return
            self._recording, self._answer = recording, answer
            if answer.count:
                table = LiveTable(self._columns(answer), self._row, id="list")
                await self.mount(table, after="#rule")
                table.show([str(number) for number in range(answer.count)])
                table.focus()
        self.changed(frozenset())

    def _read(self) -> tuple[Recording, Answer]:
        recording = Recording.open(self._path)
        try:
            found = self._summary
            answer = Answer(recording, found.operation, found.begins, self._stop, lambda: not self._is_left)
        except BaseException:
            recording.close()
            raise
        return recording, answer

    def show(self, topics: frozenset[Topic]) -> None:
        """The table, or why there is none."""
        state = self.query_one("#state", Document)
        state.display = self._answer is None or not self._answer.count
        if state.display:
            state.show(self._nothing())
        self.query_one("#rule").refresh()

    def _columns(self, answer: Answer) -> list[Column]:
        out = [Column("#", "", len(str(answer.count)), right=True)]
        ends = {*range(min(answer.count, _LOOKED_AT)), *range(max(answer.count - _LOOKED_AT, 0), answer.count)}
        rows = [self._shown(number) for number in sorted(ends)]
        for at in range(max(map(len, rows))):
            name = clean(str(answer.columns[at].get("name") or ""), _WIDEST) if at < len(answer.columns) else ""
            widest = max(width(name), *(measure(row[at]) for row in rows if at < len(row)))
            out.append(Column(str(at), name, min(max(widest, 4), _WIDEST), drop=at, flex=1))
        return out

    def _shown(self, number: int) -> list[Line]:
        answer, recording = self._answer, self._recording
        if answer is None or recording is None:
            return []
        masked = [bool(column.get("masked")) for column in answer.columns]
        row = answer.row(recording, number)
        return [cell(value, at < len(masked) and masked[at]) for at, value in enumerate(row)]

    def _row(self, key: str) -> dict[str, Line]:
        try:
            cells = self._shown(int(key))
        except (Damaged, OSError, ValueError, IndexError):
            return {"0": (Span("✗ it does not read", "danger"),)}
        return {"#": (Span(str(int(key) + 1), "faint"),)} | {str(at): line for at, line in enumerate(cells)}

    def copied(self) -> tuple[str, str]:
        """The row, as it was sent: masked."""
        for table in self.query(LiveTable):
            if self._answer is not None and self._recording is not None and table.cursor is not None:
                row = self._answer.row(self._recording, int(table.cursor))
                return "\t".join("\\N" if value is None else value for value in row), "the row"
        return "", ""

    def _title(self) -> str:
        what = f"statement {self._summary.number} · {clean(self._summary.verb, 40)}"
        if self._answer is None:
            return what
        more = "" if self._answer.is_whole else " · there are more: export has them all"
        return f"{what} · {phrases.plural(self._answer.count, 'row')}{more}"

    def _nothing(self) -> list[Line]:
        if self._cause:
            return chrome.broken("The rows cannot be shown", self._cause, "q", "back")
        if self._answer is None:
            return chrome.loading("reading the rows", clean(self._summary.verb, 40))
        return chrome.empty("No rows here", "this operation answered with no table, or not yet", "q", "back")
