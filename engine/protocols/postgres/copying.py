"""Whether a client's COPY data is wanted."""

from __future__ import annotations

from enum import Enum, auto


class Copying(Enum):
    """Where a COPY … FROM STDIN stands, between the statement and its end."""

    NO = auto()
    AWAITED = auto()  # a statement that may ask for data, or has had it, is not answered yet: nothing else goes up
    OPEN = auto()
