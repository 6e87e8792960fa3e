"""The layout on disk against the specification, and bounded reading of what a stranger wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.note import SigningKey
from replay.tiles import LayoutError, Tiles, bundle_path, decode_bundle, encode_bundle, tile_path, width_of
from replay.tlog import (
    consistency_proof,
    hash_leaf,
    inclusion_proof,
    range_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.replay.builder import entries, leaf_of, path_of, root_of, write_log


def test_paths_are_those_of_the_specification() -> None:
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_path(3, 0) == "tile/3/000"
    assert tile_path(0, 273, 112) == "tile/0/273.p/112"
    assert bundle_path(1_234_067, 8) == "tile/entries/x001/x234/067.p/8"
    assert bundle_path(999) == "tile/entries/999"
    assert bundle_path(1000) == "tile/entries/x001/000"


def test_widths_are_those_of_a_tree_of_70000() -> None:
    assert [width_of(0, index, 70_000) for index in (0, 272, 273, 274)] == [256, 256, 112, 0]
    assert [width_of(1, index, 70_000) for index in (0, 1)] == [256, 17]
    assert width_of(2, 0, 70_000) == 1
    assert [width_of(level, 0, 256) for level in (0, 1)] == [256, 1]


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_reads_as_it_was_written(written: list[bytes]) -> None:
    assert list(decode_bundle(encode_bundle(written))) == written


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=5), st.data())
def test_a_bundle_cut_inside_an_entry_says_where(written: list[bytes], data: st.DataObject) -> None:
    whole = encode_bundle(written)
    ends = [len(encode_bundle(written[:count])) for count in range(len(written) + 1)]
    cut = data.draw(st.integers(0, len(whole)).filter(lambda at: at not in ends))
    with pytest.raises(ValueError, match=f"offset {max(end for end in ends if end < cut)} is cut short"):
        list(decode_bundle(whole[:cut]))


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_proofs_come_from_the_tiles_on_disk(tmp_path: Path, size: int) -> None:
    key = SigningKey.generate("node/0")
    written = entries(size, key)
    write_log(tmp_path, written, key)
    tiles = Tiles(tmp_path, size)
    leaves = [leaf_of(each) for each in written]
    root = root_of(leaves)
    assert list(tiles.entries()) == written
    assert list(tiles.entries(size // 2, size // 2 + 3)) == written[size // 2 : size // 2 + 3]
    assert range_hash(0, size, tiles.subtree) == root
    for index in {0, size // 2, size - 1}:
        proof = inclusion_proof(index, size, tiles.subtree)
        assert verify_inclusion(hash_leaf(written[index]), index, size, root, proof)
        proof = consistency_proof(index, size, tiles.subtree)
        assert verify_consistency(index, size, root_of(leaves[:index]), root, proof)


def test_an_older_size_reads_from_the_full_tile_once_the_partial_one_is_gone(tmp_path: Path) -> None:
    key = SigningKey.generate("node/0")
    written = entries(300, key)
    write_log(tmp_path, written, key)
    older = Tiles(tmp_path, 100)
    assert list(older.entries()) == written[:100]
    assert older.tile(0, 0) == [leaf_of(each) for each in written[:100]]


def test_missing_short_and_oversized_files_are_told_by_their_path(tmp_path: Path) -> None:
    key = SigningKey.generate("node/0")
    write_log(tmp_path, entries(300, key), key)
    tiles = Tiles(tmp_path, 300)
    tile = tmp_path / "tile/0" / path_of(0, 256)
    for content, why in ((b"x" * 8193, "larger than"), (b"x" * 8000, "256 hashes need 8192"), (None, "is missing")):
        if content is None:
            tile.unlink()
        else:
            tile.write_bytes(content)
        with pytest.raises(LayoutError, match=f"tile/0/000: .*{why}"):
            tiles.tile(0, 0)
    bundle = tmp_path / "tile/entries" / path_of(1, 44)
    bundle.write_bytes(bundle.read_bytes() + b"\0\1x")
    with pytest.raises(LayoutError, match="has 45 entries, not 44"):
        tiles.bundle(1)
    bundle.write_bytes(b"\xff\xffx")
    with pytest.raises(LayoutError, match="offset 0 is cut short"):
        tiles.bundle(1)
