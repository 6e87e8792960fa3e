"""Entries of the log as rows."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, Generic, TypeVar

import msgspec

from engine.audit.events import EventName
from engine.search.database import SPAN
from engine.search.texts import Said

TELL_STATEMENTS: Final = {EventName.OPERATION_INTENDED, EventName.OPERATION_DENIED, EventName.REVIEW_REQUESTED}
"""The events that are found by the words of the operation they are about."""

_UNSAID: Final = {EventName.AUDIT_SEARCHED, EventName.RECORDING_SEGMENT, EventName.LOG_KEY}
"""The events whose data nobody looks for by words; what was searched for must not be found for having been searched."""

K = TypeVar("K", str, bytes)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CACHED: Final = 20_000
_MOST_NAME: Final = 1024
_MOST_SAID: Final = 256 << 10  # characters of one entry that are looked into
_SUMMARY: Final = 200
_NO_WORDS: Final = frozenset({"digest", "policy", "previous", "revision", "key", "content"})


class Projection:
    """Writes rows on a connection to the index; a batch of them is one transaction of the caller's."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._names: _Known[str] = _Known()
        self._sessions: _Known[str] = _Known()
        self._sponsors: dict[int, int | None] = {}
        self._resources: _Known[str] = _Known()
        self._shapes: _Known[bytes] = _Known()

    def add(self, sequence: int, entry: Mapping[str, Any], said: Said | None, *, has_words: bool = True) -> None:
        """One entry, with what its operation's recording says where that is known; its words come later otherwise."""
        event, data = str(entry["event"]), _dict(entry.get("data"))
        session = self._session(entry.get("session"), event, data)
        sponsor = self._name(data.get("sponsor")) or (self._sponsors.get(session) if session else None)
        reason = data.get("why") or data.get("reason") or data.get("error") or data.get("what")
        says_more = event != EventName.OPERATION_INTENDED or str(reason).startswith("observed only")
        summary = str(reason)[:_SUMMARY].encode(errors="replace").decode() if reason and says_more else None
        moment = microseconds(str(entry["time"]))
        self._connection.execute(
            "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                sequence,
                moment,
                self._name(event),
                session,
                entry.get("operation"),
                self._name(entry.get("identity")),
                sponsor,
                self._name(entry.get("target")),
                self._name(data.get("verb")),
                self._name(data.get("verdict")),
                self._name(data.get("rule")),
                _text(data.get("review")),
                self._shape(data),
                summary,
                self._name(_doer(data)),
            ),
        )
        self._connection.execute(
            "INSERT INTO spans VALUES (?, ?, ?) ON CONFLICT (number) DO UPDATE SET "
            "earliest = min(earliest, excluded.earliest), latest = max(latest, excluded.latest)",
            (sequence // SPAN, moment, moment),
        )
        if has_words:
            self.add_words(sequence, event, data, said)

    def add_words(self, sequence: int, event: str, data: Mapping[str, Any], said: Said | None) -> None:
        """What free text finds the entry by."""
        words = list(_words(data)) if event not in _UNSAID else []
        if said is not None and event in TELL_STATEMENTS:
            words += [said.text, *filter(None, said.parameters)]
        if words:
            whole = "\n".join(words)[:_MOST_SAID].encode(errors="replace").decode()
            self._connection.execute("INSERT INTO words (rowid, said) VALUES (?, ?)", (sequence, whole))

    def add_text(self, said: Said) -> None:
        """What a recording says of an operation; the first word stands."""
        detail = {"text": said.text, "parameters": said.parameters, "types": said.types, "is_whole": said.is_whole}
        self._connection.execute(
            "INSERT OR IGNORE INTO texts (operation, detail) VALUES (?, ?)",
            (said.operation, msgspec.json.encode(detail)),
        )

    def text_of(self, operation: str) -> Said | None:
        """What was added of one."""
        row = self._connection.execute("SELECT detail FROM texts WHERE operation = ?", (operation,)).fetchone()
        return None if row is None else msgspec.json.decode(b'{"operation":"",' + row[0][1:], type=Said)

    def read_to(self, session: str) -> int:
        """The offset up to which a session's recording has been read."""
        row = self._connection.execute("SELECT read_to FROM sessions WHERE name = ?", (session,)).fetchone()
        return int(row[0]) if row is not None else 0

    def set_read_to(self, session: str, offset: int) -> None:
        """Go on from there the next time."""
        self._session(session, "", {})
        self._connection.execute("UPDATE sessions SET read_to = ? WHERE name = ?", (offset, session))

    def forget(self) -> None:
        """What was remembered of a transaction that was rolled back is none."""
        for known in (self._names, self._sessions, self._resources, self._shapes):
            known.clear()
        self._sponsors.clear()

    def _name(self, name: object) -> int | None:
        if name is None or name == "":
            return None
        text = _clean(str(name))
        if (id := self._names.get(text)) is None:
            id = self._names.put(text, self._intern("names", "name", text))
        return id

    def _intern(self, table: str, key: str, value: str | bytes, **others: object) -> int:
        """The number of a row, made where there is none."""
        found = self._connection.execute(f"SELECT id FROM {table} WHERE {key} = ?", (value,)).fetchone()
        if found is None:
            columns = {key: value, **others}
            marks = ", ".join("?" * len(columns))
            added = self._connection.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", tuple(columns.values())
            )
            return int(added.lastrowid or 0)
        return int(found[0])

    def _session(self, name: object, event: str, data: Mapping[str, Any]) -> int | None:
        if not isinstance(name, str):
            return None
        id = self._sessions.get(name)
        if id is None:
            id = self._sessions.put(name, self._intern("sessions", "name", _clean(name)))
            row = self._connection.execute("SELECT sponsor FROM sessions WHERE id = ?", (id,)).fetchone()
            self._remember(id, row[0])
        if event == EventName.SESSION_OPENED:
            sponsor = self._name(data.get("sponsor"))
            groups = msgspec.json.encode(data.get("groups") or []).decode()
            self._connection.execute(
                "UPDATE sessions SET sponsor = ?, database = ?, kind = ?, groups = ?, mode = ? WHERE id = ?",
                (sponsor, _text(data.get("database")), _text(data.get("kind")), groups, _text(data.get("mode")), id),
            )
            self._remember(id, sponsor)
        return id

    def _remember(self, session: int, sponsor: int | None) -> None:
        if len(self._sponsors) > _CACHED:
            self._sponsors.clear()
            self._sessions.clear()
        self._sponsors[session] = sponsor

    def _shape(self, data: Mapping[str, Any]) -> int | None:
        effects, resources = data.get("effects"), data.get("resources")
        if not isinstance(effects, list) or not isinstance(resources, list):
            return None
        pairs = [(str(effect), _clean(str(name))) for effect, name in zip(effects, resources, strict=False)]
        has_where = data.get("has_where") is True
        encoded = msgspec.json.encode([has_where, pairs])
        digest = sha256(encoded).digest()[:16]
        if (id := self._shapes.get(digest)) is None:
            before = self._connection.execute("SELECT id FROM shapes WHERE digest = ?", (digest,)).fetchone()
            id = int(before[0]) if before is not None else self._new_shape(digest, has_where, pairs)
            self._shapes.put(digest, id)
        return id

    def _new_shape(self, digest: bytes, has_where: bool, pairs: list[tuple[str, str]]) -> int:
        said = msgspec.json.encode(pairs).decode()
        id = self._intern("shapes", "digest", digest, has_where=has_where, pairs=said)
        for effect, name in pairs:
            self._connection.execute(
                "INSERT OR IGNORE INTO accesses (shape, effect, resource) VALUES (?, ?, ?)",
                (id, effect, self._resource(name)),
            )
        return id

    def _resource(self, name: str) -> int:
        if (id := self._resources.get(name)) is None:
            bare = bare_of(name)
            last = bare.rpartition(".")[2]
            id = self._resources.put(name, self._intern("resources", "name", name, bare=bare, last=last))
        return id


class _Known(Generic[K]):
    """Numbers of rows by what they stand for, the last used; without it each would be asked for again."""

    def __init__(self) -> None:
        self._numbers: OrderedDict[K, int] = OrderedDict()

    def get(self, key: K) -> int | None:
        """The number, where it is known."""
        return self._numbers.get(key)

    def put(self, key: K, number: int) -> int:
        """Remember it."""
        self._numbers[key] = number
        if len(self._numbers) > _CACHED:
            self._numbers.popitem(last=False)
        return number

    def clear(self) -> None:
        """Forget all of them."""
        self._numbers.clear()


def _doer(data: Mapping[str, Any]) -> str:
    """Who did it: the voters, whoever locked or minted, the author of a policy."""
    by = data.get("by") or data.get("author") or ""
    return ", ".join(map(str, by)) if isinstance(by, list) else str(by)


def microseconds(time: str) -> int:
    """Since 1970, of an RFC 3339 time."""
    moment = datetime.fromisoformat(time)
    past = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    return (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds


def bare_of(resource: str) -> str:
    """A resource's name without its kind and columns: `public.orders` of `table:public.orders(id)`."""
    kind, _, name = resource.partition(":")
    return name.removesuffix(")").partition("(")[0] if kind == "table" and name.endswith(")") else name or kind


def _words(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping) and depth < 8:
        for key, item in value.items():
            if key not in _NO_WORDS:
                yield from _words(item, depth + 1)
    elif isinstance(value, list) and depth < 8:
        for item in value:
            yield from _words(item, depth + 1)


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return _clean(value) if isinstance(value, str) else None


def _clean(text: str) -> str:
    """As SQLite can keep it, and not without end."""
    return text[:_MOST_NAME].encode(errors="replace").decode()
