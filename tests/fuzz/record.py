"""What an auditor reads: trees and proofs, notes and keys, bundles, journals, recordings and their cells."""

from __future__ import annotations

import contextlib
import io
import tempfile
import zlib
from pathlib import Path
from typing import Any

import zstandard

from replay.cells import Rows, display
from replay.format import BLOCK, BLOCK_MAGIC, MAX_CONTENT, Damaged, Kind, RowBatch, encode_block_header, read
from replay.index import Recording
from replay.journal import JournalError, encode_frame, read_segment, segment_path
from replay.note import Checkpoint, Note, NoteError, SigningKey, VerifierKey
from replay.tiles import decode_bundle, encode_bundle
from replay.tlog import (
    HASH_SIZE,
    consistency_proof,
    hash_leaf,
    hash_row,
    inclusion_proof,
    range_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.fuzz.feed import Feed

_TYPES = ("int4", "numeric", "timestamptz", "date", "interval", "uuid", "jsonb", "_text", "inet", "float8", "bytea")
_LEAVES = [hash_leaf(bytes((number,))) for number in range(64)]
_KEY = SigningKey("fuzz", bytes(32))


def _subtree(level: int, index: int) -> bytes:
    return hash_row(_LEAVES[index << level : (index + 1) << level])


def tree(data: bytes) -> None:
    """A proof holds if it is the right one, and no other holds."""
    feed = Feed(data)
    size = feed.number(64) + 1
    index, old = feed.number(size), feed.number(size + 1)
    root, old_root = range_hash(0, size, _subtree), range_hash(0, old, _subtree)
    included, consistent = inclusion_proof(index, size, _subtree), consistency_proof(old, size, _subtree)
    assert verify_inclusion(_LEAVES[index], index, size, root, included)
    assert verify_consistency(old, size, old_root, root, consistent)
    said = feed.rest()
    proof = [said[at : at + HASH_SIZE] for at in range(0, len(said), HASH_SIZE)]
    assert proof == included or not verify_inclusion(_LEAVES[index], index, size, root, proof)
    assert proof == consistent or not verify_consistency(old, size, old_root, root, proof)
    other = _LEAVES[(index + 1) % 64]
    assert not verify_inclusion(other, index, size, root, included)
    verify_inclusion(said[:32], int.from_bytes(said[32:40]), int.from_bytes(said[40:48]), root, proof)
    verify_consistency(int.from_bytes(said[:8]), int.from_bytes(said[8:16]), root, said[:32], proof)


def note(data: bytes) -> None:
    """Notes, checkpoints and keys: one way to write each, and only its key has signed it."""
    text = data.decode(errors="replace")
    for kind in (VerifierKey, SigningKey, Checkpoint):
        with contextlib.suppress(NoteError):
            parsed = kind.parse(text)
            said = parsed.private_text() if isinstance(parsed, SigningKey) else str(parsed)
            assert text.strip().startswith(said.strip())  # a checkpoint's extension lines are passed over
    with contextlib.suppress(NoteError):
        one = Note.parse(data)
        one.require(_KEY.verifier)
        *_, signature = _KEY.sign(one.text).splitlines()
        assert signature in text.splitlines(), "a note that nobody signed"  # among lines of other keys
    with contextlib.suppress(NoteError):
        signed = _KEY.sign(text)
        assert Note.parse(signed.encode()).text == text


def journal(data: bytes) -> None:
    """A segment file: what was stored is found, whatever stands behind it."""
    feed = Feed(data)
    entries = [feed.sized(40) for _ in range(feed.number(4))]
    first = feed.number(1000)
    rest = feed.rest()
    with contextlib.suppress(ValueError):
        assert encode_bundle(decode_bundle(rest)) == rest
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as directory:
        path = segment_path(Path(directory), first)
        path.write_bytes(encode_frame(first, entries) + rest)
        with contextlib.suppress(JournalError):
            segment = read_segment(path)
            assert segment.batches[0].entries == entries
            assert segment.end <= path.stat().st_size


def _block(feed: Feed) -> bytes:
    """A block whose checksums hold, so that what is in it is looked at."""
    content = feed.sized(255) * (200 if feed.number(8) == 1 else 1)
    stored = zstandard.ZstdCompressor(level=1).compress(content)
    if feed.number(8) == 1:
        stored = feed.sized(64)
    size = MAX_CONTENT if feed.number(8) == 1 else len(content)
    flags, frames = feed.number(8), feed.number(5)
    fields = BLOCK.pack(BLOCK_MAGIC, flags, frames, float(feed.number(100)), len(stored), size, zlib.crc32(stored))
    return encode_block_header(fields) + stored


def recording(data: bytes) -> None:
    """A recording that somebody made: read whole and by number, it gives frames or says that it is damaged."""
    feed = Feed(data)
    content = b"".join(_block(feed) for _ in range(feed.number(4))) + feed.rest()
    with contextlib.suppress(Damaged):
        for frame in read(io.BytesIO(content)):
            if isinstance(frame.data, RowBatch):
                _show(frame.data.cells, [])
    with contextlib.suppress(Damaged):
        whole = Recording(io.BytesIO(content))
        for number in range(min(len(whole), 50)):
            whole[number]


def header(data: bytes) -> None:
    """The first block of a recording, and its frames behind it."""
    feed = Feed(data)
    content = feed.sized(255) * (200 if feed.number(8) == 1 else 1)
    stored = zstandard.ZstdCompressor(level=1).compress(content)
    fields = BLOCK.pack(BLOCK_MAGIC, Kind.HEADER, 0, 0.0, len(stored), len(content), zlib.crc32(stored))
    with contextlib.suppress(Damaged):
        len(Recording(io.BytesIO(encode_block_header(fields) + stored + feed.rest())))


def cells(data: bytes) -> None:
    """Cells as they are shown, in any format."""
    feed = Feed(data)
    columns = [{"type": feed.choice(_TYPES), "format": feed.number(2)} for _ in range(feed.number(5))]
    _show(feed.rest(), columns)


def _show(wire: bytes, columns: list[dict[str, Any]]) -> None:
    with contextlib.suppress(ValueError):
        for row in Rows().feed(wire):
            assert len(display(row, columns)) == len(row)
