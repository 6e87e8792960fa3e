"""The tables, and how values are kept in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """A time in UTC as microseconds since 1970: SQLite has no times of its own, and numbers sort everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """The number of a time; a time without a zone is refused."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """The time of a number."""
        return None if value is None else _EPOCH + value * _MICROSECOND


metadata = MetaData()

tokens = Table(
    "tokens",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("minted_by", Text, nullable=False),
    Column("on_behalf_of", Text),
    Column("created", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("revoked", Moment),
    Column("last_used", Moment),
)

locks = Table(
    "locks",
    metadata,
    Column("kind", String(16), primary_key=True),  # identity | target
    Column("name", Text, primary_key=True),
    Column("locked_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Moment, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("opened", Moment, nullable=False),
    Column("closed", Moment),
    Column("detail", LargeBinary, nullable=False),
    Index("sessions_opened", "opened"),
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("subject", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("requested", Moment, nullable=False),
    Column("deadline", Moment, nullable=False),
    Column("decided", Moment),
    Column("detail", LargeBinary, nullable=False),
    Column("exact", LargeBinary),  # only while it is open
    Column("outcome", LargeBinary),
    Index("reviews_state", "state"),
    Index("reviews_requested", "requested"),
    Index("reviews_similar", "subject", "rule"),
)

votes = Table(
    "votes",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("review", String(64), ForeignKey("reviews.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("person", Text, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("time", Moment, nullable=False),
    Index("votes_once", "review", "person", unique=True),
)
