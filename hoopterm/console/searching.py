"""Queries of the audit log as a person types them, and what was found as others take it: no widgets, no engine."""

from __future__ import annotations

from typing import Final

import msgspec

from engine.api.schema import SEARCH_FIELDS, EntryView

CSV_FIELDS: Final = (
    "sequence", "time", "event", "identity", "sponsor", "target", "verb", "effects", "resources", "has_where",
    "decision", "rule", "review", "session", "operation", "summary", "text",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""What a spreadsheet begins a formula, a command or a new cell with."""


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
