"""Opening the store: pragmas, migrations, file mode."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Self

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from engine.errors import HooptermError
from engine.store.locks import LockTable
from engine.store.reviews import ReviewTable
from engine.store.sessions import SessionTable
from engine.store.tokens import TokenTable

_MIGRATIONS = Path(__file__).parent / "migrations"
# FULL: a vote or a revocation that was answered survives a power cut. secure_delete: erased texts are overwritten.
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "secure_delete = ON",
    "foreign_keys = ON",
    "busy_timeout = 5000",
)


class Store(TokenTable, LockTable, SessionTable, ReviewTable):
    """The engine's relational state. Make it with `Store.open`; what a method changed is durable when it returns.

    `is_new`: it was empty, without a table, when it was opened.
    """

    is_new = False

    @classmethod
    async def open(cls, url: str, state: Path) -> Self:
        """The store at a URL (`sqlite`: the file `hoopterm.db` of the state directory), brought up to date.

        Raises HooptermError; the URL's password is in no message."""
        try:
            engine = _sqlite(state / "hoopterm.db") if url == "sqlite" else _postgres(url)
        except ArgumentError:
            raise HooptermError("the store's URL does not read", "", "write sqlite or postgresql://…") from None
        try:
            async with engine.begin() as connection:
                is_new = await connection.run_sync(_migrate)
        except (SQLAlchemyError, OSError) as error:
            await engine.dispose()
            why = str(getattr(error, "orig", None) or error)
            raise HooptermError(f"the store {engine.url!r} does not open", why, "check engine.store") from None
        store = cls(engine)
        store.is_new = is_new
        return store

    def __repr__(self) -> str:
        return f"<Store {self._engine.url!r}>"

    async def close(self) -> None:
        """Close its connections."""
        await self._engine.dispose()


def _sqlite(path: Path) -> AsyncEngine:
    # Made before SQLite makes it, so that nobody else can read it at any moment; its WAL takes over the mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)
    # One connection: SQLite has one writer, and waiting here is fair where its lock is not.
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", pool_size=1, max_overflow=0)

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, record: object) -> None:
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _postgres(url: str) -> AsyncEngine:
    return create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), pool_size=4, pool_pre_ping=True)


def _migrate(connection: Connection) -> bool:
    """Bring the tables up to date; whether there were none."""
    is_new = not inspect(connection).has_table("alembic_version")
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return is_new
