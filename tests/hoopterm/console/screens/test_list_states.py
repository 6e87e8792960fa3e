"""Every list says what it is waiting for, why it is empty, what went wrong, and how old it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from engine.api.schema import StatusView
from hoopterm.console import actions
from hoopterm.console.store import LinkState
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import LARGE, SMALL, app_of, console, page_of, picture, still, until

Compare = Callable[..., bool]
KEYS = {"sessions": "2", "approvals": "3", "policy": "4", "history": "4h", "audit": "5", "recordings": "6"}
WORDS = {
    "loading": {
        "sessions": "asking the engine for its sessions",
        "approvals": "asking the engine what waits",
        "policy": "asking the engine for its policy",
        "history": "asking the engine for its revisions",
        "audit": "searching the audit log",
        "recordings": "asking the engine for its recordings",
    },
    "empty": {
        "sessions": "No session yet",
        "approvals": "Nothing waits for you",
        "history": "No revision yet",
        "audit": "Nothing to search yet",
        "recordings": "No recording yet",
    },
    "broken": {
        "sessions": "The engine cannot be reached",
        "approvals": "The engine cannot be reached",
        "policy": "The policy cannot be read",
        "history": "The history cannot be read",
        "audit": "The log cannot be searched",
        "recordings": "The recordings cannot be listed",
    },
    "stale": {
        "sessions": "report-bot",
        "approvals": "DELETE FROM",
        "policy": "identity:",
        "history": "in force",
        "audit": "entries",
        "recordings": "2 recordings",
    },
}
CASES = [(state, screen) for state, screens in WORDS.items() for screen in screens]


class Silent(FakeEngine):
    """It is there, and says nothing yet."""

    async def status(self) -> StatusView:
        await asyncio.Event().wait()
        return self.view


def engine_of(state: str) -> FakeEngine:
    """An engine that leads there."""
    engine = Silent() if state == "loading" else FakeEngine()
    engine.away = state == "broken"
    if state == "empty":
        engine.kept, engine.open, engine.past = {}, {}, []
    elif state == "stale":
        engine.files = {"se_1": b"", "se_2": b""}
    return engine


def leading(state: str, screen: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """The way to a screen's list in that state."""

    async def lead(pilot: Pilot[None]) -> None:
        store = app_of(pilot).store
        if state in ("empty", "stale"):
            await until(pilot, lambda: store.link is LinkState.LIVE)
        if state == "broken":
            await until(pilot, lambda: store.link is LinkState.LOST)
        await pilot.press(*KEYS[screen])
        await until(pilot, lambda: WORDS[state][screen] in picture(pilot))
        if (state, screen) == ("stale", "policy"):
            await still(pilot)  # its panes are asked for one after the other
        if state == "stale":
            store.touch = lambda: None  # type: ignore[method-assign]  # nothing more is heard of it
            store.heard = 940.0
            page_of(pilot).tick()
            await until(pilot, lambda: "silent for 1m" in picture(pilot))
        if state == "broken":
            store.retry_at = 1002.0
            page_of(pilot).tick()
            await until(pilot, lambda: "trying again in 2s" in picture(pilot))

    return lead


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "160x50"])
@pytest.mark.parametrize(("state", "screen"), CASES)
def test_the_picture_of_a_list_is_as_it_was(
    snap_compare: Compare, state: str, screen: str, size: tuple[int, int]
) -> None:
    assert snap_compare(console(engine_of(state)), run_before=leading(state, screen), terminal_size=size)


@pytest.mark.parametrize(("state", "screen"), CASES)
async def test_a_list_says_the_same_on_the_smallest_terminal(state: str, screen: str) -> None:
    async with console(engine_of(state)).run_test(size=(60, 20)) as pilot:
        await leading(state, screen)(pilot)
        if state == "stale":
            off = page_of(pilot).off()
            assert all(action.id in off for action in actions.of(page_of(pilot).SCOPES) if action.needs_live)
