"""Refused sessions: each an event, until so many come that they would fill the disk; those are counted in one."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, Protocol

from engine.audit.events import EventName
from engine.errors import RecordError, SessionRefused
from engine.throttle import Throttle

MOST: Final = 50
"""Events that are recorded one by one in each stretch of `SECONDS`."""
SECONDS: Final = 60.0
_NAMES: Final = 20  # that the count is given by; every name is a stranger's claim
_NAME, _REASON = 128, 512  # characters that the log keeps of what a stranger called itself, and of why not


class Append(Protocol):
    """The log's `append`."""

    def __call__(
        self, event: EventName, *, identity: str | None = ..., target: str | None = ..., data: dict[str, Any] = ...
    ) -> int: ...


class Refusals:
    """Tells the log of refused sessions."""

    def __init__(self, append: Append, clock: Callable[[], float] = time.monotonic) -> None:
        self._append = append
        self._throttle = Throttle(MOST, SECONDS, clock)
        self._suppressed: Counter[str] = Counter()
        self._later: asyncio.TimerHandle | None = None

    def tell(self, refused: SessionRefused, identity: str, target: str | None = None, **data: Any) -> None:
        """Record one, or count it; raises RecordError."""
        identity = identity[:_NAME]
        if self._throttle.admits():
            data = {"why": str(refused)[:_REASON], **data}
            target = target[:_NAME] if target is not None else None
            self._append(EventName.SESSION_REFUSED, identity=identity, target=target, data=data)
            return
        known = identity in self._suppressed or len(self._suppressed) < _NAMES
        self._suppressed[identity if known else ""] += 1
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(SECONDS, self.settle)

    def settle(self) -> None:
        """Record how many were counted; later, where nothing can be recorded now."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if not self._suppressed:
            return
        by_name = dict(self._suppressed)
        others = by_name.pop("", 0)
        why = "more were refused than are recorded one by one"
        data = {"why": why, "suppressed": self._suppressed.total(), "identities": by_name, "others": others}
        try:
            self._append(EventName.SESSION_REFUSED, data=data)
        except RecordError:
            self._later = asyncio.get_running_loop().call_later(SECONDS, self.settle)
        else:
            self._suppressed.clear()

    def close(self) -> None:
        """Record what was counted, and nothing after that."""
        self.settle()
        if self._later is not None:
            self._later.cancel()
