"""A recording as a sequence: lazily read, growing, torn."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from replay.format import Damaged, Frame, RowBatch, encode_block, encode_header
from replay.index import CACHED_BLOCKS, Recording
from tests.replay.session import FRAMES


def write(path: Path, frames: list[Frame], *, block: int = 3) -> Path:
    data, at = encode_header({"session": "s-1"}), 0.0
    for start in range(0, len(frames), block):
        group = frames[start : start + block]
        data += encode_block(group, at)
        at = group[-1].at
    path.write_bytes(data)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "s-1.hoop", FRAMES)


def test_every_frame_is_found_by_its_number(path: Path) -> None:
    with Recording.open(path) as recording:
        assert len(recording) == len(FRAMES)
        assert [recording[number] for number in range(len(FRAMES))] == FRAMES
        assert list(recording) == FRAMES
        assert (recording[-1], recording[2:5]) == (FRAMES[-1], FRAMES[2:5])
        assert recording.header["hoopterm"]["session"] == "s-1"
        with pytest.raises(IndexError):
            recording[len(FRAMES)]


def test_events_come_without_rows(path: Path) -> None:
    with Recording.open(path) as recording:
        expected = [(number, frame) for number, frame in enumerate(FRAMES) if frame.code != "R"]
        assert list(recording.events()) == expected


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 1.15, 1.2, 2.0, 59.9, 60.0, 1e9])
def test_a_moment_is_found(path: Path, seconds: float) -> None:
    with Recording.open(path) as recording:
        assert recording.at(seconds) == sum(frame.at <= seconds for frame in FRAMES) - 1


def test_a_growing_recording_is_taken_in_as_it_grows(tmp_path: Path) -> None:
    path = write(tmp_path / "s-1.hoop", FRAMES[:6])
    with Recording.open(path) as recording:
        assert len(recording) == 6
        block = encode_block(FRAMES[6:9], FRAMES[5].at)
        with path.open("ab") as file:
            file.write(block[:20])
        assert recording.refresh() == 0
        assert recording.damage is not None
        assert recording.damage.is_torn
        with path.open("ab") as file:
            file.write(block[20:])
        assert recording.refresh() == 3
        assert recording.damage is None
        assert list(recording) == FRAMES[:9]


def test_damage_in_the_middle_is_told_and_what_lies_before_still_plays(path: Path) -> None:
    data = bytearray(path.read_bytes())
    with Recording.open(path) as recording:
        third = recording._blocks[2].offset
    data[third] ^= 1
    path.write_bytes(data)
    with Recording.open(path) as recording:
        assert recording.damage is not None
        assert (recording.damage.is_torn, recording.damage.offset) == (False, third)
        assert list(recording) == FRAMES[:6]


def test_only_a_few_blocks_are_in_memory(tmp_path: Path) -> None:
    frames = [Frame(float(number), "R", RowBatch("o", 1, os.urandom(100))) for number in range(60)]
    with Recording.open(write(tmp_path / "s.hoop", frames, block=1)) as recording:
        assert [recording[number] for number in range(60)] == frames
        assert len(recording._cache) == CACHED_BLOCKS


def test_blocks_of_rows_are_passed_over_without_being_read(tmp_path: Path) -> None:
    rows = [Frame(1.0, "R", RowBatch("o", 1, b"x" * 100))] * 30
    path = write(tmp_path / "s.hoop", [*FRAMES[:3], *rows, *FRAMES[5:6]])
    data = bytearray(path.read_bytes())
    with Recording.open(path) as recording:
        middle = recording._blocks[4]
    data[middle.end - 1] ^= 1  # were it read, this would be an error
    path.write_bytes(data)
    with Recording.open(path) as recording:
        assert len(list(recording.events())) == 4
        with pytest.raises(Damaged):
            recording[12]


def test_what_is_no_recording_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.hoop").write_text("no recording")
    with pytest.raises(Damaged):
        Recording.open(tmp_path / "x.hoop")
