"""A masking plan applied to PostgreSQL's wire: DataRow messages, in text and binary format.

The common case overwrites in place: a redaction keeps its length, so nothing of the row is rebuilt (PostgreSQL docs,
"Message Formats": DataRow is `D`, int32 length, int16 columns, then int32 length and bytes of each; -1 is NULL).
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from engine.errors import UpstreamError
from engine.masking.plan import Plan, replace_detected
from engine.protocols.postgres.messages import HEADER
from engine.protocols.postgres.runs import Run, Segment, are_alike, bounds, walk

_NULL = 0xFFFFFFFF
_NULL_CELL = b"\xff\xff\xff\xff"
_TAG = ord("D")
_MOST = 0x7FFFFFFF
_HEAD = 7  # tag, length, number of columns
_LENGTH = struct.Struct("!i").unpack_from
_LONG = 4096
_STARS = b"*" * _LONG
_UNFIT = "the upstream sent a row that does not fit its description"


class RowMasker:
    """Masks the rows of one answer, in whatever format; whole DataRow messages in, whole messages out."""

    def __init__(self, plan: Plan) -> None:
        self.rows = 0
        self.masked = 0
        self._cells = CellMasker(plan)
        self._plan = plan
        self._width = len(plan.columns)
        self._count = self._width.to_bytes(2)
        protected = [index for index, action in enumerate(plan.columns) if action is not None]
        self._wanted = tuple(action is not None for action in plan.columns[: protected[-1] + 1]) if protected else ()
        self._in_place = all(action is None or action.keeps_length for action in plan.columns)

    def mask(self, chunk: bytes) -> bytes:
        """The messages with protected values replaced; raises `UpstreamError` on rows that are not of this answer."""
        segments = self._segments(chunk)
        self.rows += sum(map(len, segments))
        data = chunk
        if self._wanted and self._in_place:
            data = self._overwrite(chunk, segments)
        elif self._wanted:
            data = b"".join(self._rebuild(chunk, start) for segment in segments for start in segment)
            segments = self._segments(data)
        if self._plan.detection is not None and (ends := self._plan.detection.nominated(data)):
            starts = [start for segment in segments for start in segment]
            return self._judge(data, starts, ends)
        return data

    def _segments(self, data: bytes) -> Sequence[Segment]:
        if isinstance(data, Run):
            segments = data.segments
        else:
            end, segments = walk(data, _TAG, _MOST)
            if end != len(data):
                raise UpstreamError("the upstream sent a torn row")
        for segment in segments:
            if isinstance(segment, range):
                fits = are_alike(data, segment, HEADER, 2) and data.startswith(self._count, segment[0] + HEADER)
            else:
                fits = not [start for start in segment if not data.startswith(self._count, start + HEADER)]
            if not fits:
                raise UpstreamError(_UNFIT)
        return segments

    def _overwrite(self, chunk: bytes, segments: Sequence[Segment]) -> bytes:
        """Redaction: the protected cells are starred where they stand."""
        data = bytearray(chunk)
        try:
            for segment, end in bounds(segments, len(chunk)):
                if not (isinstance(segment, range) and self._overwrite_alike(chunk, data, segment)):
                    self._overwrite_rows(chunk, data, segment, end)
        except struct.error:
            raise UpstreamError(_UNFIT) from None
        return bytes(data)

    def _overwrite_alike(self, chunk: bytes, data: bytearray, segment: range) -> bool:
        """Rows that are equally long, and their cells too: found out a column at a time. False where they are not."""
        places: list[tuple[int, int]] = []
        offset = _HEAD
        for is_wanted in self._wanted:
            if not are_alike(chunk, segment, offset, 4):
                return False
            (length,) = _LENGTH(chunk, segment.start + offset)
            offset += 4
            if is_wanted and length >= 0:
                places.append((offset, length))
            offset += max(length, 0)
            if length < -1 or offset > segment.step:
                raise UpstreamError(_UNFIT)
        for offset, length in places:
            stars = b"*" * length
            for cell in range(segment.start + offset, segment.stop, segment.step):
                data[cell : cell + length] = stars
        self.masked += len(places) * len(segment)
        return True

    def _overwrite_rows(self, chunk: bytes, data: bytearray, segment: Segment, end: int) -> None:
        """Rows of any length, one by one."""
        wanted, masked = self._wanted, 0
        for start, stop in pairwise((*segment, end)):
            cell = start + _HEAD
            for is_wanted in wanted:
                (length,) = _LENGTH(chunk, cell)
                cell += 4
                if length > 0:
                    if is_wanted:
                        if cell + length > stop:  # as many stars would be made as a hostile length says
                            raise UpstreamError(_UNFIT)
                        data[cell : cell + length] = _STARS[:length] if length <= _LONG else b"*" * length
                        masked += 1
                    cell += length
                elif length < -1:
                    raise UpstreamError(_UNFIT)
                elif is_wanted and length == 0:
                    masked += 1
            if cell > stop:
                raise UpstreamError(_UNFIT)
        self.masked += masked

    def _rebuild(self, data: bytes, start: int) -> bytes:
        cells = split_cells(data, start + _HEAD, self._width)
        self.masked += self._cells.protect(cells)
        return _row(cells)

    def _judge(self, data: bytes, starts: list[int], ends: list[int]) -> bytes:
        """Look at the nominated rows cell by cell, and put the others through as they are."""
        pieces: list[bytes] = []
        done = 0
        for number in sorted({max(bisect_left(starts, end) - 1, 0) for end in ends}):
            start = starts[number]
            stop = starts[number + 1] if number + 1 < len(starts) else len(data)
            cells = split_cells(data, start + _HEAD, self._width)
            if found := self._cells.detect(cells):
                self.masked += found
                pieces += (data[done:start], _row(cells))
                done = stop
        pieces.append(data[done:])
        return b"".join(pieces)


class CellMasker:
    """What a plan does to single cells; shared by rows and COPY."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._looked_at = [(index, found) for index, found in enumerate(plan.detected) if found is not None]

    def detect(self, cells: list[bytes | None]) -> int:
        """Replace recognised values in the cells that detectors look at, in place; how many there were."""
        detection, masked = self._plan.detection, 0
        if detection is None:
            return 0
        for index, detected in self._looked_at:
            cell = cells[index]
            if cell is None:
                continue
            text, found = replace_detected(cell.decode(errors="surrogateescape"), detection, detected)
            if found:
                cells[index] = text.encode(errors="surrogateescape")
                masked += found
        return masked

    def protect(self, cells: list[bytes | None]) -> int:
        """Replace the cells of protected columns, in place; how many there were."""
        masked = 0
        for index, action in enumerate(self._plan.columns):
            cell = cells[index]
            if action is not None and cell is not None:
                cells[index] = action.replace(cell)
                masked += 1
        return masked


def split_cells(data: bytes, position: int, width: int) -> list[bytes | None]:
    """The cells that begin at a position, None for NULL."""
    cells: list[bytes | None] = []
    for _ in range(width):
        length = int.from_bytes(data[position : position + 4])
        position += 4
        if length == _NULL:
            cells.append(None)
        else:
            cells.append(data[position : position + length])
            position += length
    return cells


def join_cells(cells: Sequence[bytes | None]) -> bytes:
    """Cells as the wire has them, behind their int16 number."""
    pieces = [len(cells).to_bytes(2)]
    for cell in cells:
        pieces += (_NULL_CELL,) if cell is None else (len(cell).to_bytes(4), cell)
    return b"".join(pieces)


def _row(cells: Sequence[bytes | None]) -> bytes:
    body = join_cells(cells)
    return b"D" + (len(body) + 4).to_bytes(4) + body
