"""Keys one after the other: each is done before the next one goes anywhere.

Textual hands a key to whatever has the focus at that moment, while what the key before it does may still be on its way
up to the binding that will move the focus. Some keys of one write would go to the wrong widget and be lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from textual import events
from textual.message import Message
from textual.message_pump import MessagePump

Typed = events.Key | events.Paste
_PATIENCE = 0.5  # seconds: a widget that goes away takes along what was on its way through it


class Passed(Message):
    """Goes the way of a key, behind it: where this arrives, the key has been."""

    def __init__(self, done: asyncio.Event) -> None:
        super().__init__()
        self.done = done


class Keyboard:
    """Gives what is typed to `deliver`, which hands it on; `focus` says to whom that will be."""

    def __init__(self, deliver: Callable[[Typed], Awaitable[None]], focus: Callable[[], MessagePump | None]) -> None:
        self._deliver = deliver
        self._focus = focus
        # no bound of its own: the terminal's reader has put it all into the application's queue already
        self._typed: asyncio.Queue[Typed] = asyncio.Queue()

    def take(self, typed: Typed) -> None:
        """Something was typed."""
        self._typed.put_nowait(typed)

    async def run(self) -> None:
        """Hand on what was typed, for ever."""
        while True:
            typed = await self._typed.get()
            focus = self._focus()
            await self._deliver(typed)
            done = asyncio.Event()
            if focus is not None and focus.post_message(Passed(done)):
                try:
                    async with asyncio.timeout(_PATIENCE):
                        await done.wait()
                except TimeoutError:
                    pass
