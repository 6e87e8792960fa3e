"""The figures of live sessions, told to who watches soon after they changed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from engine.bus import Bus
    from engine.session import Counts, Session

_LOOK: Final = 1.0  # seconds
MOST: Final = 256  # sessions of one look: a watcher's queue must hold them


class Figures:
    """Looks at the sessions once a second while somebody watches, and publishes those that did something since."""

    def __init__(self, sessions: Mapping[str, Session], bus: Bus) -> None:
        self._sessions = sessions
        self._bus = bus
        self._told: dict[str, Counts] = {}  # those told last come last

    def look(self) -> None:
        """Publish what changed since it was told: what was told longest ago comes first, the rest at the next look."""
        if not self._bus.has_watchers("sessions"):
            self._told.clear()
            return
        for id in [id for id in self._told if id not in self._sessions]:
            del self._told[id]
        unknown = [id for id in self._sessions if id not in self._told]
        changed = [id for id in (*unknown, *self._told) if self._sessions[id].counts != self._told.get(id)]
        for id in changed[:MOST]:
            session = self._sessions[id]
            self._told.pop(id, None)
            self._told[id] = replace(session.counts)
            self._bus.publish("sessions", session)

    async def watch(self, until: asyncio.Event) -> None:
        """Look again and again."""
        while not until.is_set():
            self.look()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(until.wait(), _LOOK)
