"""Reviews and their votes. Every change of state is a compare-and-swap, so that two deciders cannot both win."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.store.connection import Connected
from engine.store.tables import reviews, votes


@dataclass(frozen=True, slots=True)
class StoredVote:
    """One person's vote."""

    person: str
    verdict: str
    reason: str
    time: datetime


@dataclass(frozen=True, slots=True)
class StoredReview:
    """One review. `detail` is the whole of it, encoded; `exact` its unmasked texts, there only while it is open."""

    id: str
    state: str
    subject: str
    rule: str
    requested: datetime
    deadline: datetime
    detail: bytes = field(repr=False)
    exact: bytes | None = field(default=None, repr=False)
    outcome: bytes | None = None
    decided: datetime | None = None
    votes: tuple[StoredVote, ...] = ()


class ReviewTable(Connected):
    """The reviews of the store."""

    async def add_review(self, review: StoredReview) -> None:
        """Keep a new one."""
        values = {column.name: getattr(review, column.name) for column in reviews.columns}
        async with self._writing() as connection:
            await connection.execute(insert(reviews).values(values))

    async def move_review(self, id: str, before: str, after: str, *, decided: datetime | None, erase: bool) -> bool:
        """Change its state from one to another, and erase its exact texts with it; False when it was in neither."""
        values: dict[str, object] = {"state": after}
        if decided is not None:
            values["decided"] = decided
        if erase:
            values["exact"] = None
        async with self._writing() as connection:
            moved = update(reviews).where(reviews.c.id == id, reviews.c.state == before)
            return (await connection.execute(moved.values(values))).rowcount == 1

    async def add_vote(self, id: str, vote: StoredVote) -> bool:
        """Keep a vote; False when that person has voted already."""
        values = {
            "review": id,
            "person": vote.person,
            "verdict": vote.verdict,
            "reason": vote.reason,
            "time": vote.time,
        }
        async with self._writing() as connection:
            try:
                await connection.execute(insert(votes).values(values))
            except IntegrityError:
                return False
        return True

    async def set_outcome(self, id: str, outcome: bytes) -> None:
        """Keep what became of it."""
        async with self._writing() as connection:
            await connection.execute(update(reviews).where(reviews.c.id == id).values(outcome=outcome))

    async def reviews(self, states: Collection[str], limit: int = 500) -> list[StoredReview]:
        """The latest reviews in one of these states, latest first."""
        query = select(reviews).where(reviews.c.state.in_(states)).order_by(reviews.c.requested.desc(), reviews.c.id)
        async with self._reading() as connection:
            rows = (await connection.execute(query.limit(limit))).mappings().all()
            return await _with_votes(connection, rows)

    async def review(self, id: str) -> StoredReview | None:
        """One review."""
        async with self._reading() as connection:
            rows = (await connection.execute(select(reviews).where(reviews.c.id == id))).mappings().all()
            return next(iter(await _with_votes(connection, rows)), None)

    async def count_approved(self, subject: str, rule: str) -> int:
        """How many operations of this identity, held by this rule, somebody let run before."""
        approved = select(func.count(func.distinct(reviews.c.id))).where(
            reviews.c.subject == subject, reviews.c.rule == rule, reviews.c.state.in_(("approved", "used"))
        )
        async with self._reading() as connection:
            return int((await connection.execute(approved)).scalar_one())


async def _with_votes(connection: AsyncConnection, rows: Sequence[RowMapping]) -> list[StoredReview]:
    cast: dict[str, list[StoredVote]] = {}
    query = select(votes).where(votes.c.review.in_([row["id"] for row in rows])).order_by(votes.c.number)
    for vote in (await connection.execute(query)).mappings():
        cast.setdefault(vote["review"], []).append(
            StoredVote(vote["person"], vote["verdict"], vote["reason"], vote["time"])
        )
    return [StoredReview(**row, votes=tuple(cast.get(row["id"], ()))) for row in rows]
