"""The journal: whatever a crash leaves, every whole batch reads and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from replay.journal import (
    HEADER,
    MAX_SEGMENT_SIZE,
    JournalError,
    Segment,
    encode_frame,
    read_segment,
    segment_path,
    segment_paths,
)

BATCHES = [[b"one", b"two"], [b"three"], [b"four", b"", b"six"]]


def frames_of(batches: list[list[bytes]], first: int = 0) -> list[bytes]:
    frames = []
    for batch in batches:
        frames.append(encode_frame(first, batch))
        first += len(batch)
    return frames


def segment_of(tmp_path: Path, data: bytes, first: int = 0) -> Segment:
    path = segment_path(tmp_path, first)
    path.write_bytes(data)
    return read_segment(path)


def contents(segment: Segment) -> list[bytes]:
    return [entry for _, entry in segment.entries()]


def test_a_segment_reads_up_to_its_zeros(tmp_path: Path) -> None:
    frames = frames_of(BATCHES, 40)
    segment = segment_of(tmp_path, b"".join(frames) + bytes(100), 40)
    assert list(segment.entries()) == list(enumerate([b"one", b"two", b"three", b"four", b"", b"six"], 40))
    assert (segment.next, segment.torn, segment.resumes) == (46, None, None)
    assert segment.end == len(b"".join(frames))


def test_a_segment_torn_at_any_byte_keeps_every_whole_batch(tmp_path: Path) -> None:
    frames = frames_of(BATCHES)
    whole = b"".join(frames)
    for cut in range(len(whole)):
        segment = segment_of(tmp_path, whole[:cut] + bytes(200))
        kept = [batch for batch, end in zip(BATCHES, ends(frames), strict=True) if end <= cut]
        survivors = [entry for batch in kept for entry in batch]
        if contents(segment) != survivors:  # the bytes that were lost may have been zeros anyhow
            assert whole[cut:].strip(b"\0") == b""
        assert segment.resumes is None
        assert segment_of(tmp_path, whole[:cut]).end <= cut


def ends(frames: list[bytes]) -> list[int]:
    return [len(b"".join(frames[: count + 1])) for count in range(len(frames))]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_an_altered_byte_never_gives_another_entry(tmp_path: Path, where: int, flip: int) -> None:
    frames = frames_of(BATCHES)
    data = bytearray(b"".join(frames))
    where %= len(data)
    data[where] ^= flip
    segment = segment_of(tmp_path, bytes(data) + bytes(64))
    number = next(index for index, end in enumerate(ends(frames)) if where < end)
    assert contents(segment) == [entry for batch in BATCHES[:number] for entry in batch]
    assert segment.torn
    assert (segment.resumes is not None) == (number < len(BATCHES) - 1)


def test_a_batch_that_is_not_the_next_one_ends_the_segment(tmp_path: Path) -> None:
    segment = segment_of(tmp_path, encode_frame(0, [b"a"]) + encode_frame(2, [b"c"]))
    assert contents(segment) == [b"a"]
    assert segment.torn == "a frame begins at entry 2, not at 1"


def test_random_bytes_are_no_frames(tmp_path: Path) -> None:
    segment = segment_of(tmp_path, b"hoop" + b"\xff" * 4000)
    assert (contents(segment), segment.end) == ([], 0)


def test_an_oversized_segment_is_refused_before_it_is_in_memory(tmp_path: Path) -> None:
    path = segment_path(tmp_path, 0)
    with path.open("wb") as file:
        file.truncate(MAX_SEGMENT_SIZE + HEADER.size)
    with pytest.raises(JournalError, match="larger than"):
        read_segment(path)


def test_only_segments_are_listed_and_in_order(tmp_path: Path) -> None:
    for first in (300, 5, 40):
        segment_path(tmp_path, first).touch()
    for name in ("spare", "1.journal", "x000000000000001.journal", "0000000000000001.journal.new"):
        (tmp_path / name).touch()
    assert [int(path.stem) for path in segment_paths(tmp_path)] == [5, 40, 300]
