"""The thread that stores recordings: together, soon, and again after a failure."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import pytest

from engine.audit.flusher import Flusher


class Storing:
    """A recording that does as it is told."""

    def __init__(self) -> None:
        self.steps: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.failures = 0
        self.unsealed = 0

    def write(self) -> bool:
        self.steps.put("write")
        return True

    def sync(self) -> bool:
        if self.failures:
            self.failures -= 1
            raise OSError(5, "Input/output error")
        self.steps.put("sync")
        self.unsealed -= 1
        return self.unsealed >= 0

    def failed(self, error: OSError) -> None:
        self.steps.put(f"failed: {error.strerror}")

    def next(self) -> str:
        return self.steps.get(timeout=20)


@pytest.fixture
def flusher() -> Iterator[Flusher]:
    flusher = Flusher()
    flusher.start()
    yield flusher
    flusher.close()


def test_what_is_submitted_is_written_and_synced(flusher: Flusher) -> None:
    recordings = [Storing(), Storing()]
    for recording in recordings:
        flusher.submit(recording)
    assert [each.next() + " " + each.next() for each in recordings] == ["write sync"] * 2


def test_a_failure_is_told_and_tried_again(flusher: Flusher) -> None:
    recording = Storing()
    recording.failures = 2
    flusher.submit(recording, is_urgent=True)
    steps = [recording.next() for _ in range(6)]
    assert steps == ["write", "failed: Input/output error"] * 2 + ["write", "sync"]


def test_what_is_not_sealed_is_looked_at_again(flusher: Flusher) -> None:
    recording = Storing()
    recording.unsealed = 1
    flusher.submit(recording, is_urgent=True)
    assert [recording.next() for _ in range(4)] == ["write", "sync", "write", "sync"]


def test_a_failing_recording_does_not_hold_up_another(flusher: Flusher) -> None:
    broken, good = Storing(), Storing()
    broken.failures = 1_000
    flusher.submit(broken)
    flusher.submit(good)
    assert [good.next(), good.next()] == ["write", "sync"]


def test_closing_stores_what_was_submitted(flusher: Flusher) -> None:
    recording = Storing()
    flusher.submit(recording)
    flusher.close()
    assert [recording.next(), recording.next()] == ["write", "sync"]


def test_a_flusher_that_never_started_closes() -> None:
    Flusher().close()
