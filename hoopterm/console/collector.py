"""Python's garbage collector, kept from stopping the picture.

A look at every object takes a tenth of a second and more once there are ten thousand sessions. What is there when the
console begins is never looked at again, and all else only while nobody is at it.
"""

from __future__ import annotations

import gc
from typing import Final

_YOUNG, _MIDDLE, _NEVER = 5_000, 10, 1_000_000
_BETWEEN: Final = 600  # seconds between two looks at everything


def calm() -> None:
    """From now on look at young objects only; those that are there stay."""
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _NEVER)


class Rests:
    """Uses the time in which nobody is at the console; seconds are those it is told."""

    def __init__(self) -> None:
        self._last: float | None = None

    def rest(self, now: float) -> None:
        """Nobody is at it: look at everything, where that is long ago."""
        if self._last is None or now - self._last >= _BETWEEN:
            self._last = now
            gc.collect()
