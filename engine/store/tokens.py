"""Tokens as the store keeps them: digests, never secrets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update

from engine.identity.tokens import Token
from engine.store.connection import Connected
from engine.store.tables import tokens


class TokenTable(Connected):
    """What `engine.identity.tokens` asks of a store."""

    async def tokens(self) -> Sequence[Token]:
        """All of them."""
        async with self._reading() as connection:
            rows = await connection.execute(select(tokens))
            return [Token(**row) for row in rows.mappings()]

    async def add_token(self, token: Token) -> None:
        """Keep a new one."""
        values = {column.name: getattr(token, column.name) for column in tokens.columns}
        async with self._writing() as connection:
            await connection.execute(insert(tokens).values(values))

    async def revoke_token(self, id: str, revoked: datetime) -> None:
        """Remember its revocation; the first one stays."""
        first = update(tokens).where(tokens.c.id == id, tokens.c.revoked.is_(None))
        async with self._writing() as connection:
            await connection.execute(first.values(revoked=revoked))

    async def use_token(self, id: str, last_used: datetime) -> None:
        """Remember its last use."""
        async with self._writing() as connection:
            await connection.execute(update(tokens).where(tokens.c.id == id).values(last_used=last_used))
