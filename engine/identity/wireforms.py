"""The pieces that OpenSSH's binary forms are made of (RFC 4251 section 5), read within their bounds."""

from __future__ import annotations


class Malformed(ValueError):
    """Bytes that are not what they should be."""


class Reader:
    """Reads what is left of some bytes, from the front; raises Malformed past their end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def __bool__(self) -> bool:
        return self._position < len(self._data)

    def take(self, size: int) -> bytes:
        """So many bytes."""
        end = self._position + size
        if end > len(self._data):
            raise Malformed("it ends too early")
        taken = self._data[self._position : end]
        self._position = end
        return taken

    def number(self, size: int) -> int:
        """An unsigned integer of that many bytes."""
        return int.from_bytes(self.take(size), "big")

    def string(self) -> bytes:
        """Bytes with their length before them."""
        return self.take(self.number(4))

    def text(self) -> str:
        """The same, as UTF-8."""
        try:
            return self.string().decode()
        except UnicodeDecodeError:
            raise Malformed("it is not UTF-8") from None

    def end(self) -> None:
        """Nothing may be left."""
        if self:
            raise Malformed("it goes on behind its end")
