"""What an engine asks of the process it runs in, and what it gives to those it starts."""

from __future__ import annotations

import gc
import resource
from typing import Final

_YOUNG, _MIDDLE, _OLD = 20_000, 20, 50
"""How many objects may be made, and how often each younger generation is looked at, between two looks for garbage."""


STARTED_WITH: Final = {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
"""The environment of the processes that an engine starts: nothing of its own, which has credentials."""

NICENESS: Final = 19
"""That of processes for which nothing on the data path may wait."""


def raise_descriptor_limit() -> int:
    """Let this process have as many descriptors as it may; how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def calm_collector() -> None:
    """Look for garbage seldom: what an operation makes goes by its reference counts, and cycles are few."""
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
