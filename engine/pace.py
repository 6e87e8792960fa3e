"""How fast everything goes: what all sessions did, in steps of the last hour, as long as the engine runs."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from engine.session import Counts

STEP = 30.0  # seconds
KEPT = 120  # steps: an hour
_LOOK = 5.0


class Done(NamedTuple):
    """What was done in one step."""

    operations: int = 0
    denied: int = 0
    masked: int = 0


class Pace:
    """Looks at the totals every few seconds, and keeps what was added in each step; of nothing else it grows."""

    def __init__(self, totals: Callable[[], Counts], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._totals = totals
        self._clock = clock
        self._began = clock()
        self._known = Done()
        self._step = 0
        self._steps: deque[Done] = deque([Done()], maxlen=KEPT)

    @property
    def steps(self) -> list[Done]:
        """The steps so far, the oldest first; the last one is still going on."""
        self.look()
        return list(self._steps)

    @property
    def into(self) -> float:
        """Seconds that have passed of the last step."""
        return (self._clock() - self._began) % STEP

    def look(self) -> None:
        """Take in what was done since the last look."""
        counts = self._totals()
        now = Done(counts.operations, counts.denied, counts.masked)
        step = int((self._clock() - self._began) // STEP)
        for _ in range(min(step - self._step, KEPT)):
            self._steps.append(Done())
        self._step = step
        added = (after - before for after, before in zip(now, self._known, strict=True))
        self._steps[-1] = Done(*(kept + more for kept, more in zip(self._steps[-1], added, strict=True)))
        self._known = now

    async def watch(self, until: asyncio.Event) -> None:
        """Look again and again."""
        while not until.is_set():
            self.look()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(until.wait(), _LOOK)
