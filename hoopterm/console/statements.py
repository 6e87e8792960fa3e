"""A session's frames folded into its statements, as they are watched or replayed."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from replay import streams
from replay.cells import Rows, display
from replay.format import Frame, RowBatch

KEPT_ROWS = 1000  # of each answer, for reading; the recording has them all
MOST_STATEMENTS = 20_000


@dataclass(slots=True)
class Statement:
    """One operation, as far as the frames have told."""

    operation: str
    number: int
    at: float
    verb: str = ""
    text: str = ""
    effects: list[tuple[str, str]] = field(default_factory=list)
    parameters: list[str | None] = field(default_factory=list)
    verdict: str = ""
    rule: str = ""
    reason: str = ""
    review: str = ""
    review_state: str = ""
    review_by: str = ""
    review_reason: str = ""
    review_at: float | None = None  # when it came to its present state
    columns: list[dict[str, Any]] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    first_row: int = 0  # how many rows came before `rows`
    delivered: int = 0  # rows seen so far
    is_terminal: bool = False  # its output is a screen, not rows
    ended: float | None = None
    status: str = ""
    tag: str = ""
    changed: int | None = None
    masked: int = 0
    error: str = ""
    notices: list[str] = field(default_factory=list)
    gap: str = ""
    version: int = 0  # grows with every change
    cells: Rows = field(default_factory=Rows)
    lines: streams.Joined = field(default_factory=streams.Joined)

    @property
    def state(self) -> str:
        """One word: held, running, denied, completed, failed, cancelled, lost."""
        if self.status:
            return self.status
        if self.review_state == "pending":
            return "held"
        return "denied" if self.verdict == "deny" else "running"

    @property
    def was_reviewed(self) -> bool:
        """Whether people decided it."""
        return bool(self.review) or self.verdict == "review"

    @property
    def lasted(self) -> float | None:
        """Seconds from its begin to its end."""
        return None if self.ended is None else max(self.ended - self.at, 0.0)


class Conversation:
    """The statements of one session. Feed it frames in their order."""

    def __init__(self, *, most: int = MOST_STATEMENTS) -> None:
        self.statements: list[Statement] = []
        self._most = most
        self.state = "opened"
        self.reason = ""
        self.at = 0.0
        self._open: dict[str, Statement] = {}
        self._count = 0

    def apply(self, frame: Frame) -> Statement | None:
        """Take in one frame; gives the statement that it changed."""
        self.at = max(self.at, frame.at)
        data = frame.data
        if isinstance(data, RowBatch):
            return self._rows(data)
        if frame.code == "s":
            self.state, self.reason = _text(data, "state") or self.state, _text(data, "reason")
            return None
        found = self._begin(frame.at, data) if frame.code == "q" else self._open.get(_text(data, "operation"))
        if frame.code == "g" and found is None:
            found = self.statements[-1] if self.statements else None
        if found is None:
            return None
        found.version += 1
        match frame.code:
            case "w":
                _review(found, frame.at, data)
            case "c":
                found.columns = [column for column in data.get("columns") or [] if isinstance(column, dict)]
            case "e":
                self._end(found, frame.at, data)
            case "n":
                severity, message = _text(data, "severity"), _text(data, "message")
                found.notices.append(f"{severity}: {message}" if severity else message)
            case "t":
                found.is_terminal = True
            case "g":
                found.gap = _text(data, "why") or "frames are missing"
        return found

    def _begin(self, at: float, data: Mapping[str, Any]) -> Statement:
        self._count += 1
        found = Statement(
            operation=_text(data, "operation"),
            number=self._count,
            at=at,
            verb=_text(data, "verb"),
            text=_text(data, "text"),
            effects=[(str(pair[0]), str(pair[1])) for pair in data.get("effects") or [] if len(pair) > 1],
            parameters=[None if value is None else _value(value) for value in data.get("parameters") or []],
            verdict=_text(data, "verdict"),
            rule=_text(data, "rule"),
            reason=_text(data, "reason"),
        )
        self.statements.append(found)
        self._open[found.operation] = found
        if len(self.statements) > self._most:
            self._forget()
        return found

    def _forget(self) -> None:
        """Drop the oldest half: a session of days must not grow without bound here."""
        old, self.statements = self.statements[: self._most // 2], self.statements[self._most // 2 :]
        for statement in old:
            if self._open.get(statement.operation) is statement:
                del self._open[statement.operation]

    def _rows(self, batch: RowBatch) -> Statement | None:
        found = self._open.get(batch.operation)
        if found is None:
            return None
        found.version += 1
        if batch.kind in streams.KINDS:
            return _streamed(found, batch)
        found.delivered += batch.rows
        if batch.kind != "rows":
            room = KEPT_ROWS - len(found.rows)
            lines = batch.cells[: 1 << 20].split(b"\n")[: max(room, 0)]
            texts = (line.decode("utf-8", "backslashreplace") for line in lines if line)
            found.rows += [copied(text, len(found.columns)) for text in texts]
            return found
        if len(found.rows) < KEPT_ROWS and batch.cells:
            try:
                for row in found.cells.feed(batch.cells):
                    if len(found.rows) >= KEPT_ROWS:
                        break
                    found.rows.append(display(row, found.columns))
            except ValueError:
                found.gap = "rows that could not be read"
        return found

    def _end(self, found: Statement, at: float, data: Mapping[str, Any]) -> None:
        found.ended = at
        found.status = _text(data, "status") or "completed"
        found.tag = _text(data, "tag")
        found.error = _text(data, "error")
        changed, masked, rows = data.get("changed"), data.get("masked"), data.get("rows")
        found.changed = changed if isinstance(changed, int) else None
        found.masked = masked if isinstance(masked, int) else 0
        found.delivered = rows if isinstance(rows, int) else found.delivered
        self._open.pop(found.operation, None)


def _streamed(found: Statement, batch: RowBatch) -> Statement:
    """What was typed is seen in what a terminal shows."""
    if batch.kind != "input" and not found.is_terminal:
        found.delivered += batch.rows
        if len(found.rows) < KEPT_ROWS:
            found.lines.extend(found.rows, batch.cells[: 1 << 20])
            del found.rows[KEPT_ROWS:]
    return found


def copied(line: str, count: int) -> list[str | None]:
    """A line of COPY as values, by the text format or as CSV, whichever gives as many as there are columns.

    Else the line is one value; with no columns known, the text format is taken for granted.
    """
    values = line.split("\t")
    if len(values) == count or (not count and len(values) > 1):
        return [None if value == "\\N" else value for value in values]
    try:
        values = next(csv.reader([line], strict=True), [])
    except csv.Error:
        return [line]
    return [*values] if len(values) == count else [line]


def _review(found: Statement, at: float, data: Mapping[str, Any]) -> None:
    found.review = _text(data, "review") or found.review
    found.review_state = _text(data, "state") or found.review_state
    found.review_by = _text(data, "by") or found.review_by
    found.review_at = at
    if found.review_state != "pending":
        found.review_reason = _text(data, "reason") or found.review_reason


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return "" if value is None else str(value)


def _value(value: object) -> str:
    """A parameter: a text, or a mapping with its type and value."""
    if isinstance(value, Mapping):
        return str(value.get("value"))
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return str(value[-1])
    return str(value)
