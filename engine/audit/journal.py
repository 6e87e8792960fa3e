"""Segment files of the journal: preallocated with zeros, appended to with one durable write a batch."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from engine.files import sync_directory
from replay.journal import HEADER, encode_frame, segment_path

SEGMENT_SIZE = 16 << 20
MAX_BATCH_SIZE = 4 << 20
_ZEROS = bytes(1 << 20)
_DURABLE = getattr(os, "RWF_DSYNC", 0)
_SPARE = "spare"


class OpenSegment:
    """The segment that is being appended to. Every method blocks and raises OSError."""

    def __init__(self, path: Path, descriptor: int, size: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._size = size
        self._position = 0

    @classmethod
    def create(cls, directory: Path, first: int, size: int) -> OpenSegment:
        """Start the segment whose first entry has the sequence `first`, from the spare when there is one.

        Written zeros, not only reserved blocks: overwriting them needs no metadata on disk (165 → 105 µs measured).
        """
        path = segment_path(directory, first)
        if not (directory / _SPARE).exists():
            prepare_spare(directory, size)
        os.replace(directory / _SPARE, path)
        sync_directory(directory)
        return cls(path, os.open(path, os.O_WRONLY | os.O_CLOEXEC), size)

    def has_room(self, size: int) -> bool:
        """Whether a batch whose entries take `size` bytes still fits."""
        return self._position + HEADER.size + size <= self._size

    def append(self, first: int, entries: Sequence[bytes]) -> None:
        """Write one batch; it is on stable storage when this returns."""
        frame = encode_frame(first, entries)
        written = _write_durably(self._descriptor, frame, self._position)
        if written != len(frame):
            raise OSError(f"only {written} of {len(frame)} bytes were written")
        self._position += written

    def close(self) -> None:
        """Cut the zeros that were not used, and let go of the file."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, self._position)
        os.close(self._descriptor)


def prepare_spare(directory: Path, size: int) -> None:
    """Make the zeroed file the next segment starts from; blocks."""
    temporary = directory / f"{_SPARE}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        while (missing := size - os.lseek(descriptor, 0, os.SEEK_CUR)) > 0:
            os.write(descriptor, _ZEROS[:missing])
        os.fsync(descriptor)
    except OSError:
        temporary.unlink(missing_ok=True)  # half of it would only fill a full disk
        raise
    finally:
        os.close(descriptor)
    os.replace(temporary, directory / _SPARE)


def has_spare(directory: Path) -> bool:
    """Whether the next segment is prepared."""
    return (directory / _SPARE).exists()


def _write_durably(descriptor: int, data: bytes, position: int) -> int:
    """One system call where Linux has RWF_DSYNC (pwritev2), else a write and an fdatasync."""
    if _DURABLE:
        return os.pwritev(descriptor, [data], position, _DURABLE)
    written = os.pwrite(descriptor, data, position)
    os.fdatasync(descriptor)
    return written
