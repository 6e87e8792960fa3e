"""The journal's frames: the durable form of a log's newest entries, before tiles are derived from them.

A segment file `<first sequence, 16 digits>.journal` is a run of frames followed by zeros. A frame is one batch: the
magic `hoop`, little-endian `length u32, crc32 u32, first sequence u64`, then `length` bytes of entries in the bundle
encoding. The CRC covers the length, the sequence and the entries. Only what a crash tore may fail to read, and only at
the end.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from replay.tiles import decode_bundle, encode_bundle

MAGIC = b"hoop"
HEADER = struct.Struct("<4sIIQ")
MAX_SEGMENT_SIZE = 1 << 26
SUFFIX = ".journal"


class JournalError(ValueError):
    """A segment is nothing this engine writes."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One frame: the entries that reached stable storage together."""

    offset: int
    end: int
    first: int
    entries: list[bytes]


@dataclass(frozen=True, slots=True)
class Segment:
    """What one segment file holds.

    `torn` says why what stands at `end` is no frame; None when it is zeros. `resumes` is where behind it a good, later
    frame stands all the same: no crash does that.
    """

    path: Path
    first: int
    batches: list[Batch]
    end: int
    torn: str | None = None
    resumes: int | None = None

    @property
    def next(self) -> int:
        """The sequence after its last entry."""
        return self.batches[-1].first + len(self.batches[-1].entries) if self.batches else self.first

    def entries(self) -> Iterator[tuple[int, bytes]]:
        """(sequence, entry) pairs."""
        for batch in self.batches:
            yield from enumerate(batch.entries, batch.first)


def encode_frame(first: int, entries: Sequence[bytes]) -> bytes:
    """One batch as it is stored."""
    body = encode_bundle(entries)
    return HEADER.pack(MAGIC, len(body), _checksum(len(body), first, body), first) + body


def _checksum(length: int, first: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(struct.pack("<IQ", length, first)))


def segment_path(directory: Path, first: int) -> Path:
    """The segment file whose first entry has that sequence."""
    return directory / f"{first:016}{SUFFIX}"


def segment_paths(directory: Path) -> list[Path]:
    """The segment files of a journal, oldest first."""
    return sorted(path for path in directory.glob(f"*{SUFFIX}") if path.stem.isdigit() and len(path.stem) == 16)


def read_segment(path: Path) -> Segment:
    """Read one segment up to its zeros or its torn end; raises JournalError when it is too large, and OSError."""
    with path.open("rb") as file:
        data = file.read(MAX_SEGMENT_SIZE + 1)
    if len(data) > MAX_SEGMENT_SIZE:
        raise JournalError(f"{path.name} is larger than the {MAX_SEGMENT_SIZE} bytes a segment may have")
    first = expected = int(path.stem)
    batches: list[Batch] = []
    position, torn = 0, None
    while position < len(data):
        batch = _frame(data, position, expected)
        if isinstance(batch, str):
            torn = batch or None
            break
        batches.append(batch)
        position, expected = batch.end, batch.first + len(batch.entries)
    resumes = _later_frame(data, position, expected) if torn else None
    return Segment(path, first, batches, position, torn, resumes)


def _frame(data: bytes, offset: int, expected: int) -> Batch | str:
    """The frame at an offset, else why there is none: empty for the zeros after the last one."""
    start = offset + HEADER.size
    header = data[offset:start]
    if not header.strip(b"\0"):
        return "" if not data[offset:].strip(b"\0") else "zeros with something behind them"
    if len(header) < HEADER.size:
        return "a frame's header is cut short"
    magic, length, checksum, first = HEADER.unpack(header)
    body = data[start : start + length]
    if magic != MAGIC or len(body) < length or _checksum(length, first, body) != checksum:
        return "a frame is torn or altered"
    if first != expected:
        return f"a frame begins at entry {first}, not at {expected}"
    try:
        return Batch(offset, start + length, first, list(decode_bundle(body)))
    except ValueError as error:
        return str(error)


def _later_frame(data: bytes, offset: int, expected: int) -> int | None:
    """Where behind a bad frame a good one stands; the bad one's length cannot be trusted to lead there."""
    place, tries = offset, 1000
    while tries and (place := data.find(MAGIC, place + 1)) >= 0 and place + HEADER.size <= len(data):
        tries -= 1
        _, length, checksum, first = HEADER.unpack_from(data, place)
        start = place + HEADER.size
        if first >= expected and _checksum(length, first, data[start : start + length]) == checksum:
            return place
    return None
