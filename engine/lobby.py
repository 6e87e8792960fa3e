"""Where connections wait until they have said who they are: bounded, and a crowd cannot keep others out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

CAPACITY = 512
"""A client that means it needs milliseconds: a stranger must open this many in that time to get in its way."""


class Lobby:
    """Time limits of the connections that wait. When it is full, who has waited longest runs out of time."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._waiting: dict[asyncio.Timeout, None] = {}  # in the order of their coming

    def __repr__(self) -> str:
        return f"<Lobby {len(self._waiting)} of {self._capacity}>"

    @contextlib.asynccontextmanager
    async def wait(self, seconds: float) -> AsyncIterator[None]:
        """Do what is inside within that time, or less when many others come. Raises TimeoutError."""
        async with asyncio.timeout(seconds) as limit:
            self._waiting[limit] = None
            try:
                if len(self._waiting) > self._capacity:
                    oldest = next(iter(self._waiting))
                    del self._waiting[oldest]
                    oldest.reschedule(asyncio.get_running_loop().time())
                yield
            finally:
                self._waiting.pop(limit, None)
