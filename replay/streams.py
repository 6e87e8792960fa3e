"""Streams of bytes as lines of text: what a command wrote, where its answer is no table."""

from __future__ import annotations

from collections.abc import MutableSequence

KINDS = frozenset({"stdout", "stderr", "input"})
"""The kinds of a batch that is part of a stream. Of a stream `rows` counts line ends."""

_LONGEST = 8192  # characters; a longer line is shown as several
_Row = list[str | None]


def lines(cells: bytes) -> list[str]:
    """The lines of one batch, its unfinished last one too; bytes that are no UTF-8 as escapes."""
    if not cells:
        return []
    text = cells.decode("utf-8", "backslashreplace").removesuffix("\n")
    return [line.removesuffix("\r") for line in text.split("\n")]


def told(cells: bytes, kind: str) -> list[str]:
    """The same, each with where it went unless that was stdout."""
    return [line if kind == "stdout" else f"{kind}: {line}" for line in lines(cells)]


class Joined:
    """Lines of output as rows of one cell each, whichever batches they come in."""

    def __init__(self) -> None:
        self.is_open = False  # the last row may still go on

    def extend(self, rows: MutableSequence[_Row], cells: bytes) -> None:
        """Add what a batch brings; of a full deque the first rows go."""
        fresh: list[_Row] = [[line] for line in lines(cells)]
        if self.is_open and fresh and rows:
            begun = rows[-1][0] or ""
            if len(begun) < _LONGEST:
                rows[-1] = [f"{begun}{fresh.pop(0)[0]}"]
        rows.extend(fresh)
        if cells:
            self.is_open = not cells.endswith(b"\n")
