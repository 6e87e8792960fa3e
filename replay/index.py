"""A recording as a sequence: any frame, any moment, without reading what lies before it."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Self, overload

from replay.format import Block, Damaged, Frame, Kind, load, read_header, scan

CACHED_BLOCKS = 8


class Recording(Sequence[Frame]):
    """A `.hoop` file's frames by number. A few blocks are in memory at a time, however long the recording is.

    What a crash tore off the end is left out and told by `damage`; so is damage in the middle, and what lies behind it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._blocks: list[Block] = []
        self._starts: list[int] = []  # the number of each block's first frame
        self._size = 0
        self._end = 0
        self._cache: OrderedDict[int, list[Frame]] = OrderedDict()
        self.damage: Damaged | None = None
        self.header: dict[str, Any] = read_header(file)
        self.refresh()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a file; raises Damaged when it has no header, OSError when it is not there."""
        file = path.open("rb")
        try:
            return cls(file)
        except BaseException:
            file.close()
            raise

    def refresh(self) -> int:
        """Take in what was appended since; returns how many frames that is."""
        before = self._size
        self.damage = None
        try:
            for block in scan(self._file, self._end):
                if not block.flags & Kind.HEADER:
                    self._blocks.append(block)
                    self._starts.append(self._size)
                    self._size += block.frames
                self._end = block.end
        except Damaged as damage:
            self.damage = damage
        return self._size - before

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, number: int) -> Frame: ...
    @overload
    def __getitem__(self, number: slice) -> list[Frame]: ...
    def __getitem__(self, number: int | slice) -> Frame | list[Frame]:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(self._size))]
        if number < 0:
            number += self._size
        if not 0 <= number < self._size:
            raise IndexError(number)
        block = bisect_right(self._starts, number) - 1
        return self._load(block)[number - self._starts[block]]

    def __iter__(self) -> Iterator[Frame]:
        for block in range(len(self._blocks)):
            yield from self._load(block)

    def events(self) -> Iterator[tuple[int, Frame]]:
        """(number, frame) of everything but rows; blocks that hold only rows are not even read."""
        for number, block in enumerate(self._blocks):
            if block.flags & Kind.EVENTS:
                for position, frame in enumerate(self._load(number), self._starts[number]):
                    if frame.code != "R":
                        yield position, frame

    def at(self, seconds: float) -> int:
        """The number of the last frame not later than this, -1 when all are later."""
        block = bisect_right(self._blocks, seconds, key=lambda each: each.at) - 1
        if block < 0:
            return -1
        frames = self._load(block)
        return self._starts[block] + bisect_right(frames, seconds, key=lambda frame: frame.at) - 1

    def _load(self, block: int) -> list[Frame]:
        frames = self._cache.get(block)
        if frames is None:
            frames = self._cache[block] = load(self._file, self._blocks[block])
            if len(self._cache) > CACHED_BLOCKS:
                self._cache.popitem(last=False)
        else:
            self._cache.move_to_end(block)
        return frames
