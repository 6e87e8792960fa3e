"""The last line that a client's terminal was sent, to be shown once more below a notice. Pure."""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 8 << 10
_RAISES: Final = re.compile(rb"\x1b(?:\[[0-9;?]*[AFHdfr]|[M78c]|\[\??[0-9;]*[su]|\[\?(?:47|104[79])[hl])")
"""Sequences that go to a place above the line, or to one that only the screen knows."""


class Echo:
    """What was sent since the last line feed: the prompt and what is typed there, as it was masked."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._is_whole = True

    def __repr__(self) -> str:
        return f"<Echo of {len(self._line)} bytes>"

    def sent(self, data: bytes) -> None:
        """Something went to the client."""
        *_, rest = data.rpartition(b"\n")
        if len(rest) < len(data):
            self._line.clear()
            self._is_whole = True
        if self._is_whole and len(self._line) + len(rest) <= _LONGEST:
            self._line += rest
        else:
            self._line.clear()
            self._is_whole = False

    def again(self) -> bytes:
        """What shows the line once more where a line begins; nothing where that would draw over what is above."""
        return b"" if _RAISES.search(self._line) else bytes(self._line)
