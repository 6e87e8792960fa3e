"""How targets answered last: when one let the engine in, and why one did not. No credential is in any of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from engine.errors import UpstreamError

_MOST = 300  # characters of why


@dataclass(frozen=True, slots=True)
class Reached:
    """One target as it was last tried. `trouble` is why it failed, and is kept when it answers again."""

    answered: datetime | None = None
    failed: datetime | None = None
    trouble: str = ""

    @property
    def is_failing(self) -> bool:
        """Whether the last try failed."""
        return self.failed is not None and (self.answered is None or self.failed > self.answered)


class Reach:
    """What became of the last tries, of each target of the configuration."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._reached: dict[str, Reached] = {}

    def of(self, target: str) -> Reached:
        """How it answered last."""
        return self._reached.get(target, Reached())

    @contextmanager
    def trying(self, target: str) -> Iterator[None]:
        """Around what connects to a target and logs in."""
        try:
            yield
        except UpstreamError as error:
            trouble = "; ".join([str(error), *getattr(error, "__notes__", ())])
            self._reached[target] = replace(self.of(target), failed=self._now(), trouble=trouble[:_MOST])
            raise
        self._reached[target] = replace(self.of(target), answered=self._now())

    def keep(self, targets: Iterable[str]) -> None:
        """Forget those that the configuration has no more."""
        kept = set(targets)
        self._reached = {name: reached for name, reached in self._reached.items() if name in kept}
