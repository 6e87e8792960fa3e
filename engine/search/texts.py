"""Statements out of recordings, as far as they have been read: what the log itself does not have.

They stand there with detectors applied. A recording's frames of operations come in the order of the log's intents, so
each is read once, from where the last reading ended.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replay.format import SUFFIX, Damaged, Kind, load, scan

MOST_TEXT = 64 << 10  # characters of a statement that are kept; the recording has the rest
_MOST_PARAMETERS = 256
_MOST_VALUE = 4096


@dataclass(frozen=True, slots=True)
class Said:
    """What a recording says of one operation, cut where it is long."""

    operation: str
    text: str
    parameters: tuple[str | None, ...]
    types: tuple[str, ...]
    is_whole: bool


def said_in(recordings: Path, session: str, start: int) -> Iterator[tuple[int, list[Said]]]:
    """Per block from an offset on: the offset behind it, and its operations. Ends where the file does, or is damaged;
    a session that has no recording has none."""
    try:
        file = (recordings / f"{session}{SUFFIX}").open("rb")
    except (FileNotFoundError, NotADirectoryError):
        return
    with file:
        if start > file.seek(0, io.SEEK_END):
            return
        try:
            for block in scan(file, start):
                wanted = block.flags & Kind.EVENTS and not block.flags & Kind.HEADER
                frames = load(file, block) if wanted else []
                yield block.end, [said for frame in frames if frame.code == "q" and (said := _said(frame.data))]
        except Damaged:
            return


def _said(data: Any) -> Said | None:
    operation, text = data.get("operation"), data.get("text")
    if not isinstance(operation, str) or not isinstance(text, str):
        return None
    parameters = [each if each is None else str(each) for each in _list(data.get("parameters"))]
    kept = tuple(each if each is None else each[:_MOST_VALUE] for each in parameters[:_MOST_PARAMETERS])
    types = tuple(str(each) for each in _list(data.get("types"))[:_MOST_PARAMETERS])
    is_whole = len(text) <= MOST_TEXT and list(kept) == parameters
    return Said(operation, text[:MOST_TEXT], kept, types, is_whole)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
