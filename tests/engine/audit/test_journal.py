"""Segment files as the writer uses them; reading them is `replay.journal`'s."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.audit.journal import OpenSegment, has_spare, prepare_spare
from replay.journal import HEADER, read_segment

SIZE = 1 << 17


def test_a_segment_starts_as_zeros_of_its_full_size(tmp_path: Path) -> None:
    segment = OpenSegment.create(tmp_path, 7, SIZE)
    assert segment.path.name == "0000000000000007.journal"
    assert segment.path.read_bytes() == bytes(SIZE)
    segment.close()


def test_the_spare_becomes_the_next_segment(tmp_path: Path) -> None:
    prepare_spare(tmp_path, SIZE)
    inode = (tmp_path / "spare").stat().st_ino
    segment = OpenSegment.create(tmp_path, 0, SIZE)
    segment.close()
    assert segment.path.stat().st_ino == inode
    assert not has_spare(tmp_path)


def test_a_full_disk_keeps_no_half_of_a_spare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            prepare_spare(tmp_path, SIZE)
    assert list(tmp_path.iterdir()) == []


def test_batches_read_as_they_were_appended_and_the_rest_is_cut_at_the_end(tmp_path: Path) -> None:
    segment = OpenSegment.create(tmp_path, 5, SIZE)
    segment.append(5, [b"a", b"b"])
    segment.append(7, [b"c"])
    assert list(read_segment(segment.path).entries()) == [(5, b"a"), (6, b"b"), (7, b"c")]
    segment.close()
    assert segment.path.stat().st_size == 2 * HEADER.size + 9
    assert list(read_segment(segment.path).entries()) == [(5, b"a"), (6, b"b"), (7, b"c")]


def test_a_full_segment_says_so(tmp_path: Path) -> None:
    segment = OpenSegment.create(tmp_path, 0, SIZE)
    assert segment.has_room(SIZE - HEADER.size)
    assert not segment.has_room(SIZE - HEADER.size + 1)
    segment.close()


def test_a_short_write_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segment = OpenSegment.create(tmp_path, 0, SIZE)
    whole = os.pwritev
    monkeypatch.setattr(os, "pwritev", lambda fd, parts, at, flags: whole(fd, [parts[0][:10]], at, flags))
    with pytest.raises(OSError, match="only 10 of"):
        segment.append(0, [b"entry"])
    segment.close()


def test_where_the_kernel_has_no_durable_write_the_file_is_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr("engine.audit.journal._DURABLE", 0)
    monkeypatch.setattr(os, "fdatasync", synced.append)
    segment = OpenSegment.create(tmp_path, 0, SIZE)
    segment.append(0, [b"entry"])
    segment.close()
    assert len(synced) == 1
    assert list(read_segment(segment.path).entries()) == [(0, b"entry")]
