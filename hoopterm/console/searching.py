"""Queries of the audit log as a person types them, and what was found as others take it."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Sequence
from typing import Final, Protocol, TextIO

import msgspec

from engine.api.schema import SEARCH_FIELDS, EntryView, SearchView
from hoopterm.errors import Problem

_PAGE: Final = 1000

CSV_FIELDS: Final = (
    "sequence", "time", "event", "identity", "sponsor", "target", "verb", "effects", "resources", "has_where",
    "decision", "rule", "review", "session", "operation", "summary", "text", "by",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""What a spreadsheet begins a formula, a command or a new cell with."""


ROUTINE: Final = "recording.segment"
_EVENT: Final = re.compile(r"(?:^|\s)!?event:")


def without_routine(query: str) -> str:
    """The query less the digests of recordings, of which a busy log has the most; one that names events is as it is."""
    return query if _EVENT.search(query) else f"{query} !event:{ROUTINE}".strip()


def quoted(value: str) -> str:
    """A value as a query takes it literally, but for its stars."""
    if value and all(character.isalnum() or character in "_-./*@" for character in value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def csv_row(entry: EntryView) -> list[str]:
    """An entry's cells in the order of `CSV_FIELDS`; none of them begins a formula, none has a control character."""
    values = msgspec.to_builtins(entry)
    return [_cell(values[field]) for field in CSV_FIELDS]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    shown = "".join(character if character.isprintable() or character in "\n\t" else "\ufffd" for character in text)
    return f"'{shown}" if shown.lstrip(" \u00a0").startswith(_FORMULA) else shown


def completion(query: str) -> str:
    """The query with its last word made a field, where it is the beginning of one; else as it is."""
    head, space, word = query.rpartition(" ")
    sign = "!" if word.startswith("!") else ""
    begun = word.removeprefix("!").lower()
    if not begun or ":" in begun:
        return query
    fitting = [field for field in SEARCH_FIELDS if field.startswith(begun)]
    return f"{head}{space}{sign}{fitting[0]}:" if fitting else query


class Searched(Protocol):
    """What an export asks of an engine."""

    async def search(
        self, query: str = "", *, limit: int = 100, before: int | None = None, after: int | None = None
    ) -> SearchView:
        """A page."""
        ...


async def exported(engine: Searched, query: str, name: str) -> tuple[int, str]:
    """Write what a query finds to a new file, CSV where its name says so, else JSON; how many, and where.

    Raises Problem where the file is there already or cannot be written, and what the engine raises."""
    path = os.path.expanduser(name)  # noqa: ASYNC240 - it asks no disk
    writer = _Csv if path.lower().endswith(".csv") else _Json
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", newline="") as file:
            written = writer(file)
            count, before = 0, None
            while True:
                page = await engine.search(query, limit=_PAGE, before=before)
                written.add(page.entries)
                count += len(page.entries)
                if not page.more or not page.entries:
                    written.end()
                    return count, path
                before = page.entries[-1].sequence
    except FileExistsError:
        raise Problem("exists", f"{path} is there already", "name another file") from None
    except OSError as error:
        raise Problem("file", f"{path}: {error.strerror or error}", "name another file") from error


class _Csv:
    def __init__(self, file: TextIO) -> None:
        self._writer = csv.writer(file)
        self._writer.writerow(CSV_FIELDS)

    def add(self, entries: Sequence[EntryView]) -> None:
        self._writer.writerows(csv_row(entry) for entry in entries)

    def end(self) -> None:
        """A table has no end."""


class _Json:
    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._separator = "["

    def add(self, entries: Sequence[EntryView]) -> None:
        for entry in entries:
            self._file.write(f"{self._separator}{msgspec.json.encode(entry).decode()}")
            self._separator = ",\n"

    def end(self) -> None:
        self._file.write("[]\n" if self._separator == "[" else "]\n")
