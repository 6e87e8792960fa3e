"""A terminal of a recording as an asciicast, versions 2 and 3 of asciinema's format, which players show.

Codes: `o` output, `i` what was typed, `r` a resize, `m` a marker, `x` (version 3) the exit status. Text cannot hold
bytes that are no UTF-8: where there were any they follow in an event of our own, `b`, as base64; players pass it over.

Sources: https://docs.asciinema.org/manual/asciicast/v2/ and v3/.
"""

from __future__ import annotations

import base64
import codecs
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from replay.format import Frame, RowBatch

IDLE = 2.0
"""Seconds to which players cut pauses; the file has them as they were."""

_SURROGATES = {0xDC00 + byte: "\ufffd" for byte in range(0x80, 0x100)}


def begin(header: dict[str, Any], version: int, columns: int, rows: int, term: str = "", since: float = 0.0) -> str:
    """The first line; the cast begins `since` seconds after the session."""
    meta = header.get("hoopterm", header)
    if version == 3:
        terminal: dict[str, Any] = {"term": {"cols": columns, "rows": rows, **({"type": term} if term else {})}}
    else:
        terminal = {"width": columns, "height": rows, **({"env": {"TERM": term}} if term else {})}
    return line(
        {
            "version": version,
            **terminal,
            "timestamp": int(header.get("timestamp", 0) + since),
            "idle_time_limit": IDLE,
            "title": f"{meta.get('identity', '')} on {meta.get('target', '')}",
        }
    )


def line(value: Any) -> str:
    """One line of the file."""
    return msgspec.json.encode(value).decode() + "\n"


class Clock:
    """Times as a version writes them: since the event before, or since the beginning."""

    def __init__(self, version: int, since: float = 0.0) -> None:
        self._is_relative = version == 3
        self._before = since

    def at(self, at: float) -> float:
        """What an event at this time has in front."""
        passed = round(max(0.0, at - self._before), 6)
        if self._is_relative:
            self._before = max(at, self._before)
        return passed


def of_terminal(frames: Iterable[Frame], header: dict[str, Any], version: int, operation: str) -> Iterator[str]:
    """The terminal of an operation, from its first size to its end."""
    clock: Clock | None = None
    streams: dict[str, _Text] = {}
    for frame in frames:
        data = frame.data
        if clock is None:
            if frame.code == "t" and isinstance(data, dict) and data.get("operation") == operation:
                clock = Clock(version, frame.at)
                size = _size(data)
                yield begin(header, version, *size, str(data.get("term") or ""), frame.at)
            continue
        for code, text in _events(frame, operation, version, streams):
            yield line([clock.at(frame.at), code, text])
        if frame.code == "e" and isinstance(data, dict) and data.get("operation") == operation:
            return


def _events(frame: Frame, operation: str, version: int, streams: dict[str, _Text]) -> Iterator[tuple[str, str]]:
    data = frame.data
    if isinstance(data, RowBatch):
        if data.operation == operation and data.kind in _CODES:
            text, rest = streams.setdefault(data.kind, _Text()).take(data.cells)
            if text:
                yield _CODES[data.kind], text
            if rest:
                yield "b", rest
        return
    if frame.code == "t" and data.get("operation") == operation:
        columns, rows = _size(data)
        yield "r", f"{columns}x{rows}"
    elif label := _marker(frame.code, data):
        yield "m", label
    if frame.code == "e" and data.get("operation") == operation and version == 3:
        status = _EXIT.fullmatch(str(data.get("tag") or ""))
        if status is not None:
            yield "x", status[1]


_EXIT = re.compile("exit ([0-9]{1,3})")
_CODES = {"stdout": "o", "stderr": "o", "input": "i"}


def _size(data: dict[str, Any]) -> tuple[int, int]:
    columns, rows = data.get("cols"), data.get("rows")
    return (columns if isinstance(columns, int) else 80, rows if isinstance(rows, int) else 24)


def _marker(code: str, data: dict[str, Any]) -> str:
    match code:
        case "q" if data.get("inferred"):
            label = f"typed {data.get('text') or ''}"
        case "w":
            label = f"review {data.get('state') or ''}"
        case "e" if data.get("status") == "denied":
            label = f"denied {data.get('error') or ''}"
        case "g":
            label = f"missing: {data.get('why') or ''}"
        case _:
            return ""
    return "".join(each if each.isprintable() else " " for each in label).strip()


class _Text:
    """Bytes as text, whichever pieces they come in."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def take(self, data: bytes) -> tuple[str, str]:
        """The text, and these bytes as base64 where they are no text."""
        text = self._decoder.decode(data)
        shown = text.translate(_SURROGATES)
        return shown, "" if shown == text else base64.b64encode(data).decode()
