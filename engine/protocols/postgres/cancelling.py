"""CancelRequest: from the key a client shows to the one session that it opens, and no further.

PostgreSQL documentation, "Message Flow: Canceling Requests in Progress". The keys are the engine's own; the upstream's
never leave it. A flood of requests costs at most `_AT_ONCE` upstream connections, one for each session.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from typing import Protocol
from weakref import WeakKeyDictionary

_AT_ONCE = 16
_KEY_BYTES = {0: 4, 2: 32}


class Cancellable(Protocol):
    """What a key opens."""

    async def cancel(self) -> None:
        """Cancel what the session runs or waits for, if anything."""


class CancelKeys:
    """The keys of all live sessions of one engine."""

    def __init__(self, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._random = random
        self._sessions: dict[int, tuple[bytes, Cancellable]] = {}
        self._busy: set[int] = set()

    def __repr__(self) -> str:
        return f"<CancelKeys of {len(self._sessions)} sessions>"

    def issue(self, session: Cancellable, minor: int) -> tuple[int, bytes]:
        """A process ID and key for a session: 4 bytes in protocol 3.0, 32 in 3.2."""
        while (pid := int.from_bytes(self._random(4)) & 0x7FFFFFFF) in self._sessions or pid == 0:
            continue
        key = self._random(_KEY_BYTES.get(minor, 32) if minor else 4)
        self._sessions[pid] = key, session
        return pid, key

    def forget(self, pid: int) -> None:
        """The session has ended."""
        self._sessions.pop(pid, None)

    async def cancel(self, pid: int, key: bytes) -> None:
        """Cancel what the owner of this key runs; a wrong key, or one more request than is taken, does nothing."""
        owned, session = self._sessions.get(pid, (b"", None))
        if session is None or not hmac.compare_digest(owned, key):
            return
        if pid in self._busy or len(self._busy) >= _AT_ONCE:
            return
        self._busy.add(pid)
        try:
            await session.cancel()
        finally:
            self._busy.discard(pid)


_KEYS: WeakKeyDictionary[object, CancelKeys] = WeakKeyDictionary()


def keys_of(engine: object) -> CancelKeys:
    """The keys of this engine's sessions."""
    return _KEYS.setdefault(engine, CancelKeys())
