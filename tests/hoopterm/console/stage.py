"""The console on an imaginary terminal, with an imaginary engine: deterministic down to the clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from hoopterm.console.app import Console
from hoopterm.console.screens.page import Page
from hoopterm.console.store import LinkState, Store
from hoopterm.console.themes import DEFAULT
from tests.hoopterm.console.scenes import NOW, FakeEngine

SMALL = (80, 24)
LARGE = (160, 50)


def console(engine: FakeEngine | None, recording: Path | None = None, theme: str = DEFAULT) -> Console:
    """A console whose clocks stand still."""
    road = engine.road if engine is not None else None
    store = Store(clock=lambda: 1000.0)
    return Console(road, name="prod-eu", recording=recording, theme=theme, now=lambda: NOW, store=store)


async def until(pilot: Pilot[None], is_so: Callable[[], bool]) -> None:
    """Let the application work until something is so."""
    for _ in range(400):
        if is_so():
            await pilot.pause()
            return
        await pilot.pause(0.005)
    raise AssertionError(f"it never came so; the screen is:\n{picture(pilot)}")


async def still(pilot: Pilot[None]) -> None:
    """Let the application work until the picture stays as it is, for longer than anything on it waits for typing."""
    before = ""
    for _ in range(100):
        if (now := picture(pilot)) == before:
            return
        before = now
        await pilot.pause(0.5)
    raise AssertionError(f"it never came to rest; the screen is:\n{before}")


@asynccontextmanager
async def running(
    engine: FakeEngine | None, size: tuple[int, int] = SMALL, recording: Path | None = None
) -> AsyncIterator[Pilot[None]]:
    """The console with the engine's picture loaded."""
    app = console(engine, recording)
    async with app.run_test(size=size, notifications=True) as pilot:
        if engine is not None and not engine.away:
            await until(pilot, lambda: app.store.link is LinkState.LIVE)
        yield pilot


def app_of(pilot: Pilot[None]) -> Console:
    """The application."""
    assert isinstance(pilot.app, Console)
    return pilot.app


def page_of(pilot: Pilot[None]) -> Page:
    """The page that is in front."""
    assert isinstance(pilot.app.screen, Page)
    return pilot.app.screen


def picture(pilot: Pilot[None]) -> str:
    """The terminal's text, line by line."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def toasts(pilot: Pilot[None]) -> list[str]:
    """What was told in the corner."""
    return [notification.message for notification in pilot.app._notifications]
