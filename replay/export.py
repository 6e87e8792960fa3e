"""A recording as text, JSON, CSV, an asciicast that asciinema plays, or a picture of a terminal.

Each yields pieces, so that a long recording passes in constant memory. Recorded text is a stranger's: control
characters are written as escapes, never as they are.
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from replay import casts, streams
from replay.cells import Rows, display
from replay.format import Frame, RowBatch
from replay.index import Recording
from replay.picture import svg
from replay.screen import Screen
from replay.statements import copy_rows
from replay.terminals import apply, changes

NULL = "∅"
_WIDTH = 32
_SCREENS = 16  # terminals at once that text follows; what others wrote is told as lines
FORMS = ("text", "json", "csv", "asciicast", "svg")


def export(
    frames: Sequence[Frame],
    header: dict[str, Any],
    form: str,
    *,
    version: int = 3,
    operation: str | None = None,
    at: float | None = None,
) -> Iterator[str]:
    """The recording in one of `FORMS`; raises ValueError for what it has not.

    An asciicast is of one terminal, that of `operation`, else the first; without a terminal it shows the text. A
    picture is of a terminal `at` so many seconds after the session opened, else at its end; so is text with `at`.
    """
    if form not in FORMS:
        raise ValueError(f"a recording is exported as one of {', '.join(FORMS)}")
    if form == "svg" or (form == "text" and at is not None):
        return _still(frames, header, form, operation, at)
    if form == "asciicast":
        terminal = operation or next(_terminals(frames), None)
        if operation is not None and operation not in _terminals(frames):
            raise ValueError(f"{operation} has no terminal in this recording")
        if terminal is not None:
            return casts.of_terminal(frames, header, version, terminal)
        return as_asciicast(frames, header, version)
    return {"text": as_text, "json": as_json, "csv": as_csv}[form](frames, header)


def _terminals(frames: Sequence[Frame]) -> Iterator[str]:
    """The operations with a terminal."""
    events = (frame for _, frame in frames.events()) if isinstance(frames, Recording) else frames
    for frame in events:
        if frame.code == "t" and isinstance(frame.data, dict):
            yield str(frame.data.get("operation") or "")


def _still(
    frames: Iterable[Frame], header: dict[str, Any], form: str, operation: str | None, at: float | None
) -> Iterator[str]:
    """The screen of a terminal at one moment: of the operation, else of the terminal that wrote last by then."""
    screens: dict[str, Screen] = {}
    shown, seconds = "", 0.0
    for frame in frames:
        if at is not None and frame.at > at:
            break
        found = frame.data.operation if isinstance(frame.data, RowBatch) else str(frame.data.get("operation") or "")
        if changes(frame) and operation in (None, found) and (frame.code == "t" or found in screens):
            if len(screens) >= _SCREENS and found not in screens:
                del screens[next(iter(screens))]
            apply(screens.setdefault(found, Screen()), frame)
            shown, seconds = found, frame.at
    if shown not in screens:
        raise ValueError("there is no terminal at that time")
    meta = header.get("hoopterm", header)
    moment = _clock(seconds if at is None else at)
    title = f"{meta.get('identity', '')} on {meta.get('target', '')} · {meta.get('session', '')} · {moment}"
    screen = screens[shown]
    return iter([svg(screen, title)] if form == "svg" else [f"{printable(line)}\n" for line in screen.text])


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
        text = batch.cells.decode("utf-8", "replace")
        # what is no UTF-8, or a character cut between two batches, is given as it was sent, too
        return {"text": text} | ({"bytes": base64.b64encode(batch.cells).decode()} if "\ufffd" in text else {})
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
    yield casts.begin(header, version, 160, 50)
    clock = casts.Clock(version)
    for at, text in _told(frames, header):
        yield casts.line([clock.at(at), "o", text.replace("\n", "\r\n") + "\r\n"])


def _told(frames: Iterable[Frame], header: dict[str, Any]) -> Iterator[tuple[float, str]]:
    """(time, printable lines) for each frame that has something to say."""
    meta = header.get("hoopterm", header)
    yield 0.0, printable(f"session {meta.get('session')}: {meta.get('identity')} on {meta.get('target')}")
    decoder, scrolls, at = _Decoder(), _Scrolls(), 0.0
    for frame in frames:
        decoder.note(frame)
        lines = scrolls.take(frame)
        if lines is None:
            data = frame.data
            lines = _rows(decoder, data) if isinstance(data, RowBatch) else _event(frame, data, decoder)
        elif frame.code in ("e", "t") and isinstance(frame.data, dict):
            lines = lines + _event(frame, frame.data, decoder)
        if lines:
            yield frame.at, "\n".join(lines)
        at = frame.at
    if rest := scrolls.rest():
        yield at, "\n".join(rest)


class _Scrolls:
    """Terminals as the lines that scroll off their screens, and at their end what is on them."""

    def __init__(self) -> None:
        self._screens: dict[str, tuple[Screen, list[str]]] = {}

    def take(self, frame: Frame) -> list[str] | None:
        """The lines a frame brings, None where it is none of a terminal that is followed."""
        data = frame.data
        operation = data.operation if isinstance(data, RowBatch) else str(data.get("operation") or "")
        if frame.code == "t" and operation not in self._screens and len(self._screens) < _SCREENS:
            gone: list[str] = []
            screen = Screen(on_scroll=gone.append)
            apply(screen, frame)
            gone.clear()  # of another size before it had one
            self._screens[operation] = (screen, gone)
        if frame.code not in ("t", "R", "e") or operation not in self._screens:
            return None
        screen, gone = self._screens[operation]
        if changes(frame):
            apply(screen, frame)
        lines = [f"  {printable(line)}" for line in gone]
        gone.clear()
        if frame.code == "e":
            lines += _on(screen)
            del self._screens[operation]
        return lines

    def rest(self) -> list[str]:
        """What is on the screens of those that did not end."""
        return [line for screen, _ in self._screens.values() for line in _on(screen)]


def _on(screen: Screen) -> list[str]:
    return [f"  {printable(line)}" for line in "\n".join(screen.text).rstrip().split("\n")]


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
            text = [f"  {printable(line)}" for line in str(data.get("text") or "").split("\n") if data.get("text")]
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
