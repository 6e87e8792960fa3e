"""The Merkle tree of a transparency log: hashing, its growing edge, proofs (RFC 6962 and RFC 9162, section 2.1).

Hashes are 32 bytes of SHA-256. Nothing here does I/O: proofs ask a `Subtree` for the hashes they need.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

HASH_SIZE = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
_sha256 = hashlib.sha256
EMPTY_ROOT = hashlib.sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
"""The hash of a full subtree: of the leaves `[index << level, (index + 1) << level)`."""


def hash_leaf(entry: bytes) -> bytes:
    """The hash of one entry."""
    return _sha256(b"\x00" + entry).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def hash_row(hashes: Sequence[bytes]) -> bytes:
    """The hash over one row of a full subtree; the row's length is a power of two."""
    row = list(hashes)
    while len(row) > 1:
        row = [_sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


@dataclass(frozen=True, slots=True)
class FullTile:
    """A tile that will not change any more: `index` within `level`, its 256 hashes concatenated."""

    level: int
    index: int
    hashes: bytes


@dataclass(slots=True)
class Tree:
    """The right edge of a growing tree: for each tile level, the hashes of the tile that is being filled."""

    size: int = 0
    edge: list[list[bytes]] = field(default_factory=lambda: [[]])

    def append(self, leaf: bytes) -> tuple[FullTile, ...]:
        """Add one leaf hash; returns the tiles this filled, lowest level first."""
        return self.extend((leaf,))

    def extend(self, leaves: Sequence[bytes]) -> tuple[FullTile, ...]:
        """Add leaf hashes, at most as many as the lowest tile at the edge has room for; the same in all else."""
        row = self.edge[0]
        if len(row) + len(leaves) > TILE_WIDTH:
            raise ValueError("more leaves than the tile at the edge has room for")
        row += leaves
        self.size += len(leaves)
        return () if len(row) < TILE_WIDTH else tuple(self._carry())

    def _carry(self) -> Iterator[FullTile]:
        for level, row in enumerate(self.edge):
            if len(row) < TILE_WIDTH:
                return
            index = (self.size >> (TILE_HEIGHT * (level + 1))) - 1
            yield FullTile(level, index, b"".join(row))
            if level + 1 == len(self.edge):
                self.edge.append([])
            self.edge[level + 1].append(hash_row(row))
            self.edge[level] = []

    def root(self) -> bytes:
        """The tree head's hash at the present size."""
        root: bytes | None = None
        for row in self.edge:
            for full in _full_subtrees_from_the_right(row):
                root = full if root is None else hash_children(full, root)
        return EMPTY_ROOT if root is None else root


def _full_subtrees_from_the_right(row: Sequence[bytes]) -> Iterator[bytes]:
    end = len(row)
    while end:
        width = end & -end
        yield hash_row(row[end - width : end])
        end -= width


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def range_hash(start: int, stop: int, subtree: Subtree) -> bytes:
    """MTH(D[start:stop]) for a range that the RFC's recursion reaches, which the whole tree always is."""
    size = stop - start
    if size == 0:
        return EMPTY_ROOT
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return subtree(level, start >> level)
    middle = start + _split(size)
    return hash_children(range_hash(start, middle, subtree), range_hash(middle, stop, subtree))


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves. Raises ValueError when it is not in there."""
    if not 0 <= index < size:
        raise ValueError(f"entry {index} is not in a log of {size}")
    proof: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            proof.append(range_hash(middle, stop, subtree))
            stop = middle
        else:
            proof.append(range_hash(start, middle, subtree))
            start = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """That the tree of `old` leaves is a prefix of the tree of `new`. Raises ValueError when sizes make no sense."""
    if not 0 <= old <= new:
        raise ValueError(f"no log of {new} grew from one of {old}")
    if old in (0, new):
        return []
    proof: list[bytes] = []
    start, stop, is_whole = 0, new, True
    while stop - start > old - start or old == start:
        middle = start + _split(stop - start)
        if old <= middle:
            proof.append(range_hash(middle, stop, subtree))
            stop = middle
        else:
            proof.append(range_hash(start, middle, subtree))
            start, is_whole = middle, False
    if not is_whole:
        proof.append(range_hash(start, stop, subtree))
    return proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows the leaf at that index of that tree (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            current = hash_children(sibling, current)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = hash_children(current, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and current == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows the old tree to be a prefix of the new one (RFC 9162 section 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not proof and (old_root == EMPTY_ROOT if old == 0 else old_root == new_root)
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            before, after = hash_children(sibling, before), hash_children(sibling, after)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            after = hash_children(after, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root
