"""Runs of messages behind one another, and where each of them begins.

Rows of one answer are often equally long; where they are, C compares thousands of message heads at once and Python
looks at none of them. A `Run` keeps what was found, so that nobody walks the same bytes twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from struct import Struct

from engine.protocols.postgres.messages import HEADER

_HEAD = Struct("!BI").unpack_from
_ALIKE = 3
"""How many messages in a row are equally long before it is worth asking how many more are."""

Segment = Sequence[int]
"""Where messages begin: a `range` where all are equally long, its step, else a list."""


class Run(bytes):
    """Whole messages of one type, and the segments they form."""

    segments: Sequence[Segment]


def walk(data: bytes, kind: int, limit: int) -> tuple[int, list[Segment]]:
    """The end of the whole messages of that type with which the data begins, and their segments.

    It stops at a message of another type, at one cut short and at a length that is none or counts more than the limit.
    """
    segments: list[Segment] = []
    loose: list[int] = []
    position, last, alike = 0, 0, 0
    total = len(data)
    while position + HEADER <= total:
        found, length = _HEAD(data, position)
        size = length + 1
        if found != kind or not 4 <= length <= limit or position + size > total:
            break
        alike = alike + 1 if length == last else 0
        last = length
        if alike >= _ALIKE and (count := _count_alike(data, position, size)) > _ALIKE:
            if loose:
                segments.append(loose)
                loose = []
            segments.append(range(position, position + count * size, size))
            position += count * size
            continue
        loose.append(position)
        position += size
    if loose:
        segments.append(loose)
    return position, segments


def _count_alike(data: bytes, position: int, size: int) -> int:
    """How many whole messages of this size follow one another from here: their heads are the same, byte for byte."""
    count = (len(data) - position) // size
    for offset in range(HEADER - 1, -1, -1):
        column = data[position + offset : position + count * size : size]
        count -= len(column.lstrip(column[:1]))
    return count


def are_alike(data: bytes, segment: range, offset: int, width: int) -> bool:
    """Whether all messages of a segment have the same bytes in that place."""
    stop = segment.stop
    for place in range(segment.start + offset, segment.start + offset + width):
        column = data[place : stop : segment.step]
        if column != column[:1] * len(column):
            return False
    return True


def bounds(segments: Sequence[Segment], end: int) -> Iterator[tuple[Segment, int]]:
    """Each segment and where its last message ends; the last of all ends at `end`."""
    for number, segment in enumerate(segments, 1):
        yield segment, segments[number][0] if number < len(segments) else end
