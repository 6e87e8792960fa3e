"""What a recording says of each statement, and of one statement at one moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from replay import streams
from replay.cells import Rows, display
from replay.format import Frame, RowBatch


@dataclass(slots=True)
class Summary:
    """One statement in the list: where its frames lie, how it was decided and how it ended."""

    number: int
    operation: str
    begins: int  # the number of its `q` frame
    at: float
    verb: str
    verdict: str
    rule: str
    ends: int | None = None  # the number of its `e` frame
    ended: float | None = None
    status: str = ""
    tag: str = ""
    rows: int = 0
    changed: int | None = None
    masked: int = 0
    was_reviewed: bool = False
    events: list[int] = field(default_factory=list)  # the numbers of its frames that are not rows


@dataclass(frozen=True, slots=True)
class Marker:
    """A frame worth jumping to. `kind` is denial, review, mask, error, gap, resize, or line: one typed into a shell."""

    position: int
    at: float
    kind: str
    label: str
    operation: str


@dataclass(slots=True)
class Statement:
    """One statement as far as it has come: the last `window` of its rows, and how many there were in all."""

    operation: str
    at: float
    verb: str = ""
    text: str = ""
    effects: list[list[str]] = field(default_factory=list)
    verdict: str = ""
    rule: str = ""
    reason: str = ""
    parameters: list[str | None] = field(default_factory=list)
    reviews: list[dict[str, Any]] = field(default_factory=list)
    columns: list[dict[str, Any]] = field(default_factory=list)
    rows: deque[list[str | None]] = field(default_factory=deque)
    total: int = 0  # rows received so far
    notices: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[dict[str, Any]] = field(default_factory=list)
    outcome: dict[str, Any] | None = None
    ended: float | None = None

    @property
    def state(self) -> str:
        """held, running, or its outcome's status."""
        if self.outcome is not None:
            return str(self.outcome.get("status", ""))
        return "held" if self.reviews and self.reviews[-1].get("state") == "pending" else "running"

    @property
    def first_row(self) -> int:
        """The number, from 0, of the first row in the window."""
        return self.total - len(self.rows)


class Unfolding:
    """Applies one statement's frames in order."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._cells = Rows()
        self._lines = streams.Joined()
        self.statement: Statement | None = None

    def apply(self, frame: Frame) -> None:
        """Take one frame of the statement; the first is its `q`."""
        data = frame.data
        if isinstance(data, RowBatch):
            self._rows(data)
            return
        if frame.code == "q":
            self.statement = _begin(frame.at, data, self._window)
        statement = self.statement
        if statement is None:
            return
        match frame.code:
            case "w":
                statement.reviews.append({**data, "at": frame.at})
            case "c":
                statement.columns = [each for each in _list(data.get("columns")) if isinstance(each, dict)]
            case "n":
                statement.notices.append({**data, "at": frame.at})
            case "g":
                statement.gaps.append({**data, "at": frame.at})
            case "e":
                statement.outcome, statement.ended = data, frame.at

    def _rows(self, batch: RowBatch) -> None:
        statement = self.statement
        if statement is None or batch.kind == "input":
            return
        if not batch.continues:
            self._skip(batch.before)
        statement.total = max(statement.total, batch.before + batch.rows)
        if batch.kind in streams.KINDS:
            self._lines.extend(statement.rows, batch.cells)
            statement.total = batch.before + batch.rows + self._lines.is_open
            return
        statement.rows.extend(self._decode(batch, statement.columns))

    def _skip(self, before: int) -> None:
        """Rows between the window and this batch were not applied: the window begins anew."""
        statement = self.statement
        if statement is not None and before > statement.total:
            statement.rows.clear()
            self._cells = Rows()
            self._lines = streams.Joined()

    def _decode(self, batch: RowBatch, columns: Sequence[dict[str, Any]]) -> list[list[str | None]]:
        if batch.kind == "copy":
            return copy_rows(batch.cells)
        try:
            return [display(row, columns) for row in self._cells.feed(batch.cells)]
        except ValueError:
            self._cells = Rows()
            return [["(cells that do not read)"]]


def copy_rows(cells: bytes) -> list[list[str | None]]:
    """Lines of COPY's text format as one cell each; binary data as hexadecimal."""
    if cells.startswith(b"PGCOPY\n\xff\r\n\0") or b"\0" in cells:
        return [["\\x" + cells.hex()]]
    return [[line] for line in cells.decode("utf-8", "backslashreplace").removesuffix("\n").split("\n")]


def _begin(at: float, data: dict[str, Any], window: int) -> Statement:
    return Statement(
        operation=str(data.get("operation", "")),
        at=at,
        verb=str(data.get("verb", "")),
        text=str(data.get("text", "")),
        effects=[[str(part) for part in pair] for pair in _list(data.get("effects")) if isinstance(pair, list)],
        verdict=str(data.get("verdict", "")),
        rule=str(data.get("rule") or ""),
        reason=str(data.get("reason") or ""),
        parameters=[None if each is None else str(each) for each in _list(data.get("parameters"))],
        rows=deque(maxlen=window),
    )


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
