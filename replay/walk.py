"""Walks the signed part of a log from the first entry to the last, holding each against the tree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from replay.note import Checkpoint
from replay.report import Report
from replay.tiles import LayoutError, Tiles, bundle_path, tile_path, width_of
from replay.tlog import HASH_SIZE, TILE_WIDTH, Tree, hash_leaf


class Walk:
    """One pass over a log of which `head` is the signed head; problems go into the report.

    `heads` are further heads the tree has to pass through, each with words for what it is.
    """

    def __init__(self, directory: Path, head: Checkpoint, heads: list[tuple[Checkpoint, str]], report: Report) -> None:
        self._directory = directory
        self._size = head.size
        self._heads = [(head, "the checkpoint"), *heads]
        self._report = report
        self._tiles = Tiles(directory, head.size)
        self._tree = Tree()
        self._is_unbroken = True

    def entries(self) -> Iterator[tuple[int, bytes]]:
        """(sequence, entry) of everything under the head that reads."""
        self._compare_heads()
        for index in range(-(-self._size // TILE_WIDTH)):
            yield from self._bundle(index)
        self._compare_edge()

    def _bundle(self, index: int) -> Iterator[tuple[int, bytes]]:
        first = index * TILE_WIDTH
        hashes, entries = self._hashes(index), self._entries(index)
        if entries is None and hashes is None:
            self._report.add("what follows cannot be held against the tree: entries and hashes are gone", entry=first)
            self._is_unbroken = False
            return
        offset = 0
        for number in range(len(entries or hashes or ())):
            sequence = first + number
            entry = entries[number] if entries is not None else None
            leaf = hash_leaf(entry) if entry is not None else b""
            stored = hashes[number] if hashes is not None else leaf
            if entry is not None and leaf != stored:
                path = bundle_path(index, width_of(0, index, self._size))
                self._report.add("the entry is not the one its tile has the hash of", path, sequence, offset + 2)
            # The tile's hash, so that one altered entry does not make the whole tree look altered.
            if self._is_unbroken:
                self._grow(stored)
            if entry is not None:
                offset += 2 + len(entry)
                yield sequence, entry

    def _grow(self, leaf: bytes) -> None:
        for tile in self._tree.append(leaf):
            if tile.level > 0:
                hashes = [tile.hashes[at : at + HASH_SIZE] for at in range(0, len(tile.hashes), HASH_SIZE)]
                self._compare_row(tile.level, tile.index, hashes)
        self._compare_heads()

    def _hashes(self, index: int) -> list[bytes] | None:
        try:
            return self._tiles.tile(0, index)
        except (LayoutError, OSError) as error:
            self._blame(error, tile_path(0, index), index * TILE_WIDTH)
            return None

    def _entries(self, index: int) -> list[bytes] | None:
        try:
            return self._tiles.bundle(index)
        except (LayoutError, OSError) as error:
            self._blame(error, bundle_path(index), index * TILE_WIDTH)
            return None

    def _blame(self, error: LayoutError | OSError, path: str, entry: int | None = None) -> None:
        if isinstance(error, LayoutError):
            self._report.add(error.why, error.path, entry)
        else:
            self._report.add(error.strerror or str(error), path, entry)

    def _compare_edge(self) -> None:
        for level, row in enumerate(self._tree.edge):
            if level and row and self._is_unbroken:
                self._compare_row(level, (self._tree.size >> (8 * level)) // TILE_WIDTH, row)

    def _compare_row(self, level: int, index: int, expected: list[bytes]) -> None:
        path = tile_path(level, index, len(expected))
        try:
            stored = self._tiles.tile(level, index)
        except (LayoutError, OSError) as error:
            self._blame(error, path)
            return
        for number, (mine, theirs) in enumerate(zip(expected, stored, strict=False)):
            if mine != theirs:
                first = (index * TILE_WIDTH + number) << (8 * level)
                last = first + (1 << (8 * level)) - 1
                what = f"hash {number} is not that of entries {first} to {last}"
                self._report.add(what, path, first, number * HASH_SIZE)
                return

    def _compare_heads(self) -> None:
        for head, name in self._heads:
            if head.size == self._tree.size and head.root != self._tree.root():
                self._report.add(
                    f"{name} of {head.size} entries has another root hash than these entries", "checkpoint"
                )
