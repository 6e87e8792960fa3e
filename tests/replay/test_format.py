"""Recordings: written and read, torn and altered, and hostile."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from replay.format import (
    BLOCK,
    BLOCK_HEADER_SIZE,
    BLOCK_MAGIC,
    MAX_CONTENT,
    Damaged,
    FilledLines,
    Frame,
    Kind,
    RowBatch,
    as_frames,
    content,
    encode_block,
    encode_block_header,
    encode_header,
    lines_of,
    load,
    read,
    read_header,
    scan,
)
from replay.forms import NUMBER, TEXT, inside

HEADER = encode_header({"session": "s-1", "identity": "bot", "target": "shop", "timestamp": 1_772_000_000.5})
FRAMES = [
    Frame(0.0, "s", {"state": "opened"}),
    Frame(0.25, "q", {"operation": "o-1", "text": "select '\n\u2028\ud7ff'"}),
    Frame(0.5, "R", RowBatch("o-1", 2, b"D\n\n\0]", before=3)),
    Frame(1.75, "R", RowBatch("o-1", 0, b"", kind="copy", continues=True)),
    Frame(9.0, "e", {"operation": "o-1", "status": "completed"}),
]


def stored(*groups: list[Frame]) -> bytes:
    data, at = HEADER, 0.0
    for group in groups:
        data += encode_block(group, at)
        at = group[-1].at
    return data


def frames_of(data: bytes) -> list[Frame]:
    return list(read(io.BytesIO(data)))


def block_of(
    body: bytes, *, frames: int = 1, size: int | None = None, packed: bytes | None = None, flags: int = Kind.EVENTS
) -> bytes:
    packed = zstandard.ZstdCompressor().compress(body) if packed is None else packed
    size = len(body) if size is None else size
    fields = BLOCK.pack(BLOCK_MAGIC, flags, frames, 0.0, len(packed), size, zlib.crc32(packed))
    return encode_block_header(fields) + packed


def test_frames_read_as_they_were_written_however_they_are_grouped() -> None:
    assert frames_of(stored(FRAMES)) == FRAMES
    assert frames_of(stored(FRAMES[:2], FRAMES[2:4], FRAMES[4:])) == FRAMES
    assert frames_of(stored(*([frame] for frame in FRAMES))) == FRAMES


_TEXTS = st.text(max_size=30)
_EVENTS = st.builds(
    Frame,
    st.just(0.0),
    st.sampled_from("qwcengs"),
    st.dictionaries(_TEXTS, _TEXTS | st.integers(-9, 9) | st.none() | st.lists(_TEXTS)),
)
_ROWS = st.builds(
    lambda *parts: Frame(0.0, "R", RowBatch(*parts)),
    _TEXTS,
    st.integers(0, 99),
    st.binary(max_size=60),
    st.sampled_from(["rows", "copy"]),
    st.integers(0, 10**9),
    st.booleans(),
)


@given(st.lists(_EVENTS | _ROWS, min_size=1, max_size=12), st.data())
def test_any_frames_survive_with_their_times_to_the_microsecond(frames: list[Frame], data: st.DataObject) -> None:
    times = sorted(data.draw(st.lists(st.integers(0, 10**10), min_size=len(frames), max_size=len(frames))))
    timed = [Frame(at / 1e6, frame.code, frame.data) for at, frame in zip(times, frames, strict=True)]
    found = frames_of(stored(timed))
    assert [(frame.code, frame.data) for frame in found] == [(frame.code, frame.data) for frame in timed]
    assert [frame.at for frame in found] == pytest.approx([frame.at for frame in timed], abs=2e-5)


def test_the_content_is_an_asciicast_v3_that_zstd_alone_unpacks(tmp_path: Path) -> None:
    path = tmp_path / "s-1.hoop"
    path.write_bytes(stored(FRAMES[:2], FRAMES[4:]))
    if shutil.which("zstd"):
        text = subprocess.run(["zstd", "-dc", path], capture_output=True, check=True).stdout
    else:
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as out:
            text = out.read()
    header, *lines = [json.loads(line) for line in text.splitlines()]
    assert (header["version"], header["term"], header["timestamp"]) == (3, {"cols": 160, "rows": 50}, 1_772_000_000)
    assert header["hoopterm"]["session"] == "s-1"
    assert [(interval, code) for interval, code, _ in lines] == [(0.0, "s"), (0.25, "q"), (8.75, "e")]
    assert all(isinstance(data, str) and code not in "oirmx" for _, code, data in lines)


def test_a_file_torn_at_any_byte_gives_its_whole_blocks_and_no_error() -> None:
    data = stored(FRAMES[:2], FRAMES[2:4], FRAMES[4:])
    ends = [block.end for block in scan(io.BytesIO(data))]
    for cut in range(ends[0], len(data)):
        whole = sum(end <= cut for end in ends) - 1
        assert frames_of(data[:cut]) == [[], FRAMES[:2], FRAMES[:4]][whole]
        assert frames_of(data[:cut] + bytes(50 if cut in ends else 0)) == [[], FRAMES[:2], FRAMES[:4]][whole]


@given(st.integers(len(HEADER), len(stored(FRAMES)) - 1), st.integers(1, 255))
def test_no_altered_byte_goes_unnoticed_or_passes_for_a_torn_end(where: int, flip: int) -> None:
    data = bytearray(stored(FRAMES, [Frame(10.0, "s", {"state": "closed"})]))
    data[where] ^= flip
    with pytest.raises(Damaged, match=f"at {len(HEADER)}: "):
        frames_of(bytes(data))


@pytest.mark.parametrize(
    ("hostile", "why"),
    [
        (b"\x01" * 100, "no block begins here"),
        (block_of(b"", size=MAX_CONTENT + 1), "more than a block may hold"),
        (block_of(b"x" * 100, size=50), "not the one announced"),
        (block_of(b"", packed=b"no zstd", size=3), "block"),
        (block_of(b"[0,\"n\",\"{}\"]\n", frames=9), "more than a block may hold|holds 1 frames, not 9"),
        (block_of(b"[0,\"n\"]\n"), "does not read"),
        (block_of(b"[0,\"n\",\"[]\"]\n"), "does not read"),
        (block_of(b"no line end"), "does not read"),
        (block_of(b'[0,"n","\x90"]\n'), "does not read"),
        (block_of(b'[0,"n","' + b'{\\"a\\":' * 5000 + b'"]\n'), "does not read"),
        (block_of(b'[0,"R","{\\"operation\\":\\"o\\",\\"rows\\":1,\\"bytes\\":99}"]\nshort\n'), "does not read"),
        (block_of(b'[0,"R","{\\"operation\\":\\"o\\",\\"rows\\":1,\\"bytes\\":-9}"]\nshort\n'), "does not read"),
    ],
)  # fmt: skip
def test_a_hostile_block_is_refused(hostile: bytes, why: str) -> None:
    with pytest.raises(Damaged, match=why):
        frames_of(HEADER + hostile + stored(FRAMES)[len(HEADER) :])


def test_a_small_block_cannot_unpack_into_a_large_one() -> None:
    bomb = zstandard.ZstdCompressor(level=19).compress(bytes(200_000_000))
    assert len(bomb) < 20_000
    file = io.BytesIO(HEADER + block_of(b"", packed=bomb, size=1000, frames=1))
    block = list(scan(file))[1]
    with pytest.raises(Damaged, match="not the one announced"):
        content(file, block)


def test_a_file_without_header_is_no_recording() -> None:
    headers = (b"[]\n", b'{"hoo\x90m":1}\n', b'{"a":' * 20_000)  # no mapping, no UTF-8, nested without end
    hostile = (block_of(content, flags=Kind.HEADER) for content in headers)
    for data in (b"", b"x", bytes(200), stored(FRAMES)[len(HEADER) :], block_of(b"[]\n"), *hostile):
        with pytest.raises(Damaged):
            read_header(io.BytesIO(data))
    file = io.BytesIO(HEADER)
    assert read_header(file)["title"] == "bot on shop"


def test_a_block_knows_what_it_holds() -> None:
    file = io.BytesIO(stored(FRAMES[:2], FRAMES[2:4], FRAMES[3:]))
    blocks = list(scan(file))
    assert [Kind(block.flags) for block in blocks] == [
        Kind.HEADER,
        Kind.EVENTS,
        Kind.ROWS,
        Kind.EVENTS | Kind.ROWS,
    ]
    assert [block.frames for block in blocks] == [0, 2, 2, 2]
    assert blocks[1].offset == blocks[0].end == len(HEADER)
    assert blocks[2].end - blocks[2].offset == BLOCK_HEADER_SIZE + blocks[2].stored
    assert load(file, blocks[2]) == FRAMES[2:4]


def test_a_block_over_the_limit_is_not_written() -> None:
    with pytest.raises(ValueError, match="at most"):
        encode_block([Frame(0.0, "R", RowBatch("o", 1, bytes(MAX_CONTENT + 1)))])


def _types(frame: Frame) -> Any:
    return type(frame.data)


def test_rows_are_rows_and_events_are_dictionaries() -> None:
    assert [_types(frame) for frame in frames_of(stored(FRAMES))] == [dict, dict, RowBatch, RowBatch, dict]


CELLS = b'D\0\0\0\x0d\0\1\0\0\0\x03%b"'
ANSWER = lines_of(
    (
        ("c", {"operation": TEXT, "columns": [{"name": "100%", "masked": False}]}),
        ("R", RowBatch("", 0)),
        ("e", {"operation": TEXT, "tag": TEXT, "rows": NUMBER, "error": None}),
    )
)


def test_filled_lines_are_the_frames_they_were_made_from() -> None:
    values = (b"s-1.1", b"s-1.1", b"1", str(len(CELLS)).encode(), CELLS, b"s-1.1", inside('SELECT "1"\\'), b"1")
    filled = FilledLines(2.5, ANSWER, values)
    written: list[Frame | FilledLines] = [
        Frame(1.0, "q", {"operation": "s-1.1"}),
        filled,
        Frame(3.0, "s", {"state": "closed"}),
    ]
    file = io.BytesIO(encode_header({}) + encode_block(written, 0.5))
    (_, block) = scan(file)
    assert block.frames == 5
    assert block.flags == Kind.ROWS | Kind.EVENTS
    frames = load(file, block)
    assert frames[1:4] == as_frames(filled)
    assert frames[1:4] == [
        Frame(2.5, "c", {"operation": "s-1.1", "columns": [{"name": "100%", "masked": False}]}),
        Frame(2.5, "R", RowBatch("s-1.1", 1, CELLS)),
        Frame(2.5, "e", {"operation": "s-1.1", "tag": 'SELECT "1"\\', "rows": 1, "error": None}),
    ]
