"""An entry of the audit log: its row in the list, its fields, its proof."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from engine.api.schema import EntryDetailView, EntryView
from hoopterm.console import phrases, sql
from hoopterm.console.lines import BLANK, Line, Span, line, wrap
from hoopterm.console.proof import Proven
from hoopterm.console.text import clean

_VERDICTS = {"deny": "red", "review": "waiting", "allow": "dim"}
_ALARMING = frozenset({"denied", "failed", "refused", "gap", "low"})
_LAST = frozenset({"v", "session", "operation", "digest", "policy"})  # what only machines read
_LABEL = 14
_MOST_FIELDS = 400
_MOST_VALUE = 20_000


def row(entry: EntryView, now: datetime) -> dict[str, Line]:
    """Its cells in the list."""
    return {
        "time": (Span(phrases.local_date(entry.time, now), "dim"),),
        "event": (Span(clean(entry.event.removeprefix("operation."), 40), _tone(entry.event)),),
        "who": (Span(clean(who(entry), 80), "bright"),),
        "target": (Span(clean(entry.target or "", 80)),),
        "decision": (Span(clean(entry.decision, 10), _VERDICTS.get(entry.decision, "dim")),),
        "what": (Span(clean(what(entry), 300)),),
        "rule": (Span(clean(entry.rule, 80), "dim"),),
        "sequence": (Span(str(entry.sequence), "faint"),),
    }


def who(entry: EntryView) -> str:
    """Whose doing it was, and to whom where that is another."""
    return " → ".join(name for name in (entry.by, entry.identity) if name)


def what(entry: EntryView) -> str:
    """What tells most of it in one line."""
    if entry.text:
        return " ".join(entry.text[:600].split())
    told = " ".join([entry.verb, *entry.resources[:4]]).strip()
    return f"{told}  {entry.summary}".strip() if entry.summary else told


def _tone(event: str) -> str:
    last = event.rpartition(".")[2]
    return "red" if last in _ALARMING else "waiting" if last == "requested" else ""


def copied(entry: EntryView) -> str:
    """What the list knows of it, for other programs."""
    return msgspec.json.encode(entry).decode()


def brief(entry: EntryView, cells: int) -> list[Line]:
    """What the list knows of it, for the pane beside it."""
    fields: list[tuple[str, str]] = [
        ("entry", f"{entry.sequence:,}"),
        ("time", phrases.utc(entry.time)),
        ("event", entry.event),
        ("identity", entry.identity or ""),
        ("by", entry.by),
        ("sponsor", entry.sponsor or ""),
        ("target", entry.target or ""),
        ("decision", entry.decision),
        ("rule", entry.rule),
        ("why", entry.summary),
        ("review", entry.review),
        ("session", entry.session or ""),
        ("operation", entry.operation or ""),
        *(("touches" if not at else "", pair) for at, pair in enumerate(_touched(entry))),
    ]
    out = list(_folded(((label, value) for label, value in fields if value), cells))
    if entry.text:
        out += [BLANK, *sql.wrapped(entry.text, cells)]
    return out


def _touched(entry: EntryView) -> list[str]:
    pairs = zip(entry.effects, entry.resources, strict=False)
    return [f"{effect}  {resource}" for effect, resource in pairs][:40]


def whole(detail: EntryDetailView, proven: Proven, cells: int) -> list[Line]:
    """All of it: whether it is proven, the statement, the fields, the proof."""
    verdict, *evidence = proof(proven, cells)
    out = [verdict, BLANK]
    if detail.text:
        out += sql.wrapped(detail.text, cells)
    for number, value in enumerate(detail.parameters, 1):
        shown = "NULL" if value is None else clean(value, 400)
        out += _folded([(f"${number}", shown)], cells)
    if detail.text:
        out.append(BLANK)
    fields = list(_fields(detail.entry))
    first = [pair for pair in fields if pair[0] not in _LAST]
    return [*out, *_folded([*first, *(pair for pair in fields if pair[0] in _LAST)], cells), BLANK, *evidence]


def proof(proven: Proven, cells: int) -> list[Line]:
    """Whether it is in the log that was signed, and by which key."""
    if proven.holds:
        title = line(("✓ proven here", "running"), (" to be in the signed log", "dim"))
    else:
        title = line(("✗ not proven", "danger"), (f"  {clean(proven.why, 200)}", "red"))
    signed = phrases.utc(proven.signed) if proven.signed else "not known"
    facts = [
        ("leaf", f"{proven.leaf:,} of {proven.size:,}, by {phrases.plural(proven.hashes, 'hash', 'hashes')}"),
        ("checkpoint", f"{signed} · {clean(proven.origin, 80)}"),
        ("key", clean(proven.key, 200)),
        ("", "the engine named this key: compare it with the one you keep elsewhere"),
    ]
    return [title, *_folded(facts, cells)]


def _fields(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """What a JSON value says, a line each: names joined by dots."""
    if isinstance(value, dict) and depth < 6 and value:
        for key, item in list(value.items())[:_MOST_FIELDS]:
            inner = key if not name or name == "data" else f"{name}.{key}"
            yield from _fields(item, str(inner), depth + 1)
    elif isinstance(value, list) and depth < 6 and value:
        for at, item in enumerate(value[:_MOST_FIELDS]):
            yield from _fields(item, name if not at else "", depth + 1)
    else:
        yield clean(name, 60), _said(value)


def _said(value: Any) -> str:
    if value is None or value in ({}, []):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return clean(str(value), _MOST_VALUE)


def _folded(fields: Iterable[tuple[str, str]], cells: int) -> Iterator[Line]:
    for label, value in fields:
        for index, piece in enumerate(wrap((Span(clean(value)),), max(cells - _LABEL, 20))):
            shown = clean(label)[: _LABEL - 1] if not index else ""
            yield (Span(shown.ljust(_LABEL), "dim"), *piece)
