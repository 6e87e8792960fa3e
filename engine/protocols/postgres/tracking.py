"""What the analysis of a statement hangs on, followed as the upstream session really has it.

The server reports some of it (ParameterStatus); the rest is asked for (`SHOW`, which takes no snapshot, so that a
transaction's isolation level can still be set after it) whenever a statement may have changed it.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from typing import TYPE_CHECKING

from engine.model import Column
from engine.protocols.postgres.portals import Prepared, SessionNames, as_prepared
from engine.protocols.postgres.statement import PreparedStatement, Probe, SessionState, Statement

if TYPE_CHECKING:
    from engine.protocols.postgres.limits import Tally

_FOLLOWED = frozenset({"search_path", "session_authorization", "standard_conforming_strings", "client_encoding"})

# Encodings in which every byte below 0x80 means itself wherever it stands; in the others a quote can hide.
_CODECS = {
    **{f"LATIN{number}": f"iso8859-{part}" for number, part in enumerate((1, 2, 3, 4, 9, 10, 13, 14, 15, 16), 1)},
    **{f"ISO_8859_{part}": f"iso8859-{part}" for part in (5, 6, 7, 8)},
    **{f"WIN{number}": f"cp{number}" for number in (866, 874, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258)},
    "UTF8": "utf-8", "SQL_ASCII": "utf-8", "KOI8R": "koi8-r", "KOI8U": "koi8-u",
    "EUC_JP": "euc_jp", "EUC_KR": "euc_kr", "EUC_CN": "gb2312",
}  # fmt: skip


class Tracker:
    """Follows one upstream session. `status` is that of the last ReadyForQuery: I, T or E."""

    def __init__(self, database: str, role: str, reported: Mapping[str, str]) -> None:
        self.names = SessionNames()
        self.status = "I"
        self.is_stale = True
        self.changed_schema = False
        self._has_begun = False
        self._prepared: dict[str, PreparedStatement] = {}
        self._cursors: dict[str, tuple[Column, ...] | None] = {}
        self._cursor_texts: dict[str, str] = {}
        self.tallies: dict[str, Tally] = {}  # of the cursors whose rows are limited
        self._has_touched_settings = False
        self._has_touched_schema = False
        self._has_temporary = False
        self._reported: dict[str, str] = {}
        self._login = role
        self.state = SessionState(
            database,
            role,
            prepared=self._prepared,
            cursors=self._cursors,
            cursor_texts=self._cursor_texts,
            settings_may_revert=False,
        )
        for name, value in reported.items():
            self.reported(name, value)

    def __repr__(self) -> str:
        stale = ", stale" if self.is_stale else ""
        return f"<Tracker {self.status} role {self.state.role} path {', '.join(self.state.search_path)}{stale}>"

    def reported(self, name: str, value: str) -> None:
        """A ParameterStatus."""
        if self._reported.get(name) == value:
            return
        self._reported[name] = value
        if name == "server_version":
            self.state.server_version = version_number(value)
        if name in _FOLLOWED:
            self._resolve()

    def read(self, text: bytes) -> str:
        """A statement's text in the client's encoding. Raises `UnicodeError` where what it says cannot be told."""
        if text.isascii():
            return text.decode("ascii")
        codec = _CODECS.get(self.state.client_encoding)
        if codec is None:
            raise UnicodeError(f"statements in client encoding {self.state.client_encoding} cannot be read here")
        return text.decode(codec)

    def written(self, text: str) -> bytes:
        """A part of what was read, as the client wrote it."""
        return text.encode(_CODECS.get(self.state.client_encoding, "ascii"))

    @property
    def is_in_transaction(self) -> bool:
        """Whether a statement now would run inside a transaction block, and so behind locks it may hold."""
        return self._has_begun or self.status != "I"

    def may_change(self, statement: Statement) -> bool:
        """Whether what comes after this statement can only be analysed once it has been answered."""
        if statement.transaction in ("commit", "rollback"):
            return bool(self._has_touched_settings or self._has_touched_schema or self._cursors)
        return bool(
            statement.changes_settings
            or statement.changes_schema
            or statement.prepares_as is not None
            or statement.deallocates is not None
            or statement.declares is not None
            or statement.closes is not None
            or statement.why_opaque is not None
        )

    def forwarding(self, statement: Statement) -> None:
        """It goes upstream now; whatever becomes of it, its effects may be undone later."""
        self._has_begun |= statement.transaction == "begin"
        if statement.changes_settings or statement.why_opaque is not None:
            self._touch_settings(True)
        if statement.changes_schema:
            self._has_touched_schema = True

    def completed(self, statement: Statement) -> None:
        """The server did it."""
        if statement.changes_settings or statement.why_opaque is not None:
            self.is_stale = True
        if statement.changes_schema:
            self._has_temporary |= any(access.resource.name.startswith("pg_temp") for access in statement.accesses)
            self.state.has_uncommitted_schema = True
            self._changed()
        is_end = statement.transaction in ("commit", "rollback")
        if is_end:
            self.is_stale |= self._has_touched_settings
        if is_end or statement.verb == "ROLLBACK TO":
            self._forget_cursors()  # which of them are younger than a savepoint is not known
            if self.state.has_uncommitted_schema:
                self._changed()  # what the session made may be gone, and names mean others' objects again
        self._follow_names(statement)
        self._follow_cursors(statement)

    def ready(self, status: str) -> None:
        """ReadyForQuery."""
        self.status = status
        self._has_begun = False
        if status != "I":
            return
        self.is_stale |= self._has_touched_settings
        self._touch_settings(False)
        if self._has_touched_schema:
            self._has_touched_schema = False
            self.changed_schema = True
            self.state.has_uncommitted_schema = self._has_temporary
            self._changed()
        self._forget_cursors()

    def prepared(self, name: str, prepared: Prepared | None) -> None:
        """The protocol's Parse or Close changed what a name means to SQL's EXECUTE."""
        if prepared is not None and prepared.statement is not None and not prepared.is_unread:
            self._prepared[name] = PreparedStatement(prepared.text, prepared.statement)
        else:
            self._prepared.pop(name, None)

    def portal_closed(self, name: str) -> None:
        """The protocol's Close ended what goes by this name: a portal, or a cursor of SQL's making."""
        if name in self._cursors:
            del self._cursors[name]
            self._changed()

    async def refresh(self, probe: Probe, *, is_reported: bool) -> None:
        """Ask for what is not known; raises `LookupError` when the session cannot be asked.

        Reports come with ReadyForQuery, so inside a batch (`is_reported` is false) everything is asked for.
        """
        for name in ("role", *sorted(_FOLLOWED)):
            if name == "role" or name not in self._reported or not is_reported:
                ((value,),) = await probe(f"SHOW {name}")
                self._reported[name] = value or ""
        self.is_stale = False
        self._resolve()

    def _follow_names(self, statement: Statement) -> None:
        statements = self.names.statements
        if statement.deallocates == "":
            statements.clear()
            self._prepared.clear()
        elif statement.deallocates is not None:
            statements.forget(statement.deallocates)
            self._prepared.pop(statement.deallocates, None)
        if statement.prepares is not None and statement.prepares_as is not None:
            self._prepared[statement.prepares_as] = statement.prepares
            statements.define(statement.prepares_as, as_prepared(statement.prepares))
        if statement.deallocates is not None or statement.prepares is not None:
            self._changed()

    def _follow_cursors(self, statement: Statement) -> None:
        """A portal and a cursor are one thing under one name: what SQL closes or makes anew, the protocol sees too."""
        portals = self.names.portals
        if statement.closes == "":
            self._forget_cursors()
            gone = portals.clear()
        else:
            ended = (statement.closes, statement.declares)
            gone = [portal for name in ended if name is not None and (portal := portals.forget(name)) is not None]
        for portal in gone:
            portal.close()
        if statement.closes is not None:
            self._cursors.pop(statement.closes, None)
            self.tallies.pop(statement.closes, None)
        if statement.declares is not None:
            self._cursors[statement.declares] = statement.columns
            self.tallies.pop(statement.declares, None)
            self._cursor_texts[statement.declares] = statement.text
            self._changed()

    def _forget_cursors(self) -> None:
        # A cursor WITH HOLD lives on; forgotten, it is read with its columns unknown, and so masked.
        if self._cursors:
            self._cursors.clear()
            self.tallies.clear()
            self._changed()

    def _resolve(self) -> None:
        reported, state = self._reported, self.state
        role = reported.get("role", "none")
        if role == "none":
            role = reported.get("session_authorization", self._login)
        path = tuple(role if name == "$user" else name for name in split_path(reported.get("search_path", "public")))
        strings = reported.get("standard_conforming_strings", "on") == "on"
        encoding = reported.get("client_encoding", "UTF8")
        now = (role, path, strings, encoding)
        if now != (state.role, state.search_path, state.standard_conforming_strings, state.client_encoding):
            state.role, state.search_path, state.standard_conforming_strings, state.client_encoding = now
            self._changed()

    def _touch_settings(self, touched: bool) -> None:
        self._has_touched_settings = touched
        if self.state.settings_may_revert is not touched:
            self.state.settings_may_revert = touched
            self._changed()

    def _changed(self) -> None:
        self.state.version += 1


def split_path(text: str) -> tuple[str, ...]:
    """The names in a search_path setting, as SplitIdentifierString of varlena.c reads them."""
    names: list[str] = []
    position, end = 0, len(text)
    while position < end:
        if text[position] in " \t\n\r\f\v,":
            position += 1
        elif text[position] == '"':
            name, position = _quoted(text, position + 1)
            names.append(name)
        else:
            start = position
            while position < end and text[position] not in " \t\n\r\f\v,":
                position += 1
            names.append(text[start:position].lower())
    return tuple(name for name in names if name)


def _quoted(text: str, position: int) -> tuple[str, int]:
    name: list[str] = []
    while (closing := text.find('"', position)) >= 0:
        name.append(text[position:closing])
        if text[closing + 1 : closing + 2] != '"':
            return "".join(name), closing + 1
        name.append('"')
        position = closing + 2
    return "".join((*name, text[position:])), len(text)


def version_number(text: str) -> int:
    """`server_version` as server_version_num has it: `18.1 (Debian …)` is 180001."""
    major, _, minor = text.partition(" ")[0].partition(".")
    return _leading(major, 18) * 10_000 + _leading(minor, 0)


def _leading(text: str, otherwise: int) -> int:
    digits = "".join(takewhile(str.isdigit, text))
    return int(digits) if digits else otherwise
