"""The terminals of a session that is watched: their screens, as they are now."""

from __future__ import annotations

from hoopterm.console.widgets.grid import Still
from replay.format import Frame, RowBatch
from replay.screen import Screen
from replay.terminals import apply, changes

MOST = 16
"""Screens that are kept; of more, those go first that ended first, then those that began first."""


class Terminals:
    """Feed it the session's frames in their order."""

    def __init__(self) -> None:
        self._screens: dict[str, Screen] = {}
        self._ended: dict[str, None] = {}

    def apply(self, frame: Frame) -> None:
        """Take in one frame."""
        data = frame.data
        operation = data.operation if isinstance(data, RowBatch) else str(data.get("operation") or "")
        if frame.code == "t" and operation not in self._screens:
            self._screens[operation] = Screen()
            if len(self._screens) > MOST:
                self._forget(next(iter(self._ended or self._screens)))
        screen = self._screens.get(operation)
        if screen is None:
            return
        if frame.code == "e":
            self._ended[operation] = None
        elif changes(frame):
            apply(screen, frame)

    def _forget(self, operation: str) -> None:
        del self._screens[operation]
        self._ended.pop(operation, None)

    @property
    def operations(self) -> list[str]:
        """Those with a terminal, in the order in which they began."""
        return list(self._screens)

    @property
    def newest(self) -> str | None:
        """The last that began and goes on; else the last."""
        alive = [operation for operation in self._screens if operation not in self._ended]
        return next(reversed(alive or list(self._screens)), None)

    def still(self, operation: str) -> Still | None:
        """An operation's screen as it is now."""
        screen = self._screens.get(operation)
        return None if screen is None else Still.of(screen)
