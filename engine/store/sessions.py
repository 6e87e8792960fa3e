"""The list of sessions, live and past. What happened in them is in their recordings."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec
from sqlalchemy import RowMapping, insert, select, update

from engine.model import Identity, Target
from engine.store import tables
from engine.store.connection import Connected


class SessionCounts(Protocol):
    """What a session has done."""

    operations: int
    denied: int
    held: int
    masked: int
    rows: int
    last_verb: str


class LiveSession(Protocol):
    """What the list keeps of a session."""

    id: str
    identity: Identity
    target: Target
    client: str
    opened: datetime

    @property
    def counts(self) -> SessionCounts:
        """What it has done so far."""


class PastSession(msgspec.Struct, frozen=True, kw_only=True):
    """One session of the list; `closed` is None while it lives, and where the engine ended before it."""

    id: str
    identity: Identity
    target: str
    protocol: str
    client: str
    mode: str
    opened: datetime
    closed: datetime | None = None
    operations: int = 0
    denied: int = 0
    held: int = 0
    masked: int = 0
    rows: int = 0
    last_verb: str = ""


def listed(session: LiveSession, closed: datetime | None = None) -> PastSession:
    """A live session as the list has it, or one that was just `closed`."""
    counts, target = session.counts, session.target
    return PastSession(
        id=session.id,
        identity=session.identity,
        target=target.name,
        protocol=target.protocol,
        client=session.client,
        mode=target.mode.value,
        opened=session.opened,
        closed=closed,
        operations=counts.operations,
        denied=counts.denied,
        held=counts.held,
        masked=counts.masked,
        rows=counts.rows,
        last_verb=counts.last_verb,
    )


def _from_row(row: RowMapping) -> PastSession:
    return msgspec.json.decode(row["detail"], type=PastSession)


class SessionTable(Connected):
    """The sessions of the store."""

    async def add_session(self, session: LiveSession) -> None:
        """Keep a session that has opened."""
        values = {
            "id": session.id,
            "subject": session.identity.subject,
            "target": session.target.name,
            "opened": session.opened,
            "detail": msgspec.json.encode(listed(session)),
        }
        async with self._writing() as connection:
            await connection.execute(insert(tables.sessions).values(values))

    async def close_session(self, session: LiveSession, closed: datetime) -> None:
        """Keep how it ended."""
        detail = msgspec.json.encode(listed(session, closed))
        async with self._writing() as connection:
            ended = update(tables.sessions).where(tables.sessions.c.id == session.id)
            await connection.execute(ended.values(closed=closed, detail=detail))

    async def past_sessions(self, limit: int = 200, before: datetime | None = None) -> list[PastSession]:
        """The latest sessions that opened before a time, latest first; live ones among them."""
        query = select(tables.sessions).order_by(tables.sessions.c.opened.desc(), tables.sessions.c.id).limit(limit)
        if before is not None:
            query = query.where(tables.sessions.c.opened < before)
        async with self._reading() as connection:
            return [_from_row(row) for row in (await connection.execute(query)).mappings()]

    async def past_session(self, id: str) -> PastSession | None:
        """One session."""
        async with self._reading() as connection:
            found = (
                (await connection.execute(select(tables.sessions).where(tables.sessions.c.id == id))).mappings().first()
            )
        return None if found is None else _from_row(found)
