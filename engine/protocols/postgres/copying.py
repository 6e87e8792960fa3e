"""Whether a client's COPY data is wanted."""

from __future__ import annotations

from enum import Enum, auto

from engine.protocols.postgres.statement import Statement


class Copying(Enum):
    """Where a COPY … FROM STDIN stands, between the statement and its end."""

    NO = auto()
    AWAITED = auto()  # a statement that may ask for data, or has had it, is not answered yet: nothing else goes up
    OPEN = auto()
    CLOSED = auto()  # a statement with limits is not answered yet: nothing else goes up, and it copies nothing


def may_copy_in(statement: Statement) -> bool:
    """Whether the upstream may ask for COPY data; of a statement nobody could read, it may."""
    return statement.copy_direction == "in" or statement.why_opaque is not None
