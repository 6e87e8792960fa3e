"""Text without its terminal's escape sequences, which can stand in the middle of a value, and the way back."""

from __future__ import annotations

import re
from bisect import bisect_right

# ECMA-48: CSI, OSC up to its end, the other escapes; and readline's way of going over the right margin in a number.
_ESCAPE = rb"\x1b(?:\[[0-?]{0,60}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,250}(?:\x07|\x1b\\)|[ -/]{1,2}[0-~]|[0-Z\\^-~])"
_SEQUENCE = re.compile(_ESCAPE)  # begins with one byte, which is looked for ten times as fast as two
_SEQUENCE_OR_MARGIN = re.compile(_ESCAPE + rb"| (?<=[0-9] )\r(?=[0-9])")
_OPEN = re.compile(rb"(?:\x1b(?:\[[0-?]{0,60}[ -/]{0,4}|\][^\x07\x1b\n]{0,250}\x1b?|[ -/]{0,2})|(?<=[0-9]) \r)\Z")
_WIDEST = 256


class Plain:
    """`text` is the data without sequences; the data's last `open` bytes could be the beginning of one, and are not in
    it. `parted` has a line feed for each sequence: what stands before one must not hide a value behind it."""

    def __init__(self, data: bytes, *, is_whole: bool) -> None:
        self.data = data
        self.open = 0
        if not is_whole and (match := _OPEN.search(data, max(len(data) - _WIDEST, 0))):
            self.open = len(data) - match.start()
        stop = len(data) - self.open
        pieces: list[bytes] = []
        self._texts = [0]  # where each piece begins in the text
        self._parts = [0]  # and in `parted`
        self._places = [0]  # and in the data
        position, length = 0, 0
        self._sequence = _SEQUENCE_OR_MARGIN if data.find(b" \r") >= 0 else _SEQUENCE
        for found in self._sequence.finditer(data, 0, stop):
            pieces.append(data[position : found.start()])
            length += found.start() - position
            position = found.end()
            self._texts.append(length)
            self._parts.append(length + len(pieces))
            self._places.append(position)
        pieces.append(data[position:stop])
        self.text = b"".join(pieces)
        self.parted = b"\n".join(pieces)

    @property
    def has_sequences(self) -> bool:
        """Whether the text is not simply the data."""
        return len(self._texts) > 1

    def unparted(self, offset: int) -> int:
        """Where a byte of `parted` stands in the text."""
        piece = bisect_right(self._parts, offset) - 1
        return offset - piece

    def is_behind_sequence(self, offset: int) -> bool:
        """Whether a sequence ends right before this byte of the text, or at the text's end."""
        return self.place(offset) == self._places[bisect_right(self._texts, offset) - 1] > 0

    def place(self, offset: int) -> int:
        """Where a byte of the text stands in the data; of its end, behind what follows it."""
        if offset == len(self.text):
            return len(self.data) - self.open
        if len(self._texts) == 1:
            return offset
        piece = bisect_right(self._texts, offset) - 1
        return self._places[piece] + offset - self._texts[piece]

    def replaced(self, start: int, end: int, value: bytes) -> bytes:
        """What takes the place of a part of the text: the value, with the sequences inside as they are."""
        first, last = self.place(start), self.place(end - 1) + 1
        if last - first == end - start:
            return value
        keeps_length = len(value) == end - start
        out: list[bytes] = [] if keeps_length else [value]
        position = first
        for found in self._sequence.finditer(self.data, first, last):
            if keeps_length:
                size = found.start() - position
                out.append(value[:size])
                value = value[size:]
            out.append(found.group())
            position = found.end()
        return b"".join([*out, value]) if keeps_length else b"".join(out)
