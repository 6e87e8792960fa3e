"""The Merkle tree against RFC 6962's recursion and published vectors."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.tlog import (
    EMPTY_ROOT,
    FullTile,
    Tree,
    consistency_proof,
    hash_leaf,
    hash_row,
    inclusion_proof,
    range_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.replay.builder import leaf_of, root_of

# The test vectors every Certificate Transparency implementation shares (google/certificate-transparency).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATH_OF_LEAF_0_IN_8 = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
]


def leaves_of(count: int) -> list[bytes]:
    return [hash_leaf(b"%d" % number) for number in range(count)]


def subtree_of(leaves: list[bytes]) -> Callable[[int, int], bytes]:
    return lambda level, index: hash_row(leaves[index << level : (index + 1) << level])


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Tree().root() == EMPTY_ROOT


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_that_certificate_transparency_published(size: int) -> None:
    tree = Tree()
    for leaf in LEAVES[:size]:
        tree.append(hash_leaf(leaf))
    assert tree.root().hex() == ROOTS[size - 1]


def test_an_inclusion_proof_is_the_one_that_certificate_transparency_published() -> None:
    hashes = [hash_leaf(leaf) for leaf in LEAVES]
    assert [each.hex() for each in inclusion_proof(0, 8, subtree_of(hashes))] == PATH_OF_LEAF_0_IN_8


@given(st.integers(0, 700))
def test_the_growing_edge_has_the_root_of_the_recursion(size: int) -> None:
    leaves = leaves_of(size)
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    assert tree.root() == root_of(leaves) == range_hash(0, size, subtree_of(leaves))


def test_a_tree_of_70000_fills_the_tiles_that_the_specification_counts() -> None:
    """tlog-tiles, "Partial Tiles"."""
    tree, full = Tree(), list[FullTile]()
    for number in range(70_000):
        full += tree.append(leaf_of(b"%d" % number))
    assert [sum(tile.level == level for tile in full) for level in (0, 1, 2)] == [273, 1, 0]
    assert [len(row) for row in tree.edge] == [112, 17, 1]
    assert {len(tile.hashes) for tile in full} == {8192}


@given(st.integers(1, 300), st.data())
def test_every_entry_is_proved_and_no_other_entry_by_its_proof(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    root = root_of(leaves)
    proof = inclusion_proof(index, size, subtree_of(leaves))
    assert verify_inclusion(leaves[index], index, size, root, proof)
    assert not verify_inclusion(hash_leaf(b"another"), index, size, root, proof)
    assert not verify_inclusion(leaves[index], index + 1, size, root, proof)
    assert not verify_inclusion(leaves[index], index, size, root, [*proof, root])
    if proof:
        assert not verify_inclusion(leaves[index], index, size, root, proof[:-1])


@given(st.integers(0, 300), st.data())
def test_a_log_that_grew_is_proved_and_one_that_was_rewritten_is_not(new: int, data: st.DataObject) -> None:
    leaves = leaves_of(new)
    old = data.draw(st.integers(0, new))
    old_root, new_root = root_of(leaves[:old]), root_of(leaves)
    proof = consistency_proof(old, new, subtree_of(leaves))
    assert verify_consistency(old, new, old_root, new_root, proof)
    forged = bytes(32)
    assert not verify_consistency(old, new, forged, new_root, proof)
    if old > 0:
        assert not verify_consistency(old, new, old_root, forged, proof)
    if 0 < old < new:
        assert not verify_consistency(old, new, old_root, new_root, proof[:-1])
        assert not verify_consistency(old, new, old_root, new_root, [*proof, forged])


@given(st.integers(-2, 20), st.integers(-2, 20), st.lists(st.binary(min_size=32, max_size=32), max_size=6))
def test_strange_proofs_are_refused_without_an_error(first: int, second: int, proof: list[bytes]) -> None:
    root = root_of(leaves_of(8))
    assert not verify_inclusion(hash_leaf(b"x"), first, second, root, proof)
    if 0 < first < second:
        assert not verify_consistency(first, second, bytes(32), root, proof)


def test_proofs_of_what_is_not_there_are_errors() -> None:
    leaves = leaves_of(4)
    with pytest.raises(ValueError, match="entry 4 is not in a log of 4"):
        inclusion_proof(4, 4, subtree_of(leaves))
    with pytest.raises(ValueError, match="no log of 3 grew from one of 4"):
        consistency_proof(4, 3, subtree_of(leaves))


@given(st.lists(st.integers(0, 400), max_size=6))
def test_leaves_added_together_are_those_added_one_by_one(sizes: list[int]) -> None:
    one, many = Tree(), Tree()
    for number, size in enumerate(sizes):
        leaves = [hash_leaf(b"%d %d" % (number, leaf)) for leaf in range(size)]
        tiles = [tile for leaf in leaves for tile in one.append(leaf)]
        together: list[FullTile] = []
        while leaves:
            room = 256 - many.size % 256
            together += many.extend(leaves[:room])
            leaves = leaves[room:]
        assert together == tiles
        assert many.root() == one.root()


def test_more_leaves_than_the_tile_at_the_edge_takes_are_refused() -> None:
    tree = Tree()
    tree.append(hash_leaf(b""))
    with pytest.raises(ValueError, match="room"):
        tree.extend([hash_leaf(b"")] * 256)
