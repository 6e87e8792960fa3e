"""Repaints are bounded, and the first is never late."""

from __future__ import annotations

from collections.abc import Callable

from hoopterm.console.pulse import Pulse


def test_the_first_poke_beats_at_once_and_a_burst_beats_once_more() -> None:
    beats: list[float] = []
    later: list[tuple[float, Callable[[], None]]] = []
    now = [0.0]
    pulse = Pulse(lambda: beats.append(now[0]), lambda wait, call: later.append((wait, call)), clock=lambda: now[0])
    pulse.poke()
    assert beats == [0.0]
    now[0] = 0.1
    for _ in range(1000):
        pulse.poke()
    assert beats == [0.0]
    assert [round(wait, 3) for wait, _ in later] == [0.15]
    now[0] = 0.25
    later[0][1]()
    assert beats == [0.0, 0.25]
    now[0] = 5.0
    pulse.poke()
    assert beats == [0.0, 0.25, 5.0]
