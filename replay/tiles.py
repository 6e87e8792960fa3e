"""Where a log's tiles and entry bundles lie on disk, and reading them: https://c2sp.org/tlog-tiles.

Every reader is bounded: a file larger than the layout allows is refused before it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from replay.tlog import HASH_SIZE, TILE_HEIGHT, TILE_WIDTH, hash_row

MAX_ENTRY_SIZE = 65_535
MAX_BUNDLE_SIZE = TILE_WIDTH * (2 + MAX_ENTRY_SIZE)
CHECKPOINT = "checkpoint"


class LayoutError(ValueError):
    """A tile or bundle is missing or not what the layout says it is; `path` is relative to the log."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """`tile/<L>/<N>[.p/<W>]`."""
    return f"tile/{level}/{_number(index)}{_partial(width)}"


def bundle_path(index: int, width: int = TILE_WIDTH) -> str:
    """`tile/entries/<N>[.p/<W>]`."""
    return f"tile/entries/{_number(index)}{_partial(width)}"


def _number(index: int) -> str:
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03}")
    return "/".join(reversed(groups))


def _partial(width: int) -> str:
    return "" if width == TILE_WIDTH else f".p/{width}"


def width_of(level: int, index: int, size: int) -> int:
    """How many hashes the tile has in a tree of that size: 0 to 256."""
    return max(0, min(TILE_WIDTH, (size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH))


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries, each behind its big-endian uint16 length."""
    parts: list[bytes] = []
    for entry in entries:
        parts += (len(entry).to_bytes(2), entry)
    return b"".join(parts)


def decode_bundle(data: bytes) -> Iterator[bytes]:
    """The entries of a bundle; raises ValueError at the byte where it ends too early."""
    position = 0
    while position < len(data):
        start = position + 2
        position = start + int.from_bytes(data[position:start], "big")
        if position > len(data) or start > len(data):
            raise ValueError(f"the entry at offset {start - 2} is cut short")
        yield data[start:position]


class Tiles:
    """Tiles and bundles under one log directory, as a tree of `size` entries has them."""

    def __init__(self, directory: Path, size: int) -> None:
        self.directory = directory
        self.size = size

    def tile(self, level: int, index: int) -> list[bytes]:
        """The hashes of one tile, as many as the size gives it; raises LayoutError."""
        width = width_of(level, index, self.size)
        path, data = self._read(tile_path(level, index, width), tile_path(level, index), TILE_WIDTH * HASH_SIZE)
        if len(data) % HASH_SIZE or len(data) < width * HASH_SIZE:
            raise LayoutError(path, f"has {len(data)} bytes, {width} hashes need {width * HASH_SIZE}")
        return [data[at : at + HASH_SIZE] for at in range(0, width * HASH_SIZE, HASH_SIZE)]

    def bundle(self, index: int) -> list[bytes]:
        """The entries of one bundle, as many as the size gives it; raises LayoutError."""
        width = width_of(0, index, self.size)
        path, data = self._read(bundle_path(index, width), bundle_path(index), MAX_BUNDLE_SIZE)
        try:
            entries = list(decode_bundle(data))
        except ValueError as error:
            raise LayoutError(path, str(error)) from error
        if len(entries) < width or (len(entries) > width and not path.endswith(_number(index))):
            raise LayoutError(path, f"has {len(entries)} entries, not {width}")
        return entries[:width]

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The entries of `[start, stop)`, one bundle in memory at a time."""
        stop = self.size if stop is None else min(stop, self.size)
        while start < stop:
            index, skip = divmod(start, TILE_WIDTH)
            wanted = self.bundle(index)[skip : skip + stop - start]
            yield from wanted
            start += len(wanted)

    def subtree(self, level: int, index: int) -> bytes:
        """A full subtree's hash, from the tile row just below it: what proofs ask for."""
        tile_level, height = divmod(level, TILE_HEIGHT)
        first = index << height
        row = self.tile(tile_level, first // TILE_WIDTH)
        start = first % TILE_WIDTH
        return hash_row(row[start : start + (1 << height)])

    def _read(self, path: str, full_path: str, limit: int) -> tuple[str, bytes]:
        """A partial tile may be gone once the full one is there, which then begins with it."""
        for candidate in dict.fromkeys((path, full_path)):
            try:
                with (self.directory / candidate).open("rb") as file:
                    data = file.read(limit + 1)
            except (FileNotFoundError, NotADirectoryError):
                continue
            if len(data) > limit:
                raise LayoutError(candidate, f"is larger than the {limit} bytes it may have")
            return candidate, data
        raise LayoutError(path, "is missing")
