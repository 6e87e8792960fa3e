"""A session's frames as lines for people: what was asked, what was decided, what was answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.text import Text

from hoopterm.cli.output import badge, say, styled
from hoopterm.console.phrases import lasted, plural, timecode
from hoopterm.console.text import clean, clean_block, cut, width
from replay import streams
from replay.cells import Rows, display
from replay.format import Frame, RowBatch
from replay.statements import copy_rows

_INDENT = "         "
_WIDEST_CELL = 32
_NULL = "∅"


@dataclass(slots=True)
class _Answer:
    """One operation's answer as far as it has come."""

    began: float
    columns: Sequence[dict[str, Any]] = ()
    rows: Rows = field(default_factory=Rows)
    widths: list[int] = field(default_factory=list)
    shown: int = 0
    passed_over: int = 0


class Transcript:
    """Frames in, lines out; of each answer at most `most` rows are shown."""

    def __init__(self, most: int = 20) -> None:
        self._most = most
        self._answers: dict[str, _Answer] = {}

    def print(self, frame: Frame) -> None:
        """Print what a frame adds."""
        for parts in self.lines(frame):
            say(*parts)

    def lines(self, frame: Frame) -> Iterator[tuple[str | Text, ...]]:
        """What a frame adds, line by line."""
        if isinstance(frame.data, RowBatch):
            yield from self._rows(frame.at, frame.data)
            return
        data = frame.data
        match frame.code:
            case "q":
                yield from self._begin(frame.at, data)
            case "c":
                self._answer(frame.at, data).columns = data.get("columns") or ()
            case "t":
                yield _INDENT, styled(f"terminal {data.get('cols')} × {data.get('rows')}", "dim")
            case "w":
                yield self._review(frame.at, data)
            case "e":
                yield from self._end(frame.at, data)
            case "n":
                yield _INDENT, styled(f"{data.get('severity', 'NOTICE')}: {data.get('message', '')}", "dim")
            case "g":
                yield _INDENT, styled(f"… {_gap(data)}", "dim")
            case "s":
                reason = f": {data['reason']}" if data.get("reason") else ""
                yield _stamp(frame.at), styled(f"session {data.get('state', '')}{reason}", "bold")
            case _:
                yield _stamp(frame.at), styled(f"a frame of a later version: {frame.code}", "dim")

    def _answer(self, at: float, data: dict[str, Any]) -> _Answer:
        return self._answers.setdefault(str(data.get("operation", "")), _Answer(at))

    def _begin(self, at: float, data: dict[str, Any]) -> Iterator[tuple[str | Text, ...]]:
        self._answer(at, data)
        rule = f" by {data['rule']}" if data.get("rule") else ""
        yield (
            _stamp(at),
            styled(f"{data.get('verb', '')}  ", "bold"),
            badge(str(data.get("verdict", ""))),
            styled(f"{rule}{_because(data)}", "dim"),
        )
        for line in clean_block(str(data.get("text", ""))):
            yield _INDENT, line
        for index, parameter in enumerate(data.get("parameters") or (), 1):
            yield _INDENT, styled(f"${index} = {_value(parameter)}", "dim")

    def _review(self, at: float, data: dict[str, Any]) -> tuple[str | Text, ...]:
        by = f" by {', '.join(map(str, data['by']))}" if data.get("by") else ""
        reason = f": {data['reason']}" if data.get("reason") else ""
        return _stamp(at), "review  ", badge(str(data.get("state", ""))), f"  {data.get('review', '')}{by}{reason}"

    def _end(self, at: float, data: dict[str, Any]) -> Iterator[tuple[str | Text, ...]]:
        answer = self._answers.pop(str(data.get("operation", "")), _Answer(at))
        if answer.passed_over:
            yield _INDENT, styled(f"… {plural(answer.passed_over, 'more row')}: --rows 0 shows all", "dim")
        facts = [
            str(data.get("tag") or ""),
            plural(data["rows"], "row") if data.get("rows") else "",
            f"{data['changed']:,} changed" if data.get("changed") is not None else "",
            f"{data['masked']:,} masked" if data.get("masked") else "",
            lasted(max(at - answer.began, 0.0)),
            str(data.get("error") or ""),
        ]
        yield _INDENT, badge(str(data.get("status", ""))), f"  {' · '.join(filter(None, facts))}"

    def _rows(self, at: float, batch: RowBatch) -> Iterator[tuple[str | Text, ...]]:
        answer = self._answers.setdefault(batch.operation, _Answer(at))
        if answer.shown >= self._most:
            answer.passed_over += batch.rows
            return
        if batch.kind in streams.KINDS:
            lines = streams.told(batch.cells, batch.kind)
            room = self._most - answer.shown
            yield from ((_INDENT, clean(line)) for line in lines[:room])
            answer.shown += len(lines[:room])
            answer.passed_over += len(lines[room:])
            return
        fresh = list(self._decoded(answer, batch))
        room = self._most - answer.shown
        if answer.shown == 0 and fresh and answer.columns:
            names = [str(column.get("name", "")) for column in answer.columns]
            answer.widths = _widths([names, *fresh[:room]])
            yield _INDENT, styled(_joined(names, answer.widths), "dim")
        for row in fresh[:room]:
            yield _INDENT, _joined(row, answer.widths)
        answer.shown += len(fresh[:room])
        answer.passed_over += len(fresh[room:])

    def _decoded(self, answer: _Answer, batch: RowBatch) -> Iterator[list[str]]:
        if batch.kind == "copy":
            yield from ([_value(cell) for cell in line] for line in copy_rows(batch.cells))
            return
        try:
            for row in answer.rows.feed(batch.cells):
                yield [_value(cell) for cell in display(row, answer.columns)]
        except ValueError:
            yield ["(cells this version cannot read)"]


def _stamp(at: float) -> Text:
    return styled(f"{timecode(at):<9}", "dim")


def _because(data: dict[str, Any]) -> str:
    return f": {data['reason']}" if data.get("reason") else ""


def _gap(data: dict[str, Any]) -> str:
    dropped = data.get("dropped")
    missing = f"{plural(dropped, 'row')} not kept: " if isinstance(dropped, int) and dropped else ""
    return f"{missing}{data.get('why', '')}"


def _value(cell: str | None) -> str:
    return _NULL if cell is None else clean(cell)


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    columns = max(map(len, rows))
    return [
        min(max(width(clean(row[index])) for row in rows if index < len(row)), _WIDEST_CELL) for index in range(columns)
    ]


def _joined(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = []
    for index, cell in enumerate(row):
        room = widths[index] if index < len(widths) else _WIDEST_CELL
        shown = cut(clean(cell), room)
        cells.append(shown + " " * (room - width(shown)))
    return "  ".join(cells).rstrip()
