"""A recording as text, JSON, CSV or an asciicast that asciinema plays.

Each yields pieces, so that a long recording passes in constant memory. Recorded text is a stranger's: control
characters are written as escapes, never as they are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from replay import streams
from replay.cells import Rows, display
from replay.format import Frame, RowBatch
from replay.statements import copy_rows

NULL = "∅"
_WIDTH = 32
_IDLE = 2.0  # seconds an asciicast's pauses are cut to, by the player, not in the file


def export(frames: Iterable[Frame], header: dict[str, Any], form: str) -> Iterator[str]:
    """The recording in one of `FORMS`; raises ValueError for another."""
    try:
        return FORMS[form](frames, header)
    except KeyError:
        raise ValueError(f"a recording is exported as one of {', '.join(FORMS)}") from None


def printable(text: str) -> str:
    """The text with control characters and other invisible ones as escapes; line ends and tabs too."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class _Decoder:
    """Answers' rows as strings, whichever batches they come in."""

    def __init__(self) -> None:
        self._columns: dict[str, list[dict[str, Any]]] = {}
        self._cells: dict[str, Rows] = {}

    def note(self, frame: Frame) -> None:
        """Remember columns, forget ended operations."""
        if not isinstance(frame.data, dict):
            return
        operation = str(frame.data.get("operation") or "")
        if frame.code == "c":
            columns = frame.data.get("columns")
            self._columns[operation] = [each for each in columns if isinstance(each, dict)] if columns else []
            self._cells[operation] = Rows()
        elif frame.code == "e":
            self._columns.pop(operation, None)
            self._cells.pop(operation, None)

    def columns(self, operation: str) -> list[str]:
        """The names of an answer's columns."""
        return [str(column.get("name", "")) for column in self._columns.get(operation, ())]

    def rows(self, batch: RowBatch) -> list[list[str | None]]:
        """A batch's rows; cells that do not read give one that says so."""
        if batch.kind == "copy":
            return copy_rows(batch.cells)
        if batch.kind in streams.KINDS:
            return [[line] for line in streams.lines(batch.cells)]
        cells = self._cells.setdefault(batch.operation, Rows())
        try:
            return [display(row, self._columns.get(batch.operation, ())) for row in cells.feed(batch.cells)]
        except ValueError:
            del self._cells[batch.operation]
            return [["(cells that do not read)"]]


def as_json(frames: Iterable[Frame], header: dict[str, Any]) -> Iterator[str]:
    """One JSON object a line: the header, then each frame with its rows decoded."""
    decoder = _Decoder()
    yield _json({"header": header})
    for frame in frames:
        decoder.note(frame)
        data: Any = frame.data
        if isinstance(data, RowBatch):
            data = {
                "operation": data.operation,
                "kind": data.kind,
                "before": data.before,
                "count": data.rows,
                **_answered(decoder, data),
            }
        yield _json({"at": frame.at, "code": frame.code, "data": data})


def _answered(decoder: _Decoder, batch: RowBatch) -> dict[str, Any]:
    """Rows, or the text of a stream with all its line ends."""
    if batch.kind in streams.KINDS:
        return {"text": batch.cells.decode("utf-8", "backslashreplace")}
    return {"rows": decoder.rows(batch)}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode() + "\n"


def as_csv(frames: Iterable[Frame], header: dict[str, Any]) -> Iterator[str]:
    """Every answer's rows: operation, row number, then one field a cell; a line of column names before each answer.
    The lines of a stream have its kind, then the line.

    A spreadsheet must not run what a database contained: cells that begin like a formula get an apostrophe in front.
    """
    decoder = _Decoder()
    for frame in frames:
        decoder.note(frame)
        data = frame.data
        if isinstance(data, RowBatch):
            stream = [data.kind] if data.kind in streams.KINDS else []
            for number, row in enumerate(decoder.rows(data), data.before + 1):
                yield _csv(
                    [data.operation, str(number), *stream, *("" if cell is None else _inert(cell) for cell in row)]
                )
        elif frame.code == "c":
            operation = str(data.get("operation") or "")
            yield _csv(["operation", "row", *map(_inert, decoder.columns(operation))])


def _csv(fields: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(fields)
    return line.getvalue()


def _inert(cell: str) -> str:
    if cell[:1] in ("=", "@", "\t", "\r") or (cell[:1] in ("+", "-") and not _is_number(cell)):
        return "'" + cell
    return cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def as_text(frames: Iterable[Frame], header: dict[str, Any]) -> Iterator[str]:
    """What a person reads: each statement, its decision and reviews, its rows, its outcome, with times."""
    for at, text in _told(frames, header):
        yield "".join(f"{_clock(at)}  {line}\n" for line in text.split("\n"))


def as_asciicast(frames: Iterable[Frame], header: dict[str, Any], version: int = 3) -> Iterator[str]:
    """The same as a terminal shows it, in asciicast v3 (or v2), with the recording's times."""
    meta = header.get("hoopterm", header)
    title = f"{meta.get('identity', '')} on {meta.get('target', '')}"
    timestamp = int(header.get("timestamp", 0))
    if version == 3:
        terminal: dict[str, Any] = {"term": {"cols": 160, "rows": 50}}
    else:
        terminal = {"width": 160, "height": 50}
    yield _json({"version": version, **terminal, "timestamp": timestamp, "idle_time_limit": _IDLE, "title": title})
    previous = 0.0
    for at, text in _told(frames, header):
        time = at if version == 2 else at - previous
        previous = at
        yield _json([round(max(0.0, time), 6), "o", text.replace("\n", "\r\n") + "\r\n"])


def as_asciicast_v2(frames: Iterable[Frame], header: dict[str, Any]) -> Iterator[str]:
    """For players older than asciinema 3."""
    return as_asciicast(frames, header, version=2)


def _told(frames: Iterable[Frame], header: dict[str, Any]) -> Iterator[tuple[float, str]]:
    """(time, printable lines) for each frame that has something to say."""
    meta = header.get("hoopterm", header)
    yield 0.0, printable(f"session {meta.get('session')}: {meta.get('identity')} on {meta.get('target')}")
    decoder = _Decoder()
    for frame in frames:
        decoder.note(frame)
        lines = _rows(decoder, frame.data) if isinstance(frame.data, RowBatch) else _event(frame, frame.data, decoder)
        if lines:
            yield frame.at, "\n".join(lines)


def _rows(decoder: _Decoder, batch: RowBatch) -> list[str]:
    if batch.kind in streams.KINDS:
        return [f"  {printable(line)}" for line in streams.told(batch.cells, batch.kind)]
    return [_line(row) for row in decoder.rows(batch)]


def _line(cells: Sequence[str | None]) -> str:
    return "  " + " │ ".join(_fitted(NULL if cell is None else printable(cell)) for cell in cells).rstrip()


def _fitted(text: str) -> str:
    return text.ljust(12) if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def _event(frame: Frame, data: dict[str, Any], decoder: _Decoder) -> list[str]:
    def said(*names: str) -> str:
        return printable(" · ".join(str(data[name]) for name in names if data.get(name) not in (None, "", [], 0)))

    match frame.code:
        case "q":
            text = [f"  {printable(line)}" for line in str(data.get("text") or "").split("\n")]
            parameters = [None if each is None else str(each) for each in data.get("parameters") or ()]
            bound = [f"  ${number} = {_line([each]).strip()}" for number, each in enumerate(parameters, 1)]
            return [f"▸ {said('verb')}  [{said('verdict', 'rule', 'reason')}]", *text, *bound]
        case "w":
            by = data.get("by") or ()
            names = printable(", ".join(map(str, by)) if isinstance(by, list | tuple) else str(by))
            return [f"▲ review {said('review', 'state', 'reason')}{' · by ' + names if names else ''}"]
        case "c":
            columns = decoder.columns(str(data.get("operation") or ""))
            return [_line(columns)] if columns else []
        case "t":
            return [f"terminal {said('cols', 'rows', 'term')}"]
        case "e":
            counts = [f"{data[name]} {name}" for name in ("rows", "changed", "masked") if data.get(name)]
            return ["■ " + " · ".join(filter(None, [said("status", "tag"), *counts, said("error")]))]
        case "n":
            return [f"! {said('severity', 'message')}"]
        case "g":
            return [f"… missing: {said('why', 'dropped')}"]
        case "s":
            return [f"session {said('state', 'reason')}"]
    return []


def _clock(at: float) -> str:
    minutes, seconds = divmod(at, 60)
    return f"{int(minutes):02}:{seconds:06.3f}"


FORMS: dict[str, Callable[[Iterable[Frame], dict[str, Any]], Iterator[str]]] = {
    "text": as_text,
    "json": as_json,
    "csv": as_csv,
    "asciicast": as_asciicast,
    "asciicast-v2": as_asciicast_v2,
}
