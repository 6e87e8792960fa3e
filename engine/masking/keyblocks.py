"""Private keys in a stream: from the line that begins one to the line that ends it, or to the stream's end.

PEM (RFC 7468), OpenSSH and PGP blocks, the SSH2 form of RFC 4716, and PuTTY's files. Their lines are recognised
wherever they stand: indented, quoted, with a carriage return.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_BEGIN = re.compile(
    rb"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY|---- BEGIN SSH2 [A-Z ]{0,30}PRIVATE KEY|PuTTY-User-Key-File-"
)
_TRACES = (b"PRIVATE KEY", b"PuTTY-User-Key-File-")
_END = re.compile(
    rb"-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
    rb"|---- END SSH2 [A-Z ]{0,30}PRIVATE KEY ----"
    rb"|Private-(?:MAC|Hash): {0,4}[0-9a-fA-F]{1,128}(?=[^0-9a-fA-F])"
)
_WIDEST = 160  # bytes of a line that begins or ends a key


def _beginnings(text: str) -> str:
    """A pattern of all the beginnings of a text but the empty one."""
    pattern = ""
    for letter in reversed(text):
        pattern = re.escape(letter) + (f"(?:{pattern})?" if pattern else "")
    return pattern


_OPEN = re.compile(
    (
        rf"(?:-----BEGIN [A-Z0-9 ]{{0,41}}|---- BEGIN SSH2 [A-Z ]{{0,41}}"
        rf"|{_beginnings('-----BEGIN')}|{_beginnings('---- BEGIN SSH2')}|{_beginnings('PuTTY-User-Key-File-')})\Z"
    ).encode()
)
_TO_STARS = bytes(byte if byte in b"\r\n" else ord("*") for byte in range(256))


class KeyBlocks:
    """Takes one stream apart."""

    def __init__(self) -> None:
        self.keys = 0  # begun so far
        self.held = b""  # what could still begin one
        self._inside: bytes | None = None  # the last bytes of the key that the stream is in

    def split(self, chunk: bytes) -> Iterator[tuple[bool, bytes]]:
        """Pieces in their order: (whether it is of a key, the bytes: those of a key as stars)."""
        data, self.held = self.held + chunk, b""
        while data:
            if self._inside is not None:
                key, data = self._key(data)
                yield True, key.translate(_TO_STARS)
                continue
            begin = _BEGIN.search(data) if any(data.find(trace) >= 0 for trace in _TRACES) else None
            if begin is None:
                match = _OPEN.search(data, max(len(data) - _WIDEST, 0))
                end = match.start() if match else len(data)
                self.held = data[end:]
                if end:
                    yield False, data[:end]
                return
            if begin.start():
                yield False, data[: begin.start()]
            data = data[begin.start() :]
            self.keys += 1
            self._inside = b""

    def rest(self) -> bytes:
        """What was held back."""
        held, self.held = self.held, b""
        return held

    def _key(self, data: bytes) -> tuple[bytes, bytes]:
        """The part of the data that is of the key, and what is behind it."""
        assert self._inside is not None
        seen = self._inside + data
        if match := _END.search(seen):
            end = match.end() - len(self._inside)
            self._inside = None
            return data[:end], data[end:]
        self._inside = seen[-_WIDEST:]
        return data, b""
