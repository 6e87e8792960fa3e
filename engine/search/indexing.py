"""One step after the other along the log, each a transaction with its position."""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from engine.search.database import new_index, open_index, position
from engine.search.projection import TELL_STATEMENTS, Projection, microseconds
from engine.search.texts import Said, said_in
from replay.tiles import Tiles

BATCH: Final = 1000  # entries of one transaction
_TRIES: Final = 20  # times that a recording is looked into for a statement that its entry came before
_PATIENCE: Final = 60.0  # seconds from an entry's time within which its recording may still be on its way
_AT_ONCE: Final = 500  # entries without their statement that are looked for in one go

T = TypeVar("T")
Entry = tuple[int, dict[str, Any]]


class Indexing:
    """The index of one state directory, written by one process at a time."""

    def __init__(self, state: Path, size: int, clock: Callable[[], float] = time.time) -> None:
        """`size`: how many entries of the log are published."""
        self._clock = clock
        self._state = state
        self._size = size
        self._use(open_index(state, size))

    def _use(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._projection = Projection(connection)
        self.position = position(connection)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def renew(self) -> None:
        """Begin anew."""
        self._connection.close()
        self._use(new_index(self._state))

    @property
    def has_waiting(self) -> bool:
        """Whether statements are looked for that were not in their recordings yet."""
        return bool(self._connection.execute("SELECT EXISTS (SELECT 1 FROM waiting)").fetchone()[0])

    def step(self, size: int) -> int:
        """Take in up to `BATCH` of the entries before `size`; how many. Raises OSError, ValueError where the log does
        not read, sqlite3.Error."""
        self._size = size
        stop = min(size, self.position + BATCH)
        raw = list(Tiles(self._state / "log", size).entries(self.position, stop))
        if not raw:
            return 0
        entries = [(number, msgspec.json.decode(each)) for number, each in enumerate(raw, self.position)]
        self._atomically(lambda: self._take(entries, sha256(raw[-1]).digest()))
        self.position = stop
        return len(raw)

    def look_again(self) -> int:
        """Look once more for what was not in its recording yet; how many were found."""
        return self._atomically(self._look_again)

    def _atomically(self, work: Callable[[], T]) -> T:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            result = work()
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._projection.forget()
            raise
        return result

    def _take(self, entries: list[Entry], last: bytes) -> None:
        telling = [(number, entry) for number, entry in entries if _tells(entry)]
        found = self._said_of((entry["session"], entry["operation"]) for _, entry in telling)
        for number, entry in entries:
            said = found.get(entry["operation"]) if entry.get("operation") else None
            # the words of an entry come all at once: FTS5 without content takes none back, and adds to none
            waits = said is None and _tells(entry) and self._is_recent(entry)
            if waits:
                self._wait_for(number, entry)
            self._projection.add(number, entry, said, has_words=not waits)
        self._connection.execute("UPDATE place SET position = ?, hash = ?", (entries[-1][0] + 1, last))

    def _is_recent(self, entry: dict[str, Any]) -> bool:
        return abs(self._clock() - microseconds(entry["time"]) / 1e6) < _PATIENCE

    def _wait_for(self, number: int, entry: dict[str, Any]) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, 0)", (number, entry["session"], entry["operation"])
        )

    def _look_again(self) -> int:
        rows = self._connection.execute(
            "SELECT sequence, session, operation, tries FROM waiting ORDER BY tries, sequence LIMIT ?", (_AT_ONCE,)
        ).fetchall()
        found = self._said_of((session, operation) for _, session, operation, _ in rows)
        told = 0
        for number, _, operation, tries in rows:
            said = found.get(operation)
            if said is None and tries < _TRIES:
                self._connection.execute("UPDATE waiting SET tries = tries + 1 WHERE sequence = ?", (number,))
                continue
            entry = msgspec.json.decode(next(Tiles(self._state / "log", self._size).entries(number, number + 1)))
            self._projection.add_words(number, entry["event"], entry["data"], said)
            self._connection.execute("DELETE FROM waiting WHERE sequence = ?", (number,))
            told += said is not None
        return told

    def _said_of(self, wanted: Iterable[tuple[str, str]]) -> dict[str, Said]:
        """What the recordings say of these operations, as far as they are stored; read on where that is not known."""
        found: dict[str, Said] = {}
        by_session = itertools.groupby(sorted(set(wanted)), key=lambda pair: pair[0])
        for session, pairs in by_session:
            missing = set()
            for _, operation in pairs:
                said = self._projection.text_of(operation)
                if said is None:
                    missing.add(operation)
                else:
                    found[operation] = said
            if missing:
                self._read_on(session, missing, found)
        return found

    def _read_on(self, session: str, missing: set[str], found: dict[str, Said]) -> None:
        start = end = self._projection.read_to(session)
        for behind, block in said_in(self._state / "recordings", session, start):
            end = behind
            for said in block:
                self._projection.add_text(said)
                if said.operation in missing:
                    found[said.operation] = said
                    missing.discard(said.operation)
            if not missing:
                break
        if end != start:
            self._projection.set_read_to(session, end)


def _tells(entry: dict[str, Any]) -> bool:
    return entry["event"] in TELL_STATEMENTS and bool(entry.get("operation")) and bool(entry.get("session"))
