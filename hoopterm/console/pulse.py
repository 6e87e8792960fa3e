"""Repaints as often as they are cheap, and none later than it has to be."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, process_time

PERIOD = 0.05  # seconds: with what drawing takes, what happens is seen within a tenth of one
LONGEST = 0.25
_PARTS = 4  # of the processor one is for repaints, however dear they are, until the longest period is reached


class Pulse:
    """Calls back at once when the last time is long ago, else when the period is over: the dearer, the longer it is.

    `later` schedules a call after some seconds, as Textual's `set_timer` does; `settled` one once all is drawn, as its
    `call_after_refresh` does. `cost` is the clock that tells how dear it was.
    """

    def __init__(
        self,
        beat: Callable[[], None],
        later: Callable[[float, Callable[[], None]], object],
        settled: Callable[[Callable[[], None]], object],
        *,
        clock: Callable[[], float] = monotonic,
        cost: Callable[[], float] = process_time,
    ) -> None:
        self._beat = beat
        self._later = later
        self._settled = settled
        self._clock = clock
        self._cost = cost
        self._last = float("-inf")
        self._spent = 0.0  # by then
        self._period = PERIOD
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
        self._last, self._spent = self._clock(), self._cost()
        self._beat()
        self._settled(self._drawn)

    def _drawn(self) -> None:
        self._period = min(max((self._cost() - self._spent) * _PARTS, PERIOD), LONGEST)
