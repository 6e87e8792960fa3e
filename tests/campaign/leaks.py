"""Whether an engine is as it was: its descriptors, its tasks, its memory."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event

from tests.servers.engine import RunningEngine

_LOOKS_EVERY = 0.05
_SETTLES_WITHIN = 20.0


@dataclass(frozen=True)
class Size:
    """What an engine has open and holds."""

    descriptors: int
    tasks: int
    memory: int


def size(engine: RunningEngine) -> Size:
    """Now."""
    return Size(engine.descriptors(), engine.tasks(), engine.memory())


def _settled(engine: RunningEngine) -> Size:
    """Once sessions that just began or ended have their files open or closed."""
    before, now = None, size(engine)
    while before is None or (before.descriptors, before.tasks) != (now.descriptors, now.tasks):
        Event().wait(6 * _LOOKS_EVERY)
        before, now = now, size(engine)
    return now


@contextlib.contextmanager
def nothing_left(engine: RunningEngine) -> Iterator[None]:
    """What happens inside leaves neither descriptors nor tasks behind, once it has settled."""
    before = _settled(engine)
    yield
    deadline = time.monotonic() + _SETTLES_WITHIN
    while (now := size(engine)).descriptors > before.descriptors or now.tasks > before.tasks:
        assert time.monotonic() < deadline, f"it was {before}, it stays {now}"
        Event().wait(_LOOKS_EVERY)
