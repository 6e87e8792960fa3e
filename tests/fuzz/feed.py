"""A fuzzer's bytes as choices: numbers, pieces and texts, the same ones for the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


class Feed:
    """Reads from the front; where nothing is left it gives zeros and empty bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def __bool__(self) -> bool:
        return self._position < len(self._data)

    def number(self, below: int) -> int:
        """A number from 0 up to that."""
        width = max(1, ((below - 1).bit_length() + 7) // 8)
        return int.from_bytes(self.take(width)) % below

    def choice(self, values: Sequence[T]) -> T:
        """One of these."""
        return values[self.number(len(values))]

    def flag(self) -> bool:
        """Yes or no."""
        return self.number(2) == 1

    def take(self, size: int) -> bytes:
        """Up to that many bytes."""
        piece = self._data[self._position : self._position + size]
        self._position += len(piece)
        return piece

    def sized(self, most: int = 64) -> bytes:
        """As many bytes as the next byte says."""
        return self.take(self.number(most + 1))

    def text(self, most: int = 64) -> str:
        """The same as text."""
        return self.sized(most).decode(errors="replace")

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._data))


def pieces(data: bytes, sizes: bytes) -> Iterator[bytes]:
    """The data cut into pieces of these sizes over and over; whole where there are none."""
    position, turn = 0, 0
    while position < len(data):
        size = sizes[turn % len(sizes)] % 23 + 1 if sizes else len(data)
        yield data[position : position + size]
        position += size
        turn += 1
