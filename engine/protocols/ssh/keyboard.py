"""What a client types into a terminal: Enter keys, pastes, and the text that plain keys leave on the line. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

_ENTER: Final = re.compile(rb"[\r\n\x0f]")  # Enter, ctrl-J, and ctrl-O: run it and fetch the next of the history
_NEXT: Final = b"\x0f"
_INTERRUPT: Final = b"\x03"
_PASTE: Final = re.compile(rb"\x1b\[200~(.*?)\x1b\[201~", re.DOTALL)
_SHOWN: Final = re.compile(rb"[ -~\x80-\xff]*")
_SEQUENCE: Final = re.compile(rb"(\x1b\[[0-9;?]*[A-Za-z~]|\x1bO[A-Za-z])|[ -~\xc0-\xff]|[\x80-\xbf]")
_LONGEST: Final = 64 << 10


class Kind(Enum):
    """What a part of the input is."""

    TEXT = auto()
    ENTER = auto()
    PASTE = auto()


def is_quick(data: bytes) -> bool:
    """Whether no Enter key is in it."""
    return _ENTER.search(data) is None


def parts(data: bytes, *, takes_pastes: bool) -> Iterator[tuple[Kind, bytes]]:
    """The input in order, each Enter key apart. Where the shell takes pastes as they are, one is a part of its own."""
    position = 0
    if takes_pastes:
        for found in _PASTE.finditer(data):
            yield from _pressed(data[position : found.start()])
            yield Kind.PASTE, found[0]
            position = found.end()
    yield from _pressed(data[position:])


def _pressed(data: bytes) -> Iterator[tuple[Kind, bytes]]:
    position = 0
    for found in _ENTER.finditer(data):
        if position < found.start():
            yield Kind.TEXT, data[position : found.start()]
        yield Kind.ENTER, found[0]
        position = found.end()
    if position < len(data):
        yield Kind.TEXT, data[position:]


def pasted_lines(paste: bytes, before: str) -> tuple[list[str], str]:
    """The lines that end inside a paste, the first of which began `before` it, and what follows them."""
    content = paste.removeprefix(b"\x1b[200~").removesuffix(b"\x1b[201~")
    *lines, rest = re.split("\r\n|\r|\n", before + content.decode(errors="replace"))
    return lines, rest


def starred(data: bytes) -> bytes:
    """The input with a star for each character; keys such as arrows stay."""
    return _SEQUENCE.sub(lambda found: found[1] or (b"" if b"\x80" <= found[0] <= b"\xbf" else b"*"), data)


class Keyboard:
    """The line as far as keys tell that are what they show, backspace, ctrl-U and ctrl-C."""

    def __init__(self) -> None:
        self._typed = bytearray()
        self._is_plain = True

    def __repr__(self) -> str:
        return f"<Keyboard {'plain' if self._is_plain else 'edited'}>"

    @property
    def text(self) -> str | None:
        """What was typed since the line began; None where keys were pressed whose effect only the shell knows."""
        return self._typed.decode(errors="replace") if self._is_plain else None

    def press(self, data: bytes) -> bool:
        """Take keys that are no Enter. False: the line was given up, and another begins."""
        if self._is_plain and _SHOWN.fullmatch(data):
            self._typed += data
            self._is_plain = len(self._typed) <= _LONGEST
            return True
        *interrupted, rest = data.split(_INTERRUPT)
        if interrupted:
            self.begin()
        for number in range(len(rest)):
            self._key(rest[number : number + 1])
        return not interrupted or bool(rest)

    def begin(self, rest: str = "") -> None:
        """Another line, of which this is there already."""
        self._typed[:] = rest.encode(errors="replace")
        self._is_plain = True

    def enter(self, key: bytes) -> None:
        """The line is over; the shell may have put another one into its place."""
        self.begin()
        self._is_plain = key != _NEXT

    def _key(self, key: bytes) -> None:
        if _SHOWN.fullmatch(key):
            self._typed += key
        elif key in (b"\x7f", b"\x08"):
            while self._typed and 0x80 <= self._typed.pop() < 0xC0:
                pass
        elif key == b"\x15":
            self._typed.clear()
        else:
            self._is_plain = False
        self._is_plain = self._is_plain and len(self._typed) <= _LONGEST
