"""Catalog questions on the client's own upstream session, hidden from the client.

Only that session sees its uncommitted schema, its temporary objects and its settings. The question travels as an
extended-protocol statement under names no client can guess; it leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Protocol

from engine.protocols.postgres import answers as a
from engine.protocols.postgres import requests as r
from engine.protocols.postgres.errands import Errand, Hidden
from engine.protocols.postgres.messages import Message
from engine.protocols.postgres.statement import Row

_MOST_ROWS = 100_000


class Asker(Protocol):
    """What a probe needs of the relay."""

    @property
    def can_be_asked(self) -> bool:
        """Whether the upstream session would answer: alive, no failed transaction, no COPY."""

    @property
    def is_in_batch(self) -> bool:
        """Whether a batch of the client's is open, so that Sync would commit half of it."""

    async def answered(self) -> None:
        """Wait until everything sent so far is answered."""

    def send(self, message: Message, errand: Errand | None) -> None:
        """Send a message upstream."""

    def flush(self) -> None:
        """Write what was sent."""


class _Question(Hidden):
    """The Execute of a probe: gathers its rows."""

    __slots__ = ("_answered", "_is_in_batch", "_rows")

    def __init__(self, answered: asyncio.Future[list[Row]], *, is_in_batch: bool) -> None:
        self._answered = answered
        self._is_in_batch = is_in_batch
        self._rows: list[Row] = []

    def answer(self, kind: int, data: bytes) -> bytes:
        if kind == a.DataRow.kind and len(self._rows) < _MOST_ROWS:
            self._rows += _rows(data)
        elif kind == a.CommandComplete.kind and not self._answered.done():
            self._answered.set_result(self._rows)
        return b""

    def fail(self, error: a.ErrorResponse) -> a.ErrorResponse | None:
        self.give_up("the upstream refused the question")
        return error if self._is_in_batch else None

    def skip(self) -> None:
        self.give_up("the upstream passed the question over")

    def lose(self, why: str) -> None:
        self.give_up(why)

    def give_up(self, why: str) -> None:
        """There will be no rows."""
        if not self._answered.done():
            self._answered.set_exception(LookupError(why))


class _Part(Hidden):
    """The other messages of a probe; an error in one of them is the question's."""

    __slots__ = ("_question",)

    def __init__(self, question: _Question) -> None:
        self._question = question

    def fail(self, error: a.ErrorResponse) -> a.ErrorResponse | None:
        return self._question.fail(error)


async def ask(asker: Asker, query: str) -> list[Row]:
    """The rows of one harmless query, as text. Raises `LookupError` when the session cannot be asked.

    Inside a client's open batch an error would have the upstream skip the rest of it; such an error then stays the
    batch's, for the client to see.
    """
    await asker.answered()
    if not asker.can_be_asked:
        raise LookupError("the session cannot be asked right now")
    answered: asyncio.Future[list[Row]] = asyncio.get_running_loop().create_future()
    is_in_batch = asker.is_in_batch
    question = _Question(answered, is_in_batch=is_in_batch)
    part = _Part(question)
    name = f"hoopterm_{secrets.token_hex(16)}"
    asker.send(r.Parse(name, query), part)
    asker.send(r.Bind(name, name), part)
    asker.send(r.Execute(name), question)
    asker.send(r.Close("P", name), part)
    asker.send(r.Close("S", name), part)
    if is_in_batch:
        asker.send(r.Flush(), None)
    else:
        asker.send(r.Sync(), part)
    asker.flush()
    rows = await answered
    await asker.answered()
    return rows


def _rows(data: bytes) -> list[Row]:
    rows: list[Row] = []
    position = 0
    while position < len(data):
        end = position + 1 + int.from_bytes(data[position + 1 : position + 5])
        row = a.DataRow.decode(data[position:end])
        rows.append(tuple(None if value is None else value.decode("utf-8", "replace") for value in row.values))
        position = end
    return rows
