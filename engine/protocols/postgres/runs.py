"""Runs of messages behind one another, and where each of them begins.

Rows of one answer are often equally long; where they are, C compares thousands of message heads at once and Python
looks at none of them. A `Run` keeps what was found, so that nobody walks the same bytes twice.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from struct import Struct
from typing import Self

from engine.errors import UpstreamError
from engine.protocols.postgres.messages import HEADER

_HEAD = Struct("!BI").unpack_from
_MOST = 0x7FFFFFFF  # that a length can say
_ALIKE = 3
"""How many messages in a row are equally long before it is worth asking how many more are."""

_SHORT = 100
"""Bytes of cells that are starred sooner a byte of all of them at a time than a cell at a time."""

Segment = Sequence[int]
"""Where messages begin: a `range` where all are equally long, its step, else a list."""


Edit = tuple[int, int, bytes]
"""From where to where there is something else now."""


class Run(bytes):
    """Whole messages of one type, and the segments they form."""

    segments: Sequence[Segment]

    @classmethod
    def of(cls, data: bytes | bytearray | memoryview, segments: Sequence[Segment]) -> Self:
        """These bytes, which are those messages."""
        run = cls(data)
        run.segments = segments
        return run


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


def segments_of(data: bytes, kind: int) -> Sequence[Segment]:
    """The segments of whole messages of that type; raises `UpstreamError` where they are not."""
    if isinstance(data, Run):
        return data.segments
    end, segments = walk(data, kind, _MOST)
    if end != len(data):
        raise UpstreamError("the upstream sent a torn row")
    return segments


def are_alike(data: bytes, segment: range, offset: int, width: int) -> bool:
    """Whether all messages of a segment have the same bytes in that place."""
    stop = segment.stop
    for place in range(segment.start + offset, segment.start + offset + width):
        column = data[place : stop : segment.step]
        if column != column[:1] * len(column):
            return False
    return True


def star(data: bytearray, starts: range, length: int) -> None:
    """Overwrite equally long cells, which begin at equal distances, with stars."""
    if length <= _SHORT:
        column = bytearray(b"*") * len(starts)
        for place in range(length):
            data[starts.start + place : starts.stop + place : starts.step] = column
    else:
        stars = bytearray(b"*") * length  # bytes would be copied into one of these for each cell
        for start in starts:
            data[start : start + length] = stars


def bounds(segments: Sequence[Segment], end: int) -> Iterator[tuple[Segment, int]]:
    """Each segment and where its last message ends; the last of all ends at `end`."""
    for number, segment in enumerate(segments, 1):
        yield segment, segments[number][0] if number < len(segments) else end


def messages(segments: Sequence[Segment], end: int) -> Iterator[tuple[int, int]]:
    """Where each message begins and where it ends."""
    for segment, stop in bounds(segments, end):
        yield from pairwise((*segment, stop))


def bodies(data: bytes, segments: Sequence[Segment]) -> list[bytes]:
    """What the messages say, without their heads."""
    return [data[start + HEADER : stop] for start, stop in messages(segments, len(data))]


def joined_bodies(data: bytes, segments: Sequence[Segment]) -> bytes:
    """The same in one piece."""
    pieces: list[bytes | bytearray] = []
    for segment, end in bounds(segments, len(data)):
        if isinstance(segment, range):
            piece = bytearray(memoryview(data)[segment.start : segment.stop])
            for gone in range(HEADER):
                del piece[:: segment.step - gone]  # the first byte that each message still has
            pieces.append(piece)
        else:
            pieces += [data[start + HEADER : stop] for start, stop in pairwise((*segment, end))]
    return b"".join(pieces)


def nominees(
    segments: Sequence[Segment], end: int, nominated: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Where the messages begin and end in which nominations end, each with its own; nominations are ascending."""
    starts = [*chain.from_iterable(segments), end]
    stop, own = 0, list[tuple[int, int]]()
    start = 0
    for nomination in nominated:
        if nomination[0] > stop:
            if own:
                yield start, stop, own
            number = bisect_left(starts, nomination[0]) - 1
            start, stop, own = starts[number], starts[number + 1], []
        own.append(nomination)
    if own:
        yield start, stop, own


def patched(data: bytes | bytearray, segments: Sequence[Segment], edits: Sequence[Edit]) -> bytes:
    """The messages with some stretches of them replaced; `edits` ascend, and mend the lengths that they change."""
    if all(stop - start == len(new) for start, stop, new in edits):
        changed = bytearray(data)
        for start, stop, new in edits:
            changed[start:stop] = new
        return Run.of(changed, segments)
    pieces: list[bytes | bytearray] = []
    done = 0
    for start, stop, new in edits:
        pieces += (data[done:start], new)
        done = stop
    pieces.append(data[done:])
    return b"".join(pieces)
