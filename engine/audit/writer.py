"""The thread that makes entries durable: what has gathered is one batch, one durable write, one wake-up of the loop."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.audit.journal import MAX_BATCH_SIZE, OpenSegment
from replay.tiles import MAX_ENTRY_SIZE

GATHER = 0.1  # seconds that entries nobody waits for may gather
RETRY = 0.25  # seconds between attempts while storage fails
MAX_PENDING = 100_000  # entries that may wait for storage; no more are to be submitted then


class Listener(Protocol):
    """Who is told, on the writer's thread."""

    def stored(self, entries: list[bytes]) -> None:
        """These, next in order, are on stable storage."""

    def failed(self, error: OSError, pending: int) -> None:
        """Storage failed under a batch of `pending` entries, which is kept and tried again."""

    def recovered(self) -> None:
        """Storage is back; what was kept has been stored."""


@dataclass(slots=True)
class _Signals:
    """What the loop has asked of the thread, so that a busy loop wakes it once a batch and not once an entry."""

    is_signalled: bool = False
    is_urgent: bool = False
    is_closing: bool = False


class Writer:
    """Owns the open segment. `submit` and `wake` are called on the loop, everything else happens on the thread."""

    def __init__(self, journal: Path, first: int, listener: Listener, *, segment_size: int) -> None:
        self._journal = journal
        self._next = first
        self._listener = listener
        self._segment_size = segment_size
        self._max_batch = min(MAX_BATCH_SIZE, segment_size // 2)
        self._segment: OpenSegment | None = None
        self._pending: deque[bytes] = deque()
        self._signals = _Signals()
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit-writer", daemon=True)

    def start(self) -> None:
        """Create the first segment, so that opening a log shows whether it can be written, and begin."""
        self._segment = OpenSegment.create(self._journal, self._next, self._segment_size)
        self._thread.start()

    def submit(self, entry: bytes) -> None:
        """Hand over the next entry; `wake` has it stored."""
        self._pending.append(entry)

    def wake(self, *, is_urgent: bool) -> None:
        """Store what was submitted: at once, or after what is not urgent has gathered with more."""
        signals = self._signals
        if is_urgent:
            if not signals.is_urgent:
                signals.is_urgent = True
                self._wake.put(None)
        elif not signals.is_signalled:
            signals.is_signalled = True
            self._wake.put(None)

    def close(self) -> bool:
        """Store what is pending and stop; blocks. False when storage failed and some of it is lost."""
        self._signals.is_closing = self._signals.is_urgent = True
        self._closing.set()
        self._wake.put(None)
        if self._thread.is_alive():
            self._thread.join()
        if self._segment is not None:
            self._segment.close()
        return not self._pending

    def _run(self) -> None:
        while not (self._signals.is_closing and not self._pending):
            self._gather()
            while batch := self._take():
                if not self._store(batch):
                    return

    def _gather(self) -> None:
        self._wake.get()
        if not self._signals.is_urgent:
            with contextlib.suppress(queue.Empty):
                self._wake.get(timeout=GATHER)
        # Cleared before the batch is taken: an entry that comes in between is taken or wakes the thread again.
        self._signals.is_signalled = self._signals.is_urgent = False

    def _take(self) -> list[bytes]:
        pending, size = self._pending, 0
        waiting, batch = len(pending), []
        take = pending.popleft
        while waiting and size <= self._max_batch - MAX_ENTRY_SIZE - 2:
            entry = take()
            size += len(entry) + 2
            batch.append(entry)
            waiting -= 1
        return batch

    def _store(self, batch: list[bytes]) -> bool:
        try:
            self._write(batch)
        except OSError as error:
            self._listener.failed(error, len(batch) + len(self._pending))
            if not self._keep_trying(batch):
                self._pending.extendleft(reversed(batch))
                return False
            self._advance(batch)
            self._listener.recovered()
            return True
        self._advance(batch)
        return True

    def _advance(self, batch: list[bytes]) -> None:
        self._next += len(batch)
        self._listener.stored(batch)

    def _write(self, batch: list[bytes]) -> None:
        size = sum(map(len, batch)) + 2 * len(batch)
        if self._segment is None or not self._segment.has_room(size):
            self._replace_segment()
        assert self._segment is not None
        self._segment.append(self._next, batch)

    def _replace_segment(self) -> None:
        """After a failed write too: what the kernel holds of the old file cannot be trusted to be written again."""
        if self._segment is not None:
            self._segment.close()
            self._segment = None
        self._segment = OpenSegment.create(self._journal, self._next, self._segment_size)

    def _keep_trying(self, batch: list[bytes]) -> bool:
        while not self._closing.wait(RETRY):
            try:
                self._replace_segment()
                self._write(batch)
            except OSError:
                continue
            return True
        return False
