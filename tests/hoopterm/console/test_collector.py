"""The collector waits until nobody is at the console."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref

from hoopterm.console.collector import Rests

_CALM = """
import gc
from hoopterm.console import collector
kept = [[] for _ in range(1000)]
collector.calm()
before = gc.get_stats()[2]["collections"]
made = [[] for _ in range(3_000_000)]
print(gc.get_freeze_count() > 1000, gc.get_stats()[1]["collections"] > 0, gc.get_stats()[2]["collections"] - before)
"""


class _Ring:
    def __init__(self) -> None:
        self.own = self


def test_everything_is_never_looked_at_by_itself() -> None:
    told = subprocess.run([sys.executable, "-c", _CALM], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["True", "True", "0"]


def test_a_rest_takes_what_only_holds_itself_and_the_next_comes_long_after() -> None:
    rests, gone = Rests(), []
    gc.disable()
    try:
        for now in (1000.0, 1599.0, 1600.0):
            ring = weakref.ref(_Ring())
            rests.rest(now)
            gone.append(ring() is None)
    finally:
        gc.enable()
    assert gone == [True, False, True]
