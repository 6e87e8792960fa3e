"""Repaints are bounded, and the first is never late."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hoopterm.console.pulse import LONGEST, PERIOD, Pulse


class Desk:
    """A pulse with clocks that are set; each beat costs so much of the processor."""

    def __init__(self, costs: float = 0.0) -> None:
        self.costs = costs
        self.now = 0.0
        self.spent = 0.0
        self.beats: list[float] = []
        self.later: list[tuple[float, Callable[[], None]]] = []
        self.pulse = Pulse(
            lambda: self.beats.append(self.now),
            lambda wait, call: self.later.append((wait, call)),
            self._settle,
            clock=lambda: self.now,
            cost=lambda: self.spent,
        )

    def _settle(self, drawn: Callable[[], None]) -> None:
        self.spent += self.costs
        drawn()


def test_the_first_poke_beats_at_once_and_a_burst_beats_once_more() -> None:
    desk = Desk()
    desk.pulse.poke()
    assert desk.beats == [0.0]
    desk.now = PERIOD / 2
    for _ in range(1000):
        desk.pulse.poke()
    assert desk.beats == [0.0]
    assert [wait for wait, _ in desk.later] == pytest.approx([PERIOD / 2])
    desk.now = PERIOD
    desk.later[0][1]()
    assert desk.beats == [0.0, PERIOD]
    desk.now = 5.0
    desk.pulse.poke()
    assert desk.beats == [0.0, PERIOD, 5.0]


@pytest.mark.parametrize(("costs", "waits"), [(0.001, PERIOD), (0.03, 0.12), (2.0, LONGEST)])
def test_dear_repaints_come_less_often_but_never_rarely(costs: float, waits: float) -> None:
    desk = Desk(costs)
    desk.pulse.poke()
    desk.pulse.poke()
    assert [wait for wait, _ in desk.later] == pytest.approx([waits])
