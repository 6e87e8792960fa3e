"""Opening a log: lock it, replay its journal over its tiles, and refuse to go on from less than was signed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import RecordError
from engine.files import sync_directory
from replay.journal import JournalError, Segment, read_segment, segment_paths
from replay.note import MAX_NOTE_SIZE, Checkpoint, NoteError, VerifierKey
from replay.tiles import CHECKPOINT, LayoutError, Tiles
from replay.tlog import TILE_HEIGHT, TILE_WIDTH, Tree, hash_row

_ASK = "keep the directory as evidence, run `hoopterm audit verify` on it, and start a new log elsewhere"


@dataclass(frozen=True, slots=True)
class Recovered:
    """The tree as the retired part of the log left it, and the journal's entries after that."""

    tree: Tree
    tail: list[bytes]
    entries: list[bytes]
    checkpoint: Checkpoint | None

    @property
    def next(self) -> int:
        """The sequence of the next entry."""
        return self.tree.size + len(self.entries)


def lock(directory: Path) -> int:
    """Take the log for this process; the descriptor holds it. Raises RecordError when another engine has it."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    (directory / "journal").mkdir(exist_ok=True, mode=0o700)
    descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise RecordError(
            "the audit log is in use",
            f"another engine holds {directory}",
            "hoopterm engine stop, or SIGTERM to its process; another engine needs its own engine.state",
        ) from error
    return descriptor


def recover(directory: Path, key: VerifierKey, origin: str) -> Recovered:
    """Read what is there and cut torn tails; raises RecordError where going on would contradict what was signed."""
    checkpoint = _signed_head(directory, key, origin)
    segments = _segments(directory / "journal")
    base = segments[0].first if segments else 0
    entries = list(_entries(segments, base))
    size = checkpoint.size if checkpoint else 0
    if not base <= size <= base + len(entries) and (size or base):
        why = f"it was signed at {size} entries, its journal has {base} to {base + len(entries)}"
        raise RecordError("the audit log is shorter than it was", why, _ASK)
    try:
        tree, tail = _edge(directory, base)
    except LayoutError as error:
        raise RecordError("the audit log's tiles are damaged", str(error), _ASK) from error
    _tidy(directory / "journal", segments)
    return Recovered(tree, tail, entries, checkpoint)


def _signed_head(directory: Path, key: VerifierKey, origin: str) -> Checkpoint | None:
    try:
        with (directory / CHECKPOINT).open("rb") as file:
            note = file.read(MAX_NOTE_SIZE + 1)
    except FileNotFoundError:
        return None
    try:
        checkpoint = Checkpoint.open(note, key)
    except NoteError as error:
        raise RecordError("the audit log's checkpoint does not hold", str(error), _ASK) from error
    if checkpoint.origin != origin:
        raise RecordError("the audit log is another engine's", f"its origin is {checkpoint.origin}", _ASK)
    return checkpoint


def _segments(journal: Path) -> list[Segment]:
    try:
        segments = [read_segment(path) for path in segment_paths(journal)]
    except JournalError as error:
        raise RecordError("the audit log's journal is damaged", str(error), _ASK) from error
    for segment in segments:
        if segment.resumes is not None:
            where = f"{segment.path.name} at {segment.end}"
            why = f"{where}: {segment.torn}, but a frame follows at {segment.resumes}"
            raise RecordError("the audit log's journal is damaged", why, _ASK)
    return segments


def _entries(segments: Sequence[Segment], base: int) -> Iterator[bytes]:
    """The journal's entries in order. A segment ends where the next begins: a failed write is repeated there."""
    expected = base
    for segment, after in zip(segments, [*segments[1:], None], strict=False):
        if segment.first != expected:
            why = f"{segment.path.name} should begin at entry {expected}"
            raise RecordError("the audit log's journal has a gap", why, _ASK)
        for sequence, entry in segment.entries():
            if after is None or sequence < after.first:
                yield entry
                expected = sequence + 1


def _edge(directory: Path, base: int) -> tuple[Tree, list[bytes]]:
    """The tree of the first `base` entries, from full tiles alone: only those are durable without the journal."""
    tiles = Tiles(directory, -(-base // TILE_WIDTH) * TILE_WIDTH)
    bundle, width = divmod(base, TILE_WIDTH)
    tree = Tree(base, [tiles.tile(0, bundle)[:width] if width else []])
    level = 1
    while above := base >> (TILE_HEIGHT * level):
        first = above // TILE_WIDTH * TILE_WIDTH
        tree.edge.append([hash_row(tiles.tile(level - 1, index)) for index in range(first, above)])
        level += 1
    return tree, tiles.bundle(bundle)[:width] if width else []


def _tidy(journal: Path, segments: Sequence[Segment]) -> None:
    """Cut torn ends and unused zeros, drop segments without entries; new entries go into a new segment."""
    for segment in segments:
        if segment.batches:
            with segment.path.open("r+b") as file:
                file.truncate(segment.end)
                os.fsync(file.fileno())
        else:
            segment.path.unlink()
    sync_directory(journal)
