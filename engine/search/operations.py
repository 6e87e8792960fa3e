"""Recorded operations with their analysis, for those who decide them again: backtests, and drafts of rules."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from engine.audit.events import EventName
from engine.errors import HooptermError
from engine.search.database import reading
from engine.search.finding import moment_of

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class RecordedOperation:
    """One operation as the record has it: an intent, or a denial.

    `accesses` are (effect, resource) pairs, resources as `Resource.__str__` writes them (`table:public.orders(id)`).
    Detectors were applied to their names, to `text` and to `parameters`: a literal that was masked is stars there and
    cannot be judged again. `text` is None where the recording does not have it, `is_whole` False where it was cut.
    `types` are those of the parameters, empty in recordings that do not tell them. `kind`, `groups`, `sponsor`,
    `database` and `mode` are what the session was opened with. `verdict` is what was decided: on an observed target
    `allow`, and `reason` then says what it would have been; otherwise only denials have a reason here.
    """

    sequence: int
    time: datetime
    session: str
    operation: str
    identity: str
    target: str
    verb: str
    accesses: tuple[tuple[str, str], ...]
    has_where: bool
    is_denied: bool
    verdict: str
    rule: str | None
    reason: str
    review: str | None
    kind: str = ""
    groups: frozenset[str] = frozenset()
    sponsor: str | None = None
    database: str | None = None
    mode: str = ""
    text: str | None = None
    parameters: tuple[str | None, ...] = ()
    types: tuple[str, ...] = ()
    is_whole: bool = True


def recorded_operations(state: Path, most: int, *, before: int | None = None) -> Iterator[RecordedOperation]:
    """The newest `most` operations of the log under a state directory, newest first; `before` a sequence of the log.

    Some hundred are in memory at a time. It reads the search index, which follows the log within a second; it blocks,
    so call it on a thread. Raises HooptermError where there is no index yet.
    """
    while most > 0:
        page = _page(state, min(most, _PAGE), before)
        yield from page
        if len(page) < min(most, _PAGE):
            return
        most -= len(page)
        before = page[-1].sequence


_ASKED: Final = (
    "SELECT e.sequence, e.time, ev.name, s.name, e.operation, i.name, t.name, v.name, d.name, r.name, e.review, "
    "e.summary, sh.has_where, sh.pairs, s.kind, s.groups, sp.name, s.database, s.mode, x.detail "
    "FROM (SELECT * FROM entries WHERE +event IN (SELECT id FROM names WHERE name IN (?, ?)) AND sequence < ? "
    "ORDER BY sequence DESC LIMIT ?) e "
    "JOIN names ev ON ev.id = e.event LEFT JOIN sessions s ON s.id = e.session "
    "LEFT JOIN names i ON i.id = e.identity LEFT JOIN names sp ON sp.id = e.sponsor "
    "LEFT JOIN names t ON t.id = e.target LEFT JOIN names v ON v.id = e.verb "
    "LEFT JOIN names d ON d.id = e.decision LEFT JOIN names r ON r.id = e.rule "
    "LEFT JOIN shapes sh ON sh.id = e.shape LEFT JOIN texts x ON x.operation = e.operation "
    "ORDER BY e.sequence DESC"
)


def _page(state: Path, limit: int, before: int | None) -> list[RecordedOperation]:
    asked = (EventName.OPERATION_INTENDED, EventName.OPERATION_DENIED, before if before is not None else 1 << 62, limit)
    try:
        with reading(state) as connection:
            return [_recorded(row) for row in connection.execute(_ASKED, asked)]
    except sqlite3.Error as error:
        why, hint = str(error), "the index is being made: try again in a moment"
        raise HooptermError("there are no recorded operations to read yet", why, hint) from None


def _recorded(row: Sequence[Any]) -> RecordedOperation:
    sequence, micros, event, session, operation, identity, target, verb, decision, rule, review, *rest = row
    summary, has_where, pairs, kind, groups, sponsor, database, mode, detail = rest
    said = msgspec.json.decode(detail) if detail else {}
    return RecordedOperation(
        sequence=sequence,
        time=moment_of(micros),
        session=session or "",
        operation=operation or "",
        identity=identity or "",
        target=target or "",
        verb=verb or "",
        accesses=tuple((effect, name) for effect, name in msgspec.json.decode(pairs)) if pairs else (),
        has_where=bool(has_where),
        is_denied=event == EventName.OPERATION_DENIED,
        verdict=decision or "",
        rule=rule,
        reason=summary or "",
        review=review,
        kind=kind or "",
        groups=frozenset(msgspec.json.decode(groups)) if groups else frozenset(),
        sponsor=sponsor,
        database=database,
        mode=mode or "",
        text=said.get("text"),
        parameters=tuple(said.get("parameters", ())),
        types=tuple(said.get("types", ())),
        is_whole=said.get("is_whole", True),
    )
