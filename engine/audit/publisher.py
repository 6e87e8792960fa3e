"""The thread that derives from the journal what others read: tiles, entry bundles and the signed checkpoint."""

from __future__ import annotations

import itertools
import os
import queue
import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from engine.audit.journal import has_spare, prepare_spare
from engine.files import sync_directory
from replay.journal import segment_paths
from replay.note import Checkpoint, SigningKey
from replay.tiles import CHECKPOINT, bundle_path, encode_bundle, tile_path
from replay.tlog import TILE_WIDTH, Tree, hash_leaf

INTERVAL = 0.5  # seconds between checkpoints
MAX_BACKLOG = 200_000  # entries durable in the journal that storage refuses to take as tiles


class Publisher:
    """Grows the tree. `offer` may be called on any thread; once started, only its own thread publishes."""

    def __init__(
        self,
        directory: Path,
        tree: Tree,
        tail: Sequence[bytes],
        *,
        key: SigningKey,
        origin: str,
        copies: Sequence[Path] = (),
        segment_size: int,
        told: Callable[[OSError | None, dict[Path, str]], None],
    ) -> None:
        self._directory = directory
        self._tree = tree
        self._tail = list(tail)
        self._key = key
        self._origin = origin
        self._copies = copies
        self._segment_size = segment_size
        self._told = told
        self._offered: deque[tuple[int, list[bytes]]] = deque()
        self._offered_to = self._integrated_to = tree.size
        self._unwritten: deque[tuple[str, bytes]] = deque()
        self._unsynced: list[Path] = []
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit-publisher", daemon=True)
        self.checkpoint: Checkpoint | None = None

    def start(self) -> None:
        """Publish from now on by itself."""
        self._thread.start()

    def offer(self, entries: list[bytes]) -> None:
        """The next entries, durable in the journal."""
        self._offered.append((self._offered_to, entries))
        self._offered_to += len(entries)
        self._wake.put(None)

    @property
    def is_behind(self) -> bool:
        """Whether so much is unpublished that no more should be recorded."""
        return self._offered_to - self._integrated_to > MAX_BACKLOG

    def unpublished(self) -> list[tuple[int, bytes]]:
        """The entries that may not be under the checkpoint yet, with their sequences: a copy."""
        return [pair for first, entries in list(self._offered) for pair in enumerate(entries, first)]

    def close(self) -> None:
        """Publish the rest and stop; blocks."""
        self._closing.set()
        self._wake.put(None)
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.get()
            self._closing.wait(INTERVAL)
            while not self._wake.empty():
                self._wake.get()
            self._try()
        self._try()

    def _try(self) -> None:
        failures: dict[Path, str] = {}
        try:
            failures = self.publish()
        except OSError as error:
            self._wake.put(None)  # try again after the next interval
            self._told(error, failures)
        else:
            self._told(None, failures)

    def publish(self) -> dict[Path, str]:
        """Derive everything offered so far and sign the head; returns the copies that failed. Raises OSError."""
        self.integrate()
        self._write_full()
        self._write_partial()
        failures = self._sign()
        self._forget_published()
        self._retire()
        if not has_spare(self._directory / "journal"):
            prepare_spare(self._directory / "journal", self._segment_size)
        return failures

    def integrate(self) -> None:
        """Grow the tree by what was offered; no I/O."""
        for first, entries in list(self._offered):
            if first == self._integrated_to:
                position = 0
                while position < len(entries):  # as far as the tile at the edge has room
                    room = TILE_WIDTH - self._tree.size % TILE_WIDTH
                    self._append(entries[position : position + room])
                    position += room
                self._integrated_to += len(entries)

    @property
    def size(self) -> int:
        """How many entries the tree has."""
        return self._tree.size

    def root(self) -> bytes:
        """The hash over everything integrated."""
        return self._tree.root()

    def _append(self, entries: Sequence[bytes]) -> None:
        self._tail += entries
        for tile in self._tree.extend([hash_leaf(entry) for entry in entries]):
            self._unwritten.append((tile_path(tile.level, tile.index), tile.hashes))
            if tile.level == 0:
                self._unwritten.append((bundle_path(tile.index), encode_bundle(self._tail)))
                self._tail = []

    def _write_full(self) -> None:
        while self._unwritten:
            path, data = self._unwritten[0]
            full = self._directory / path
            _replace(full, data)
            self._unsynced.append(full)
            # A partial tile may go once the full one is there (tlog-tiles, "Partial Tiles").
            shutil.rmtree(full.with_name(full.name + ".p"), ignore_errors=True)
            self._unwritten.popleft()

    def _write_partial(self) -> None:
        for path, data in self._partial_files():
            _replace(self._directory / path, data)

    def _partial_files(self) -> Iterator[tuple[str, bytes]]:
        size = self._tree.size
        if self._tail:
            yield bundle_path(size // TILE_WIDTH, len(self._tail)), encode_bundle(self._tail)
        for level, row in enumerate(self._tree.edge):
            if row:
                index = (size >> (8 * level)) // TILE_WIDTH
                yield tile_path(level, index, len(row)), b"".join(row)

    def _sign(self) -> dict[Path, str]:
        checkpoint = Checkpoint(self._origin, self._tree.size, self._tree.root())
        if checkpoint == self.checkpoint:
            return {}
        note = self._key.sign(str(checkpoint)).encode()
        _replace(self._directory / CHECKPOINT, note, is_durable=True)
        self.checkpoint = checkpoint
        return dict(self._copy(note))

    def _forget_published(self) -> None:
        """Only now, so that a reader who copied the list before it looked at the checkpoint misses nothing."""
        while self._offered and self._offered[0][0] < self._integrated_to:
            self._offered.popleft()

    def _copy(self, note: bytes) -> Iterator[tuple[Path, str]]:
        name = self._origin.replace("/", "_") + ".checkpoint"
        for directory in self._copies:
            try:
                _replace(directory / name, note, is_durable=True)
            except OSError as error:
                yield directory, error.strerror or str(error)

    def _retire(self) -> None:
        """Delete segments all of whose entries lie in full tiles and bundles, once those are on stable storage."""
        segments = segment_paths(self._directory / "journal")
        safe = self._tree.size // TILE_WIDTH * TILE_WIDTH
        old = [path for path, after in itertools.pairwise(segments) if int(after.stem) <= safe]
        if not old:
            return
        _sync(self._unsynced)
        self._unsynced = []
        for path in old:
            path.unlink()


def _replace(path: Path, data: bytes, *, is_durable: bool = False) -> None:
    """Write a file whole or not at all; readers see the old or the new one."""
    temporary = path.with_name(path.name + ".new")
    try:
        file = temporary.open("wb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = temporary.open("wb")
    with file:
        file.write(data)
        if is_durable:
            file.flush()
            os.fsync(file.fileno())
    os.replace(temporary, path)
    if is_durable:
        sync_directory(path.parent)


def _sync(paths: Iterable[Path]) -> None:
    directories: dict[Path, None] = {}
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())
        directories |= dict.fromkeys((path.parent, path.parent.parent))
    for directory in directories:
        sync_directory(directory)
