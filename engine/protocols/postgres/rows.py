"""A masking plan applied to PostgreSQL's wire: DataRow messages, in text and binary format.

The common case overwrites in place: a redaction keeps its length, so nothing of the row is rebuilt (PostgreSQL docs,
"Message Formats": DataRow is `D`, int32 length, int16 columns, then int32 length and bytes of each; -1 is NULL).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise

from engine.errors import UpstreamError
from engine.masking.detect import Nomination
from engine.masking.plan import Plan, replace_detected
from engine.protocols.postgres.messages import HEADER
from engine.protocols.postgres.runs import Edit, Run, Segment, are_alike, bounds, nominees, patched, segments_of, star

_NULL = 0xFFFFFFFF
_NULL_CELL = b"\xff\xff\xff\xff"
_HEAD = 7  # tag, length, number of columns
_LENGTH = struct.Struct("!i").unpack_from
_UNFIT = "the upstream sent a row that does not fit its description"


class RowMasker:
    """Masks the rows of one answer, in whatever format; whole messages in, whole messages out.

    A tuple of a binary COPY is built like a DataRow, so that it does for both; `tag` is the type of the messages. With
    `is_exact` each must hold one row and nothing behind it.
    """

    def __init__(self, plan: Plan, tag: int = ord("D"), *, is_exact: bool = False) -> None:
        self.rows = 0
        self.masked = 0
        self._tag = tag
        self._cells = CellMasker(plan)
        self._plan = plan
        self._width = len(plan.columns)
        self._count = self._width.to_bytes(2)
        self._is_exact = is_exact
        wanted = [action is not None for action in plan.columns]
        while wanted and not wanted[-1] and not is_exact:
            wanted.pop()
        self._wanted = tuple(wanted)
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
        if self._plan.detection is not None and (nominated := self._plan.detection.nominated(data)):
            return self._judge(data, segments, nominated)
        return data

    def recorded(self, masked: bytes) -> bytes:
        """A recording keeps rows as they were sent."""
        return masked

    def _segments(self, data: bytes) -> Sequence[Segment]:
        segments = segments_of(data, self._tag)
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
        return Run.of(data, segments)

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
        if self._is_exact and offset != segment.step:
            raise UpstreamError(_UNFIT)
        for offset, length in places:
            star(data, range(segment.start + offset, segment.stop, segment.step), length)
        self.masked += len(places) * len(segment)
        return True

    def _overwrite_rows(self, chunk: bytes, data: bytearray, segment: Segment, end: int) -> None:
        """Rows of any length, one by one."""
        wanted, is_exact, masked = self._wanted, self._is_exact, 0
        for start, stop in pairwise((*segment, end)):
            cell = start + _HEAD
            for is_wanted in wanted:
                (length,) = _LENGTH(chunk, cell)
                cell += 4
                if length > 0:
                    if is_wanted:
                        if cell + length > stop:  # as many stars would be made as a hostile length says
                            raise UpstreamError(_UNFIT)
                        data[cell : cell + length] = b"*" * length
                        masked += 1
                    cell += length
                elif length < -1:
                    raise UpstreamError(_UNFIT)
                elif is_wanted and length == 0:
                    masked += 1
            if cell > stop or (is_exact and cell != stop):
                raise UpstreamError(_UNFIT)
        self.masked += masked

    def _rebuild(self, data: bytes, start: int) -> bytes:
        cells = split_cells(data, start + _HEAD, self._width)
        self.masked += self._cells.protect(cells)
        body = join_cells(cells)
        return bytes((self._tag,)) + (len(body) + 4).to_bytes(4) + body

    def _judge(self, data: bytes, segments: Sequence[Segment], nominated: Sequence[Nomination]) -> bytes:
        """Look at the cells in which nominations end, and at no others."""
        edits: list[Edit] = []
        for start, stop, own in nominees(segments, len(data), nominated):
            edits += self._judge_row(data, start, stop, own)
        return patched(data, segments, edits) if edits else data

    def _judge_row(self, data: bytes, start: int, stop: int, own: Sequence[Nomination]) -> list[Edit]:
        edits: list[Edit] = []
        detection, last = self._plan.detection, own[-1][0]
        assert detection is not None
        grown, cell = 0, start + _HEAD
        for detected in self._plan.detected:
            if cell + 4 >= last:
                break
            (length,) = _LENGTH(data, cell)
            cell += 4
            if length <= 0:
                continue
            end = cell + length
            if end > stop:
                raise UpstreamError(_UNFIT)
            if detected is not None and (among := {number for place, number in own if cell < place <= end}):
                value = data[cell:end].decode(errors="surrogateescape")
                text, found = replace_detected(value, detection, detected, among)
                if found:
                    new = text.encode(errors="surrogateescape")
                    edits.append((cell - 4, end, len(new).to_bytes(4) + new))
                    grown += len(new) - length
                    self.masked += found
            cell = end
        return [(start + 1, start + HEADER, (stop - start - 1 + grown).to_bytes(4)), *edits] if grown else edits


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
