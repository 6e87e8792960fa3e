"""The file behind a recorder: blocks, seals, failures."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from engine.audit.recording import MAX_EVENT, SEAL, RecordingFile, Seal
from replay.format import Frame, Kind, RowBatch, read, read_header, scan


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def seals() -> list[Seal]:
    return []


@pytest.fixture
def recording(tmp_path: Path, clock: Clock, seals: list[Seal]) -> RecordingFile:
    file = RecordingFile(tmp_path / "s-1.hoop", "s-1", {"session": "s-1"}, clock)
    file.told = lambda failure, seal: seals.append(seal) if seal is not None else None
    return file


def add(recording: RecordingFile, *frames: Frame) -> None:
    for frame in frames:
        recording.frames.append((frame, len(frame.data.cells) if isinstance(frame.data, RowBatch) else 256))


def store(recording: RecordingFile) -> bool:
    return recording.write() and recording.sync()


def frames_of(recording: RecordingFile) -> list[Frame]:
    with recording.path.open("rb") as file:
        return list(read(file))


def test_frames_are_stored_with_their_times_across_flushes(recording: RecordingFile) -> None:
    written = [Frame(0.5, "s", {"state": "opened"}), Frame(1.25, "q", {"operation": "o"}), Frame(7.0, "e", {})]
    add(recording, written[0])
    store(recording)
    add(recording, *written[1:])
    store(recording)
    assert frames_of(recording) == written
    with recording.path.open("rb") as file:
        assert read_header(file)["hoopterm"] == {"session": "s-1"}


def test_seals_follow_each_other_and_cover_every_byte(
    recording: RecordingFile, clock: Clock, seals: list[Seal]
) -> None:
    for number in range(6):
        add(recording, Frame(float(number), "n", {"message": str(number)}))
        store(recording)
        clock.now += SEAL / 2
    recording.is_closing = True
    store(recording)
    whole = recording.path.read_bytes()
    assert len(seals) >= 3
    assert [seal.is_final for seal in seals] == [False] * (len(seals) - 1) + [True]
    position = 0
    for seal in seals:
        assert seal.offset == position
        position += seal.length
        assert seal.sha256 == hashlib.sha256(whole[seal.offset : position]).hexdigest()
    assert position == len(whole)


def test_a_recording_reports_that_a_part_is_unsealed_until_it_is(
    recording: RecordingFile, clock: Clock, seals: list[Seal]
) -> None:
    assert not store(recording)
    add(recording, Frame(1.0, "n", {}))
    assert store(recording)
    clock.now += SEAL
    assert not store(recording)
    assert len(seals) == 2


def test_large_answers_get_blocks_that_an_index_may_pass_over(recording: RecordingFile) -> None:
    batch = RowBatch("o", 10, os.urandom(400_000))
    add(recording, Frame(0.1, "q", {}), *[Frame(0.2, "R", batch)] * 6, Frame(0.3, "e", {}))
    store(recording)
    with recording.path.open("rb") as file:
        flags = [Kind(block.flags) for block in scan(file)]
    assert flags == [Kind.HEADER, Kind.EVENTS, Kind.ROWS, Kind.ROWS, Kind.ROWS, Kind.EVENTS]


def test_a_failed_write_is_repeated_at_the_same_place(
    recording: RecordingFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(recording)
    add(recording, Frame(1.0, "n", {"message": "kept"}))
    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", _fail)
        recording.write()
        with pytest.raises(OSError, match="Input/output"):
            recording.sync()
    add(recording, Frame(2.0, "n", {"message": "later"}))
    store(recording)
    assert [frame.data for frame in frames_of(recording)] == [{"message": "kept"}, {"message": "later"}]


def _fail(descriptor: int) -> None:
    raise OSError(5, "Input/output error")


def test_a_session_never_overwrites_another_ones_recording(recording: RecordingFile) -> None:
    recording.path.write_text("somebody else's")
    with pytest.raises(FileExistsError):
        recording.write()


def test_an_event_larger_than_a_block_may_be_is_cut(recording: RecordingFile) -> None:
    add(recording, Frame(0.1, "q", {"operation": "o", "text": "x" * (3 * MAX_EVENT)}))
    store(recording)
    (frame,) = frames_of(recording)
    assert isinstance(frame.data, dict)
    assert frame.data["truncated"] is True
    assert frame.data["operation"] == "o"
    assert len(frame.data["text"]) > MAX_EVENT // 4


def test_after_the_final_seal_nothing_is_written(recording: RecordingFile, seals: list[Seal]) -> None:
    recording.is_closing = True
    store(recording)
    assert not recording.write()
    assert seals[-1].is_final
    recording.make_read_only()
    assert recording.path.stat().st_mode & 0o777 == 0o400
