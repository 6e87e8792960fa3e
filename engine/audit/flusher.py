"""The thread that stores what recorders gathered: written together, synced together, within 250 ms."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from engine.audit.recording import SEAL

GATHER = 0.1  # seconds that frames may gather before they are stored
RETRY = 0.25  # seconds between attempts while storage fails


class Storing(Protocol):
    """A recording with something to store. Its steps run on the flusher's threads; after an OSError they repeat."""

    def write(self) -> bool:
        """Write what gathered; True when there is something to sync."""

    def sync(self) -> bool:
        """Make what was written durable; True when some of it still waits for its seal."""

    def failed(self, error: OSError) -> None:
        """Storage failed."""


class Flusher:
    """Serves every open recorder of an engine."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._dirty: deque[Storing] = deque()
        self._later: dict[Storing, float] = {}
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._hurry = threading.Event()
        self._is_closing = False
        self._pool = ThreadPoolExecutor(4, "recording-sync")
        self._thread = threading.Thread(target=self._run, name="recording-flusher", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def submit(self, recording: Storing, *, is_urgent: bool = False) -> None:
        """Something gathered in a recording; an urgent one is stored at once."""
        self._dirty.append(recording)
        if is_urgent:
            self._hurry.set()
        self._wake.put(None)

    def hurry(self) -> None:
        """Store what was submitted at once."""
        self._hurry.set()

    def close(self) -> None:
        """Store what is there and stop; blocks."""
        self._is_closing = True
        self._hurry.set()
        self._wake.put(None)
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown()

    def _run(self) -> None:
        while not (self._is_closing and not self._dirty):
            with contextlib.suppress(queue.Empty):
                self._wake.get(timeout=self._until_due())
            if self._dirty:
                self._hurry.wait(GATHER)
            self._hurry.clear()
            while not self._wake.empty():
                self._wake.get()
            self._store(self._take())

    def _until_due(self) -> float | None:
        return max(0.0, min(self._later.values()) - self._clock()) if self._later else None

    def _take(self) -> Sequence[Storing]:
        now = self._clock()
        due = [recording for recording, when in self._later.items() if when <= now]
        taken = dict.fromkeys([*due, *(self._dirty.popleft() for _ in range(len(self._dirty)))])
        for recording in due:
            del self._later[recording]
        return list(taken)

    def _store(self, recordings: Sequence[Storing]) -> None:
        written = [recording for recording in recordings if self._attempt(recording, recording.write)]
        # Side by side, so that a journaling file system commits them together.
        for recording, is_unsealed in zip(
            written, self._pool.map(lambda each: self._attempt(each, each.sync), written), strict=True
        ):
            if is_unsealed:
                self._later.setdefault(recording, self._clock() + SEAL)

    def _attempt(self, recording: Storing, step: Callable[[], bool]) -> bool:
        try:
            return step()
        except OSError as error:
            recording.failed(error)
            if not self._is_closing:
                self._later[recording] = self._clock() + RETRY
            return False
