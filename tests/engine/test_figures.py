"""Which sessions' figures are told, and how often."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from engine.bus import Bus, Subscription
from engine.figures import MOST, Figures
from engine.session import Counts


def sessions(count: int) -> dict[str, Any]:
    return {f"s{number}": SimpleNamespace(id=f"s{number}", counts=Counts()) for number in range(count)}


async def told(subscription: Subscription) -> list[str]:
    subscription.close()
    return [item.id async for _, item in subscription]


async def test_a_session_is_told_once_for_each_change_of_its_figures_that_is_seen() -> None:
    bus, live = Bus(), sessions(3)
    figures = Figures(live, bus)
    watcher = bus.subscribe("sessions")
    figures.look()  # what they are when the first one watches
    live["s1"].counts.rows += 5
    live["s1"].counts.masked += 1
    figures.look()
    figures.look()
    assert await told(watcher) == ["s0", "s1", "s2", "s1"]


async def test_while_nobody_watches_nothing_is_kept() -> None:
    bus, live = Bus(), sessions(2)
    figures = Figures(live, bus)
    watcher = bus.subscribe("sessions")
    figures.look()
    watcher.close()
    figures.look()
    assert figures._told == {}


async def test_many_busy_sessions_are_told_in_turn_and_no_watcher_is_lost_over_them() -> None:
    bus, live = Bus(), sessions(2 * MOST)
    figures = Figures(live, bus)
    watcher = bus.subscribe("sessions", capacity=2 * MOST)
    for _ in range(2):
        for session in live.values():
            session.counts.operations += 1
        figures.look()
    assert sorted(await told(watcher)) == sorted(live)
    assert not watcher.dropped
