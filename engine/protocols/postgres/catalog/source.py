"""The engine's own connection to a target's catalog: loads it, and notices what changed before anyone relies on it.

A decision never rests on a snapshot that was last compared with the server more than `interval` seconds ago; what a
session of ours changes is asked for at once (`outdate`). The comparison costs one round trip, and the server next to
nothing while no transaction has ended since the last one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import asyncpg

from engine.errors import UpstreamError
from engine.protocols.postgres.address import parse_address
from engine.protocols.postgres.catalog import queries
from engine.protocols.postgres.catalog.snapshot import (
    Objects,
    Snapshot,
    load_builtin,
    load_changes,
    load_surroundings,
    load_users,
)
from engine.protocols.postgres.catalog.stamps import NO_STAMPS, STAMPS, Stamps, decode
from engine.secrets.resolve import Login
from engine.tls import ClientTLS, TLSMode, client_context

Connect = Callable[[], Awaitable[Any]]
"""Makes an asyncpg connection to the target's database; the credential stays with whoever wrote it."""

INTERVAL = 1.0
_MOST_ROLES = 1000
_MOST_CHANGED = 500  # relations that are loaded by themselves rather than with all others
_TIMEOUT = 30.0  # seconds

_SETTINGS = """
select pg_catalog.set_config(name, value, false) from (values
  ('search_path', ''), ('default_transaction_read_only', 'on'), ('jit', 'off'), ('application_name', 'hoopterm'),
  ('lock_timeout', '500ms'), ('statement_timeout', '20s'), ('client_min_messages', 'error')) settings(name, value)
"""
_FAULTS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, ValueError)


def connector(address: str, database: str, login: Login, tls: ClientTLS | None = None) -> Connect:
    """Connects like the engine's other upstream connections do."""

    async def connect() -> Any:
        where = parse_address(address)
        mode = (tls or ClientTLS()).resolved(is_local=where.is_local)
        ssl: Any = False
        if not where.path and mode is not TLSMode.DISABLE:
            ssl = "prefer" if mode is TLSMode.PREFER else client_context(mode, tls.ca if tls else None, "postgresql")
        return await asyncpg.connect(
            host=where.path.rpartition("/")[0] if where.path else where.host,
            port=int(where.path.rpartition(".")[2]) if where.path else where.port,
            user=login.user,
            password=login.password.reveal() if login.password else None,
            database=database,
            ssl=ssl,
            timeout=_TIMEOUT,
            command_timeout=_TIMEOUT,
        )

    return connect


class CatalogSource:
    """Gives snapshots that are fresh."""

    def __init__(self, connect: Connect, *, interval: float = INTERVAL, clock: Callable[[], float] = monotonic) -> None:
        self._connect = connect
        self._interval = interval
        self._clock = clock
        self._lock = asyncio.Lock()
        self._connection: Any = None
        self._builtin: Objects | None = None
        self._usable: dict[str, frozenset[str]] = {}
        self._usable_version = 0
        self.announced = 0  # how often a change was
        self._snapshot: Snapshot | None = None
        self._transactions = ""  # the server's when it was last compared
        self.stamps = NO_STAMPS
        self._compared = float("-inf")
        self._failed: tuple[float, UpstreamError] | None = None

    @property
    def builtin(self) -> Objects:
        """What initdb made; known once a snapshot is."""
        return self._builtin or Objects()

    @property
    def current(self) -> Snapshot | None:
        """The snapshot if it may be relied on right now."""
        return self._snapshot if self._clock() - self._compared < self._interval else None

    @property
    def latest(self) -> Snapshot | None:
        """The last snapshot there was, which may be out of date."""
        return self._snapshot

    def outdate(self) -> None:
        """The schema was changed: compare before the next use."""
        self._compared = float("-inf")
        self.announced += 1

    async def fresh(self) -> Snapshot:
        """A snapshot that may be relied on; raises UpstreamError where the catalog cannot be read."""
        if (snapshot := self.current) is not None:
            return snapshot
        asked = self._clock()
        async with self._lock:
            if self._compared >= asked and self._snapshot is not None:
                return self._snapshot  # somebody compared while we waited
            if self._failed is not None and self._clock() - self._failed[0] < self._interval:
                raise self._failed[1]
            started, announced = self._clock(), self.announced
            try:
                self._snapshot = await self._compare()
            except _FAULTS as fault:
                raise await self._give_up(fault) from None
            if announced == self.announced:
                self._compared = started
            self._failed = None
            return self._snapshot

    async def usable(self, role: str) -> frozenset[str]:
        """The schemas that this role may look into. Raises UpstreamError."""
        snapshot = await self.fresh()
        if self._usable_version != snapshot.version:
            self._usable.clear()
            self._usable_version = snapshot.version
        schemas = self._usable.get(role)
        if schemas is None:
            async with self._lock:
                try:
                    rows = await self._connection.fetch(queries.USABLE_SCHEMAS, role)
                except _FAULTS as fault:
                    raise await self._give_up(fault) from None
            if len(self._usable) >= _MOST_ROLES:
                self._usable.clear()
            schemas = self._usable[role] = frozenset(row[0] for row in rows)
        return schemas

    def usable_now(self, role: str) -> frozenset[str] | None:
        """The same without waiting, None where it is not known yet."""
        snapshot = self.current
        return self._usable.get(role) if snapshot is not None and snapshot.version == self._usable_version else None

    async def close(self) -> None:
        """Hang up."""
        async with self._lock:
            await self._hang_up()

    async def _compare(self) -> Snapshot:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
            self._snapshot = self._builtin = None  # it may be another server by now
            self._transactions, self.stamps = "", NO_STAMPS
            await self._connection.execute(_SETTINGS)
        # what was locked when it was loaded may be free by now, and nothing else need have changed
        is_whole = self._snapshot is not None and not self._snapshot.has_unreadable
        known = self._transactions if is_whole else ""
        transactions, told = await self._connection.fetchrow(STAMPS, known)
        stamps = self.stamps if told is None else decode(told)
        snapshot = self._snapshot
        if snapshot is None or not is_whole or stamps != self.stamps:
            # the stamps are from before the load: what changes during it differs at the next comparison
            snapshot = await self._load(stamps)
        self._transactions, self.stamps = transactions, stamps
        return snapshot

    async def _load(self, stamps: Stamps) -> Snapshot:
        surroundings = await load_surroundings(self._fetch)
        if self._builtin is None:
            self._builtin = await load_builtin(self._fetch)
        old = self._snapshot
        users = None
        if old is not None and stamps.others == self.stamps.others:
            locked = {relation.oid for relation in old.users.relations if relation.is_unreadable}
            changed = stamps.changed_since(self.stamps) | locked
            if len(changed) <= _MOST_CHANGED:
                users = await load_changes(self._fetch, old.users, changed)
        if users is None:
            users = await load_users(self._fetch)
        if old is not None and (old.users, old.surroundings) == (users, surroundings):
            return old
        return Snapshot(self._builtin, users, surroundings)

    async def _fetch(self, query: str) -> list[str]:
        return [row[0] for row in await self._connection.fetch(query)]

    async def _give_up(self, fault: BaseException) -> UpstreamError:
        await self._hang_up()
        # not the fault's own text: it may quote what was sent to log in
        why = f"{type(fault).__name__} {getattr(fault, 'sqlstate', '') or ''}".strip()
        error = UpstreamError("the target's catalog cannot be read", why, "look at the engine's log and the target")
        self._failed = (self._clock(), error)
        return error

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
