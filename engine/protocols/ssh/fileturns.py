"""What of a session's file requests waits for what: those about one path keep their order, others overtake each other.

Source: draft-ietf-secsh-filexfer-02 section 4.1: requests about the same file are processed in the order in which they
came; between others there is none. A request that people are asked about stalls those about its own path, no more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable


class Turn:
    """One request's place. `settle` when it went upstream, or never will."""

    def __init__(self, paths: frozenset[bytes], before: list[Turn], turns: Turns) -> None:
        self.paths = paths
        self._before = before
        self._turns = turns
        self._settled = asyncio.Event()

    async def come(self) -> None:
        """Wait for all that was before it about the same paths."""
        for turn in self._before:
            await turn._settled.wait()
        self._before = []

    def settle(self) -> None:
        """Whatever waits for it may go on. Safe to call again."""
        self._settled.set()
        self._turns.pending.pop(self, None)


class Turns:
    """The requests of one session that are not settled yet."""

    def __init__(self) -> None:
        self.pending: dict[Turn, None] = {}  # in the order in which they came

    def take(self, paths: Iterable[bytes]) -> Turn:
        """A place behind every pending request about one of these paths, or what is above or below them."""
        wanted = frozenset(paths)
        turn = Turn(wanted, [other for other in self.pending if _meet(wanted, other.paths)], self)
        self.pending[turn] = None
        return turn


def _meet(one: Iterable[bytes], others: Iterable[bytes]) -> bool:
    return any(_is_within(a, b) or _is_within(b, a) for a in one for b in others)


def _is_within(path: bytes, above: bytes) -> bool:
    return path == above or path.startswith(above.rstrip(b"/") + b"/")
