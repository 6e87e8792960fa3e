"""At most so many repaints a second, and none later than it has to be."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

PERIOD = 0.25


class Pulse:
    """Calls back at once when the last time is long ago, else when the period is over.

    `later` schedules a call after some seconds, as Textual's `set_timer` does.
    """

    def __init__(
        self,
        beat: Callable[[], None],
        later: Callable[[float, Callable[[], None]], object],
        *,
        period: float = PERIOD,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._beat = beat
        self._later = later
        self._period = period
        self._clock = clock
        self._last = float("-inf")
        self._waiting = False

    def poke(self) -> None:
        """Something changed."""
        if self._waiting:
            return
        passed = self._clock() - self._last
        if passed >= self._period:
            self._fire()
        else:
            self._waiting = True
            self._later(self._period - passed, self._fire)

    def _fire(self) -> None:
        self._waiting = False
        self._last = self._clock()
        self._beat()
