"""Transactions of the store; what the database says when one fails becomes an error of ours, without its values."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from engine.errors import HooptermError


class Connected:
    """What every table of the store needs: a way to its database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is committed, and durable, when the block ends; raises HooptermError."""
        try:
            async with self._engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise _failed(error) from None

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read from; raises HooptermError."""
        try:
            async with self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise _failed(error) from None


def _failed(error: Exception) -> HooptermError:
    # SQLAlchemy's own text quotes the statement's parameters; the driver's text does not.
    why = str(getattr(error, "orig", None) or type(error).__name__)
    return HooptermError("the store cannot be used", why, "look at its disk or server, then try again")
