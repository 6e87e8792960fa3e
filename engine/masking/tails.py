"""How much at the end of a stream could still be the beginning of a value: that waits, the rest may go on."""

from __future__ import annotations

import re

from engine.masking.detect import LETTERS, LOCAL, LONGEST_DOMAIN, LONGEST_LOCAL, Detection

_WORD = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_HIGH = bytes(range(0x80, 0x100))
_NARROW = frozenset(_WORD + b" -.()+")
_ADDRESS = _WORD + _HIGH + b"_.!#$%&'*+/=?^`{|}~-@"
_WIDEST_CHARACTER = 4  # bytes
_TOKEN = _WORD + b"_-."
_PART = "[A-Za-z0-9_-]"
_OPEN_TOKEN = re.compile(rf"(?:eyJ(?:{_PART}*|{_PART}{{5,}}\.(?:{_PART}*|{_PART}{{2,}}\.{_PART}*))|ey?)\Z".encode())

# Read from the end: only so do a long line's characters not each begin a search of their own.
_OPEN_ADDRESS = re.compile(rf"(?:[{LETTERS}-]*(?:\.[{LETTERS}-]+)*@)?[{LOCAL}]{{1,{LONGEST_LOCAL}}}")


class Tails:
    """For one set of detectors."""

    def __init__(self, detection: Detection) -> None:
        narrow = [detector for detector in detection.detectors if detector.opens]
        names = {detector.name: detector for detector in detection.detectors}
        self._narrow = re.compile(rf"(?:{'|'.join(each.opens for each in narrow)})\Z") if narrow else None
        self._narrow_width = max((each.longest for each in narrow), default=0) + 1  # and what stands before it
        self._has_addresses = "email" in names
        self._token_width = names["jwt"].longest if "jwt" in names else 0

    def open(self, data: bytes) -> int:
        """How many bytes at the end of the data could still be part of a value that goes on behind them."""
        if not data:
            return 0
        held = 0
        last = data[-1]
        if self._narrow is not None and last in _NARROW:
            text = data[-self._narrow_width :].decode("latin-1")
            if match := self._narrow.search(text):
                held = len(text) - match.start()
        if self._has_addresses and last in _ADDRESS:
            held = max(held, _address(data))
        if self._token_width and last in _TOKEN:
            held = max(held, self._token(data))
        return held

    def _token(self, data: bytes) -> int:
        run = _run(data, _TOKEN, self._token_width)
        match = _OPEN_TOKEN.search(run)
        return len(run) - match.start() if match else 0


def _address(data: bytes) -> int:
    """At the end of a run of more than LONGEST_LOCAL characters only these many could be a value's."""
    run = _run(data, _ADDRESS, _WIDEST_CHARACTER * (LONGEST_LOCAL + 1 + LONGEST_DOMAIN))
    text = run.decode(errors="surrogateescape")
    match = _OPEN_ADDRESS.match(text[::-1])
    return len(text[len(text) - match.end() :].encode(errors="surrogateescape")) if match else 0


def _run(data: bytes, alphabet: bytes, most: int) -> bytes:
    """The bytes of an alphabet that the data ends with."""
    end = data[-most:]
    return end[len(end.rstrip(alphabet)) :]
