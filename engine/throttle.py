"""How much is written because of strangers: so much in a stretch of time, and no more."""

from __future__ import annotations

import time
from collections.abc import Callable


class Throttle:
    """Admits so many in a stretch of time, from whoever: a crowd of strangers is no reason to write without end."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._since = float("-inf")
        self._admitted = 0

    def admits(self) -> bool:
        """Whether one more may pass."""
        now = self._clock()
        if now - self._since >= self._seconds:
            self._since, self._admitted = now, 0
        self._admitted += 1
        return self._admitted <= self._most
