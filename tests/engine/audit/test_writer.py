"""The writer's thread: batches, order, failing storage."""

from __future__ import annotations

import errno
import queue
from pathlib import Path

import pytest

from engine.audit.writer import Writer
from replay.journal import read_segment, segment_paths
from tests.engine.audit.conftest import SEGMENT_SIZE, Storage


class Told:
    """What the listener heard, in order."""

    def __init__(self) -> None:
        self.news: queue.SimpleQueue[tuple[str, object]] = queue.SimpleQueue()
        self.entries: list[bytes] = []

    def stored(self, entries: list[bytes]) -> None:
        self.entries += entries
        self.news.put(("stored", len(entries)))

    def failed(self, error: OSError, pending: int) -> None:
        self.news.put(("failed", error.errno))

    def recovered(self) -> None:
        self.news.put(("recovered", None))

    def next(self) -> tuple[str, object]:
        return self.news.get(timeout=20)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def writer(tmp_path: Path, told: Told) -> Writer:
    return Writer(tmp_path, 0, told, segment_size=SEGMENT_SIZE)


def submit(writer: Writer, entry: bytes, *, is_urgent: bool) -> None:
    writer.submit(entry)
    writer.wake(is_urgent=is_urgent)


def journal(directory: Path) -> list[tuple[int, bytes]]:
    return [pair for path in segment_paths(directory) for pair in read_segment(path).entries()]


def test_entries_are_stored_in_order_whatever_their_batches(tmp_path: Path, writer: Writer, told: Told) -> None:
    writer.start()
    written = [b"%d" % number for number in range(5000)]
    for number, entry in enumerate(written):
        submit(writer, entry, is_urgent=number % 3 == 0)
    assert writer.close()
    assert told.entries == written
    assert journal(tmp_path) == list(enumerate(written))


def test_what_gathered_before_the_thread_came_is_one_batch(writer: Writer, told: Told) -> None:
    for number in range(40):
        submit(writer, b"%d" % number, is_urgent=True)
    writer.start()
    assert told.next() == ("stored", 40)
    writer.close()


def test_entries_nobody_waits_for_are_stored_too(writer: Writer, told: Told) -> None:
    writer.start()
    submit(writer, b"lazy", is_urgent=False)
    assert told.next() == ("stored", 1)
    writer.close()


def test_large_entries_go_over_to_new_segments(tmp_path: Path, writer: Writer, told: Told) -> None:
    writer.start()
    written = [bytes([number]) * 60_000 for number in range(20)]
    for entry in written:
        submit(writer, entry, is_urgent=True)
    writer.close()
    assert len(segment_paths(tmp_path)) > 3
    assert [entry for _, entry in journal(tmp_path)] == written


def test_a_failed_batch_is_written_again_into_a_new_segment(
    tmp_path: Path, writer: Writer, told: Told, storage: Storage
) -> None:
    writer.start()
    submit(writer, b"before", is_urgent=True)
    assert told.next() == ("stored", 1)
    storage.fail(errno.EIO)
    submit(writer, b"during", is_urgent=True)
    assert told.next() == ("failed", errno.EIO)
    storage.heal()
    assert told.next() == ("stored", 1)
    assert told.next() == ("recovered", None)
    submit(writer, b"after", is_urgent=True)
    assert told.next() == ("stored", 1)
    assert writer.close()
    assert journal(tmp_path) == [(0, b"before"), (1, b"during"), (2, b"after")]
    assert len(segment_paths(tmp_path)) == 2


def test_closing_while_storage_fails_admits_the_loss(
    tmp_path: Path, writer: Writer, told: Told, storage: Storage
) -> None:
    writer.start()
    storage.fail(errno.ENOSPC)
    submit(writer, b"lost", is_urgent=True)
    assert told.next() == ("failed", errno.ENOSPC)
    assert not writer.close()
    assert journal(tmp_path) == []
