"""Terms as SQL: entries newest first, page by page.

Nothing that was typed is ever part of a statement: values are parameters, and FTS5 gets quoted strings alone.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from engine.api.schema import EntryView
from engine.errors import HooptermError
from engine.search.database import SPAN, position, reading
from engine.search.terms import Query, Term

MOST: Final = 1000
"""Entries of one page."""

_NARROW: Final = 20_000  # entries that are sorted rather than looked for along the log
_MOST_NAMES: Final = 5_000  # that a pattern may mean
_SECONDS: Final = 10.0
_TEXT: Final = 500
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# What stands for itself in `names`, and what is a text of the entry's own.
_NAMED: Final = frozenset({"identity", "by", "sponsor", "target", "decision", "rule", "event", "verb"})
_OWN: Final = frozenset({"review", "operation"})

_COLUMNS: Final = (
    "e.sequence, e.time, ev.name, s.name, e.operation, i.name, sp.name, t.name, v.name, d.name, r.name, e.review, "
    "e.summary, sh.has_where, sh.pairs, x.detail, b.name"
)
_JOINS: Final = (
    "LEFT JOIN names ev ON ev.id = e.event LEFT JOIN sessions s ON s.id = e.session "
    "LEFT JOIN names i ON i.id = e.identity LEFT JOIN names sp ON sp.id = e.sponsor "
    "LEFT JOIN names t ON t.id = e.target LEFT JOIN names v ON v.id = e.verb "
    "LEFT JOIN names d ON d.id = e.decision LEFT JOIN names r ON r.id = e.rule "
    "LEFT JOIN names b ON b.id = e.by LEFT JOIN shapes sh ON sh.id = e.shape "
    "LEFT JOIN texts x ON x.operation = e.operation"
)


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of what is found: before a sequence, the newest first; or after one, the oldest first."""

    limit: int = 100
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Entries in the page's order, whether there are more behind them, and how much of the log is in the index."""

    entries: list[EntryView]
    more: bool
    indexed: int


def find(state: Path, query: Query, page: Page) -> Found:
    """Look for entries, none where there is no index yet; raises HooptermError where it takes too long."""
    try:
        with reading(state) as connection:
            _bound(connection)
            indexed = position(connection)
            sql, values = select(connection, query, page)
            rows = connection.execute(sql, values).fetchall()
            entries = [_view(row) for row in rows[: page.limit]]
    except sqlite3.OperationalError as error:
        if "unable to open" in str(error) or "no such table" in str(error):  # it is being made
            return Found([], False, 0)
        if "interrupted" in str(error):
            why = f"it was given up after {_SECONDS:g} seconds"
            raise HooptermError("the search takes too long", why, "name a time, an identity or a target") from None
        raise HooptermError("the search index cannot be read now", str(error), "try again in a moment") from None
    except sqlite3.DatabaseError as error:
        raise HooptermError("the search index does not read", str(error), "hoopterm audit reindex") from None
    return Found(entries, len(rows) > page.limit, indexed)


def statement_of(state: Path, operation: str) -> tuple[str, list[str | None]] | None:
    """The text and parameters of an operation, where its recording has been read."""
    try:
        with reading(state) as connection:
            row = connection.execute("SELECT detail FROM texts WHERE operation = ?", (operation,)).fetchone()
    except sqlite3.Error:
        return None
    said = msgspec.json.decode(row[0]) if row is not None else None
    return None if said is None else (said["text"], said["parameters"])


def _bound(connection: sqlite3.Connection) -> None:
    """A search has so many seconds; others wait for its thread."""
    end = time.monotonic() + _SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > end, 50_000)


def select(connection: sqlite3.Connection, query: Query, page: Page) -> tuple[str, list[Any]]:
    """The statement for one page, and its parameters."""
    where = _Where(connection)
    for term in query.terms:
        where.add(term)
    where.between(query.since, query.until)
    if page.before is not None:
        where.all("e.sequence < ?", page.before)
    if page.after is not None:
        where.all("e.sequence > ?", page.after)
    order = "ASC" if page.after is not None else "DESC"
    source, along, conditions = where.planned()
    inner = f"SELECT e.* FROM {source} WHERE {' AND '.join(conditions) or '1'} ORDER BY {along} {order} LIMIT ?"
    sql = f"SELECT {_COLUMNS} FROM ({inner}) e {_JOINS} ORDER BY e.sequence {order}"
    return sql, [*where.values, page.limit + 1]


class _Where:
    """The conditions of one search, in the order of their parameters.

    Whether an index or the order of the log finds the newest fastest hangs on how much there is to find, which SQLite
    does not know: it is counted, up to a bound. A `+` keeps SQLite from an index.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._words: list[str] = []
        self._narrowest: tuple[int, int] | None = None  # how many, and which of the conditions
        self._conditions: list[str] = []
        self.values: list[Any] = []

    def all(self, condition: str, *values: object) -> None:
        """One that must hold."""
        self._conditions.append(condition)
        self.values += values

    def add(self, term: Term) -> None:
        """What a term says."""
        negation = "NOT " if term.inverted else ""
        if term.field == "text":
            matching = " OR ".join(_phrase(value) for value in term.values)
            if term.inverted:
                self.all("e.sequence NOT IN (SELECT rowid FROM words WHERE words MATCH ?)", matching)
            else:
                self._words.append(f"({matching})")
        elif term.field in _NAMED:
            self._among(term.field, self._names("names", ("name",), term.values), term)
        elif term.field == "session":
            self._among("session", self._names("sessions", ("name",), term.values), term)
        elif term.field in _OWN:
            globs = " OR ".join(f"e.{term.field} {_glob(value)[0]} ?" for value in term.values)
            self.all(f"{negation}coalesce({globs}, 0)", *(_glob(value)[1] for value in term.values))
        else:
            self._shapes(term)

    def between(self, since: datetime | None, until: datetime | None) -> None:
        """Times; which spans of the log can have them is looked up, since the clock may have been set in between."""
        for moment, edge, sign, bound in ((since, "latest", ">=", "min"), (until, "earliest", "<=", "max")):
            if moment is None:
                continue
            micros = (moment - _EPOCH) // timedelta(microseconds=1)
            asked = f"SELECT {bound}(number) FROM spans WHERE {edge} {sign} ?"
            (span,) = self._connection.execute(asked, (micros,)).fetchone()
            if span is None:
                self.all("0")
            else:
                self.all(f"e.sequence {sign} ?", span * SPAN + (SPAN - 1 if bound == "max" else 0))
            self.all(f"e.time {sign} ?", micros)

    def planned(self) -> tuple[str, str, list[str]]:
        """Where to look, in whose order, and the conditions: along the words, the narrowest index, or the log."""
        conditions = list(self._conditions)
        if self._words:
            self.values.insert(0, " AND ".join(self._words))
            of_words = [re.sub(r"\Ae\.sequence ", "words.rowid ", each) for each in conditions]
            source = "words CROSS JOIN entries e ON e.sequence = words.rowid"
            return source, "words.rowid", ["words MATCH ?", *of_words]
        if self._narrowest is not None and self._narrowest[0] < _NARROW:
            chosen = self._narrowest[1]
            conditions[chosen] = conditions[chosen].removeprefix("+")
        return "entries e", "e.sequence", conditions

    def _among(self, column: str, ids: Sequence[int], term: Term) -> None:
        listed = ", ".join(map(str, ids))  # numbers of our own
        if term.inverted:
            self.all(f"(e.{column} IS NULL OR +e.{column} NOT IN ({listed}))")
            return
        self._narrow(f"e.{column} IN ({listed})", [])

    def _names(self, table: str, columns: Sequence[str], values: Iterable[str]) -> list[int]:
        """The numbers of the rows of a table in which one of these columns is, or is like, one of the values."""
        ids: set[int] = set()
        for value in values:
            operator, asked = _glob(value)
            either = " OR ".join(f"{column} {operator} ?" for column in columns)
            sql = f"SELECT id FROM {table} WHERE {either} LIMIT {_MOST_NAMES + 1}"
            ids.update(row[0] for row in self._connection.execute(sql, [asked] * len(columns)))
        if len(ids) > _MOST_NAMES:
            why = f"it means more than {_MOST_NAMES} names"
            raise HooptermError(f"{' '.join(values)[:64]!r} is too wide", why, "write more of the name")
        return sorted(ids)

    def _shapes(self, term: Term) -> None:
        """Effects and resources: those of an entry are its shape's."""
        if term.field == "effect":
            either = " OR ".join(f"effect {_glob(value)[0]} ?" for value in term.values)
            self._of_shapes(
                term, f"SELECT shape FROM accesses WHERE {either}", [_glob(value)[1] for value in term.values]
            )
            return
        ids = self._names("resources", ("name", "bare", "last"), term.values)
        self._of_shapes(term, f"SELECT shape FROM accesses WHERE resource IN ({', '.join(map(str, ids))})", [])

    def _of_shapes(self, term: Term, shapes: str, values: list[str]) -> None:
        if term.inverted:
            self.all(f"(e.shape IS NULL OR +e.shape NOT IN ({shapes}))", *values)
            return
        self._narrow(f"e.shape IN ({shapes})", values)

    def _narrow(self, condition: str, values: Sequence[str]) -> None:
        """One that must hold and that an index is for, by which to look if nothing is narrower."""
        counted = f"SELECT count(*) FROM (SELECT 1 FROM entries e WHERE {condition} LIMIT {_NARROW})"
        (count,) = self._connection.execute(counted, values).fetchone()
        if self._narrowest is None or count < self._narrowest[0]:
            self._narrowest = count, len(self._conditions)
        self.all(f"+{condition}", *values)


def _glob(value: str) -> tuple[str, str]:
    """The operator that a value is compared by, and with what: SQLite's GLOB, of whose signs only `*` is ours."""
    if "*" not in value:
        return "=", value
    return "GLOB", value.replace("[", "[[]").replace("?", "[?]")


def _phrase(value: str) -> str:
    """A value as FTS5's string: words that follow one another, the last of them only begun where it ends in `*`."""
    quoted = '"' + value.replace('"', '""') + '"'
    return f"{quoted} *" if value.endswith("*") else quoted


def _view(row: Sequence[Any]) -> EntryView:
    sequence, micros, event, session, operation, identity, sponsor, target, verb, decision, rule, review, *rest = row
    summary, has_where, pairs, detail, by = rest
    accesses: list[tuple[str, str]] = msgspec.json.decode(pairs) if pairs else []
    text = msgspec.json.decode(detail)["text"] if detail else ""
    return EntryView(
        sequence=sequence,
        time=moment_of(micros).isoformat().replace("+00:00", "Z"),
        event=event,
        session=session,
        operation=operation,
        identity=identity,
        sponsor=sponsor,
        target=target,
        verb=verb or "",
        effects=[effect for effect, _ in accesses],
        resources=[name for _, name in accesses],
        has_where=bool(has_where),
        decision=decision or "",
        rule=rule or "",
        review=review or "",
        summary=summary or "",
        text=text[:_TEXT],
        by=by or "",
    )


def moment_of(micros: int) -> datetime:
    """The time of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=micros)
