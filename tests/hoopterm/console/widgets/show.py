"""A widget alone on an imaginary terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot
from textual.widget import Widget

from hoopterm.console.screens.page import Page
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import running


@asynccontextmanager
async def alone(widget: Widget, size: tuple[int, int] = (40, 12)) -> AsyncIterator[Pilot[None]]:
    """The widget over the whole terminal, focused."""
    async with running(FakeEngine(), size) as pilot:
        await pilot.app.push_screen(Page())
        for other in pilot.app.screen.children:
            other.display = False
        widget.styles.height = "1fr"
        await pilot.app.screen.mount(widget)
        widget.focus()
        await pilot.pause()
        yield pilot
