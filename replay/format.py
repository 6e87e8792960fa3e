"""Recordings: the file `<session>.hoop`, read and written.

The file is a sequence of blocks, each compressed by itself, so `zstd -dc` reads it and any block can be read alone. A
block is a zstd skippable frame (RFC 8878 section 3.1.2) with `BLOCK`'s fields, then one zstd frame with the content.

The content of the first block is a header line in asciicast v3's shape with our metadata under `hoopterm`. The others
hold frames: lines `[interval, code, data]`, `interval` the seconds since the previous frame of the file, `data` a JSON
object as a string. Behind an `R` line stand as many raw bytes as its `bytes` says, and a newline: the masked wire cells
as they were sent.

Codes: `q` operation begins, `w` review, `c` columns, `t` terminal size, `R` rows, `e` operation ends, `n` notice,
`g` gap, `s` session.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from enum import IntFlag
from typing import Any, BinaryIO

import msgspec
import zstandard

from replay.forms import form, nested

SKIPPABLE = struct.Struct("<II")
SKIPPABLE_MAGIC = 0x184D2A5E
BLOCK = struct.Struct("<4sBIdIII")  # magic, flags, frames, at, stored, content, crc32 of the stored bytes
CHECKSUM = struct.Struct("<I")  # crc32 of these fields: an altered length must not pass for a torn end
BLOCK_MAGIC = b"hoop"
BLOCK_HEADER_SIZE = SKIPPABLE.size + BLOCK.size + CHECKSUM.size
MAX_CONTENT = 32 << 20
SUFFIX = ".hoop"
_LEVEL = 1
_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)  # no JSON, no UTF-8, nested without end


class RowBatch(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some of an operation's answer: PostgreSQL DataRow messages, or COPY data when `kind` is "copy"; or some of a
    stream, as it was sent, when `kind` is "stdout", "stderr" or "input", and then `rows` is how many lines end in it.

    `before` is how many rows of the operation came before these. An operation's cells are one stream over its batches;
    `continues` says that this batch begins inside a message.
    """

    operation: str
    rows: int
    cells: bytes = b""
    kind: str = "rows"
    before: int = 0
    continues: bool = False

    def __repr__(self) -> str:
        return f"<RowBatch {self.operation} {self.rows} rows, {len(self.cells)} bytes>"


class Frame(msgspec.Struct, frozen=True):
    """One thing that happened, `at` seconds after the session opened. `data` is a RowBatch for the code `R`."""

    at: float
    code: str
    data: dict[str, Any] | RowBatch


class Lines(msgspec.Struct, frozen=True):
    """Frames of one moment as they are written, with holes: what a hot path says again and again, encoded once.

    `form` is a pattern for `%`: it takes the interval, then the `values` of a FilledLines in order.
    """

    form: bytes
    frames: int
    has_rows: bool = False


class FilledLines(msgspec.Struct, frozen=True, gc=False):
    """Frames, `at` seconds after the session opened, in the form of `lines`. Each value is what stands in its hole."""

    at: float
    lines: Lines
    values: tuple[bytes, ...]


class Kind(IntFlag):
    """What a block holds, so that an index need not decompress rows."""

    EVENTS = 1
    ROWS = 2
    HEADER = 4


class Block(msgspec.Struct, frozen=True):
    """One block's place and contents: `end` is the offset behind it, `at` the time of its first frame."""

    offset: int
    flags: int
    frames: int
    at: float
    stored: int
    content: int
    checksum: int

    @property
    def end(self) -> int:
        """The offset of the next block."""
        return self.offset + BLOCK_HEADER_SIZE + self.stored


class Damaged(ValueError):
    """A recording does not read at `offset`; `is_torn` when a crash explains it: the file just ends there."""

    def __init__(self, offset: int, why: str, *, is_torn: bool = False) -> None:
        super().__init__(f"at {offset}: {why}")
        self.offset = offset
        self.why = why
        self.is_torn = is_torn


_ROW_LINE = rb"{\"operation\":\"%b\",\"rows\":%b,\"bytes\":%b}"


class _RowLine(msgspec.Struct, omit_defaults=True):
    operation: str
    rows: int
    bytes: int
    kind: str = "rows"
    before: int = 0
    continues: bool = False


def encode_header(header: dict[str, Any]) -> bytes:
    """The first block: `header` is the metadata under `hoopterm`, `opened` in it an RFC 3339 time."""
    line = {
        "version": 3,
        "term": {"cols": 160, "rows": 50},
        "timestamp": int(header.get("timestamp", 0)),
        "title": f"{header.get('identity', '')} on {header.get('target', '')}",
        "hoopterm": header,
    }
    return _block(msgspec.json.encode(line) + b"\n", Kind.HEADER, 0, 0.0)


def encode_block(frames: Sequence[Frame | FilledLines], previous: float = 0.0) -> bytes:
    """One block of at least one frame; `previous` is the time of the last frame before it."""
    parts: list[bytes] = []
    has_events, has_rows, count = False, False, 0
    for frame in frames:
        if isinstance(frame, FilledLines):
            lines = frame.lines
            has_events, has_rows = True, has_rows or lines.has_rows
            parts.append(lines.form % (b"%.6f" % (frame.at - previous), *frame.values))
            count += lines.frames
        else:
            has_events, has_rows = has_events or frame.code != "R", has_rows or frame.code == "R"
            parts.append(encode_frame(frame, frame.at - previous))
            count += 1
        previous = frame.at
    flags = Kind.EVENTS * has_events | Kind.ROWS * has_rows
    return _block(b"".join(parts), flags, count, frames[0].at)


def as_frames(filled: FilledLines) -> list[Frame]:
    """The frames that filled lines are."""
    return list(_frames(filled.lines.form % (b"0.0", *filled.values), filled.at))


def lines_of(frames: Sequence[tuple[str, dict[str, Any] | RowBatch]]) -> Lines:
    """The lines of these frames, in whose data holes (`replay.forms`) stand for what differs. A batch of rows is all
    holes: its operation, its number of rows, the size of its cells, and the cells."""
    written: list[bytes] = []
    for number, (code, data) in enumerate(frames):
        interval = b"%b" if number == 0 else b"0.0"
        if isinstance(data, RowBatch):
            written.append(b'[%b,"R","%b"]\n%%b\n' % (interval, _ROW_LINE))
        else:
            written.append(b'[%b,"%b","%b"]\n' % (interval, code.encode(), form(nested(data))))
    has_rows = any(code == "R" for code, _ in frames)
    return Lines(b"".join(written), len(frames), has_rows)


def encode_frame(frame: Frame, interval: float) -> bytes:
    """One frame as it stands inside a block."""
    data = frame.data
    if isinstance(data, RowBatch):
        line = _RowLine(data.operation, data.rows, len(data.cells), data.kind, data.before, data.continues)
        text = msgspec.json.encode(line).decode()
        return b"%b\n%b\n" % (msgspec.json.encode([round(interval, 6), frame.code, text]), data.cells)
    text = msgspec.json.encode(data).decode()
    return msgspec.json.encode([round(interval, 6), frame.code, text]) + b"\n"


def _block(content: bytes, flags: int, frames: int, at: float) -> bytes:
    if len(content) > MAX_CONTENT:
        raise ValueError(f"a block holds at most {MAX_CONTENT} bytes")
    stored = zstandard.ZstdCompressor(level=_LEVEL).compress(content)
    block = BLOCK.pack(BLOCK_MAGIC, flags, frames, at, len(stored), len(content), zlib.crc32(stored))
    return encode_block_header(block) + stored


def encode_block_header(fields: bytes) -> bytes:
    """A block's packed fields as the skippable frame that stands before its content."""
    size = BLOCK.size + CHECKSUM.size
    return SKIPPABLE.pack(SKIPPABLE_MAGIC, size) + fields + CHECKSUM.pack(zlib.crc32(fields))


def scan(file: BinaryIO, offset: int = 0) -> Iterator[Block]:
    """The blocks from an offset on, by their headers alone. Raises Damaged where the file stops being a recording."""
    size = file.seek(0, io.SEEK_END)
    while offset < size:
        block = _read_block_header(file, offset, size)
        yield block
        offset = block.end


def _read_block_header(file: BinaryIO, offset: int, size: int) -> Block:
    file.seek(offset)
    head = file.read(BLOCK_HEADER_SIZE)
    if len(head) < BLOCK_HEADER_SIZE:
        raise Damaged(offset, "a block's header is cut short", is_torn=True)
    fields = head[SKIPPABLE.size : SKIPPABLE.size + BLOCK.size]
    magic, flags, frames, at, stored, content, checksum = BLOCK.unpack(fields)
    if head != encode_block_header(fields) or magic != BLOCK_MAGIC:
        is_torn = not head.strip(b"\0")  # a file system may have grown the file without its bytes
        raise Damaged(offset, "no block begins here", is_torn=is_torn)
    if content > MAX_CONTENT or stored > MAX_CONTENT + 4096 or frames > content:
        raise Damaged(offset, "a block claims more than a block may hold")
    block = Block(offset, flags, frames, at, stored, content, checksum)
    if block.end > size:
        raise Damaged(offset, "a block is cut short", is_torn=True)
    return block


def content(file: BinaryIO, block: Block) -> bytes:
    """A block's content, decompressed; raises Damaged."""
    file.seek(block.offset + BLOCK_HEADER_SIZE)
    stored = file.read(block.stored)
    if len(stored) < block.stored or zlib.crc32(stored) != block.checksum:
        end = file.seek(0, io.SEEK_END)
        raise Damaged(block.offset, "a block's bytes were altered", is_torn=block.end >= end)
    try:
        if zstandard.frame_content_size(stored) != block.content:
            raise Damaged(block.offset, "a block's size is not the one announced")
        return zstandard.ZstdDecompressor().decompress(stored, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise Damaged(block.offset, f"a block does not decompress: {error}") from error


def load(file: BinaryIO, block: Block) -> list[Frame]:
    """A block's frames; raises Damaged."""
    data = content(file, block)
    try:
        frames = list(_frames(data, block.at))
    except _UNREADABLE as error:
        raise Damaged(block.offset, f"a frame does not read: {error}") from error
    if len(frames) != block.frames:
        raise Damaged(block.offset, f"a block holds {len(frames)} frames, not {block.frames}")
    return frames


def _frames(data: bytes, at: float) -> Iterator[Frame]:
    position, is_first = 0, True
    while position < len(data):
        end = data.index(b"\n", position)
        interval, code, text = msgspec.json.decode(data[position:end], type=tuple[float, str, str])
        at = at if is_first else round(at + interval, 6)
        is_first, position = False, end + 1
        if code != "R":
            yield Frame(at, code, msgspec.json.decode(text, type=dict[str, Any]))
            continue
        line = msgspec.json.decode(text, type=_RowLine)
        cells = data[position : position + line.bytes]
        position += line.bytes + 1
        if line.bytes < 0 or position > len(data):
            raise ValueError("a row frame is cut short")
        yield Frame(at, code, RowBatch(line.operation, line.rows, cells, line.kind, line.before, line.continues))


def read_header(file: BinaryIO) -> dict[str, Any]:
    """The header line of a recording; raises Damaged."""
    size = file.seek(0, io.SEEK_END)
    block = _read_block_header(file, 0, size)
    if not block.flags & Kind.HEADER or block.content > 1 << 20:
        raise Damaged(0, "the recording has no header")
    try:
        return msgspec.json.decode(content(file, block), type=dict[str, Any])
    except _UNREADABLE as error:
        raise Damaged(0, f"the header does not read: {error}") from error


def read(file: BinaryIO) -> Iterator[Frame]:
    """Every frame, one block in memory at a time; ends in silence where a crash tore the file, else raises Damaged."""
    try:
        for block in scan(file):
            if not block.flags & Kind.HEADER:
                yield from load(file, block)
    except Damaged as damage:
        if not damage.is_torn:
            raise
