"""What is kept of how fast everything goes."""

from __future__ import annotations

import asyncio

from engine.pace import KEPT, STEP, Done, Pace
from engine.session import Counts


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_what_was_done_is_kept_by_the_step_it_was_done_in() -> None:
    clock, counts = Clock(), Counts()
    pace = Pace(lambda: counts, clock=clock)
    counts.operations, counts.denied = 5, 1
    pace.look()
    counts.operations, counts.masked = 7, 40
    assert pace.steps == [Done(7, 1, 40)]
    clock.at += STEP
    counts.operations = 10
    assert pace.steps == [Done(7, 1, 40), Done(3, 0, 0)]
    clock.at += 2 * STEP + 4
    assert pace.steps == [Done(7, 1, 40), Done(3, 0, 0), Done(), Done()]
    assert pace.into == 4


def test_no_more_than_an_hour_is_kept_however_long_nobody_looked() -> None:
    clock, counts = Clock(), Counts()
    pace = Pace(lambda: counts, clock=clock)
    clock.at += STEP * 1_000_000_000
    counts.operations = 1
    assert pace.steps == [Done()] * (KEPT - 1) + [Done(1)]


async def test_it_looks_by_itself_until_the_engine_stops() -> None:
    looked, until = asyncio.Event(), asyncio.Event()

    def totals() -> Counts:
        looked.set()
        return Counts()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(Pace(totals).watch(until))
        await looked.wait()
        until.set()
