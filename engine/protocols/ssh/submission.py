"""One request of the client, as the pipeline sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from engine.model import Operation
from engine.protocols.base import Hold


class Submission:
    """The operations of one channel request, decided together. Their meaning hangs on nothing that may change."""

    def __init__(self, operations: Sequence[Operation], tell: Callable[[Hold], None]) -> None:
        self._operations = operations
        self._tell = tell
        self.withdrawn = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Submission of {len(self._operations)}>"

    async def analyse(self) -> Sequence[Operation]:
        """The operations; they were analysed when they were made."""
        return self._operations

    async def estimate(self, operation: Operation) -> int | None:
        """Nothing here has rows."""
        return None

    async def hold(self, hold: Hold) -> None:
        """Tell the client that it waits."""
        self._tell(hold)

    def withdraw(self) -> None:
        """The client interrupted it, or is gone."""
        self.withdrawn.set()
