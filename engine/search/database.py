"""The file `search.db`: its tables, and whether what is in it belongs to this log.

It is SQLite whatever the engine's store is: each engine has one log, and this is derived from that log alone. Nothing
is migrated: a file of another version, of another log, or one that does not read, is made anew.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

from replay.tiles import Tiles

FILE: Final = "search.db"
_VERSION: Final = 2

# What is in few spellings stands in `names` once. An entry's effects and resources are its shape: most operations have
# that of an earlier one. `texts` are of operations, from the recordings; `words` is what free text is looked for in.
_TABLES: Final = """
CREATE TABLE place (position INTEGER NOT NULL, hash BLOB NOT NULL);
CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, sponsor INTEGER, database TEXT, kind TEXT, groups TEXT,
    mode TEXT, read_to INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE resources (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, bare TEXT NOT NULL, last TEXT NOT NULL);
CREATE TABLE shapes (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, has_where INTEGER NOT NULL, pairs TEXT NOT NULL
);
CREATE TABLE accesses (
    shape INTEGER NOT NULL, effect TEXT NOT NULL, resource INTEGER NOT NULL,
    PRIMARY KEY (resource, effect, shape)
) WITHOUT ROWID;
CREATE INDEX accesses_effect ON accesses (effect, shape);
CREATE TABLE texts (id INTEGER PRIMARY KEY, operation TEXT NOT NULL UNIQUE, detail BLOB NOT NULL);
CREATE TABLE entries (
    sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL, event INTEGER NOT NULL, session INTEGER, operation TEXT,
    identity INTEGER, sponsor INTEGER, target INTEGER, verb INTEGER, decision INTEGER, rule INTEGER, review TEXT,
    shape INTEGER, summary TEXT, by INTEGER
);
CREATE INDEX entries_event ON entries (event);
CREATE INDEX entries_identity ON entries (identity) WHERE identity IS NOT NULL;
CREATE INDEX entries_by ON entries (by) WHERE by IS NOT NULL;
CREATE INDEX entries_sponsor ON entries (sponsor) WHERE sponsor IS NOT NULL;
CREATE INDEX entries_target ON entries (target) WHERE target IS NOT NULL;
CREATE INDEX entries_verb ON entries (verb) WHERE verb IS NOT NULL;
CREATE INDEX entries_decision ON entries (decision) WHERE decision IS NOT NULL;
CREATE INDEX entries_rule ON entries (rule) WHERE rule IS NOT NULL;
CREATE INDEX entries_review ON entries (review) WHERE review IS NOT NULL;
CREATE INDEX entries_session ON entries (session) WHERE session IS NOT NULL;
CREATE INDEX entries_operation ON entries (operation) WHERE operation IS NOT NULL;
CREATE INDEX entries_shape ON entries (shape) WHERE shape IS NOT NULL;
CREATE TABLE spans (number INTEGER PRIMARY KEY, earliest INTEGER NOT NULL, latest INTEGER NOT NULL);
CREATE TABLE waiting (
    sequence INTEGER PRIMARY KEY, session TEXT NOT NULL, operation TEXT NOT NULL, tries INTEGER NOT NULL
);
CREATE VIRTUAL TABLE words USING fts5(said, content='', tokenize='unicode61', columnsize=0);
INSERT INTO place VALUES (0, x'');
"""
_MADE: Final = f"{_TABLES} PRAGMA user_version = {_VERSION};"
SPAN: Final = 1024
"""Entries of which the earliest and the latest time are kept together: clocks may have been set."""


def open_index(state: Path, size: int) -> sqlite3.Connection:
    """The index of a log with so many entries published, to write to; made anew where it does not belong to it."""
    path = state / FILE
    with contextlib.suppress(sqlite3.DatabaseError):
        connection = _connect(path)
        try:
            if _belongs(connection, state / "log", size):
                return connection
        except BaseException:
            connection.close()
            raise
        connection.close()
    return new_index(state)


def new_index(state: Path) -> sqlite3.Connection:
    """An empty index in the place of what was there, which others may be reading: they find the one or the other."""
    path = state / FILE
    if not path.exists():
        return _first_index(path)
    try:
        connection = _connect(path)
        try:
            connection.executescript(f"BEGIN IMMEDIATE; {_dropped(connection)} {_MADE} COMMIT;")
        except BaseException:
            connection.close()
            raise
        return connection
    except sqlite3.DatabaseError:  # it is none of SQLite's
        for suffix in ("-wal", "-shm", ""):
            path.with_name(FILE + suffix).unlink(missing_ok=True)
        return _first_index(path)


def _first_index(path: Path) -> sqlite3.Connection:
    fresh = path.with_name(f"{FILE}.new")
    fresh.unlink(missing_ok=True)
    # Made before SQLite makes it, so that nobody else can read it at any moment; its WAL takes over the mode.
    os.close(os.open(fresh, os.O_RDWR | os.O_CREAT, 0o600))
    with closing(sqlite3.connect(fresh, isolation_level=None)) as connection:
        connection.executescript(f"BEGIN; {_MADE} COMMIT;")
    fresh.replace(path)
    return _connect(path)


def _dropped(connection: sqlite3.Connection) -> str:
    """Statements that drop every table; a virtual one takes along those it keeps itself in, so it comes first."""
    told = connection.execute("SELECT name, sql LIKE 'CREATE VIRTUAL%' FROM sqlite_master WHERE type = 'table'")
    tables = sorted(told.fetchall(), key=lambda table: not table[1])
    return "".join(f'DROP TABLE IF EXISTS "{name}"; ' for name, _ in tables if not name.startswith("sqlite_"))


def _connect(path: Path) -> sqlite3.Connection:
    if path.exists():
        path.chmod(0o600)
    else:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, timeout=30.0)
    # NORMAL: after a power cut some of the newest is missing, and is read from the log again.
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -32768", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _belongs(connection: sqlite3.Connection, log: Path, size: int) -> bool:
    """Whether it was made by this version from this log: the last entry it has is the one that the log has there."""
    if connection.execute("PRAGMA user_version").fetchone() != (_VERSION,):
        return False
    position, digest = connection.execute("SELECT position, hash FROM place").fetchone()
    if position > size:
        return False
    return position == 0 or hash_at(log, position - 1, size) == bytes(digest)


def hash_at(log: Path, sequence: int, size: int) -> bytes:
    """The SHA-256 of one entry of a log of that size."""
    return sha256(next(Tiles(log, size).entries(sequence, sequence + 1))).digest()


@contextmanager
def reading(state: Path) -> Iterator[sqlite3.Connection]:
    """The index to read from, of one moment; raises sqlite3.Error, also where there is none yet."""
    # Not mode=ro: whoever opens a WAL that a crash left has to recover it.
    with closing(sqlite3.connect(f"{(state / FILE).absolute().as_uri()}?mode=rw", uri=True, timeout=5.0)) as connection:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")
        yield connection


def position(connection: sqlite3.Connection) -> int:
    """How many entries of the log are in it."""
    return int(connection.execute("SELECT position FROM place").fetchone()[0])
