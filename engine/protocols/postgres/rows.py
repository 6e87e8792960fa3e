"""A masking plan applied to PostgreSQL's wire: DataRow messages, in text and binary format.

The common case overwrites in place: a redaction keeps its length, so nothing of the row is rebuilt (PostgreSQL docs,
"Message Formats": DataRow is `D`, int32 length, int16 columns, then int32 length and bytes of each; -1 is NULL).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from engine.errors import UpstreamError
from engine.masking.plan import Plan, replace_detected

_NULL = 0xFFFFFFFF
_NULL_CELL = b"\xff\xff\xff\xff"
_HEAD = 7  # tag, length, number of columns
_STARS = b"*" * 4096


class RowMasker:
    """Masks the rows of one answer, in whatever format; whole DataRow messages in, whole messages out."""

    def __init__(self, plan: Plan) -> None:
        self.rows = 0
        self.masked = 0
        self._cells = CellMasker(plan)
        self._plan = plan
        self._width = len(plan.columns)
        protected = [index for index, action in enumerate(plan.columns) if action is not None]
        self._last = protected[-1] + 1 if protected else 0
        self._wanted = tuple(action is not None for action in plan.columns[: self._last])
        self._in_place = all(action is None or action.keeps_length for action in plan.columns)

    def mask(self, chunk: bytes) -> bytes:
        """The messages with protected values replaced; raises `UpstreamError` on rows that are not of this answer."""
        starts = self._starts(chunk)
        self.rows += len(starts)
        if self._last == 0 and self._plan.detection is None:
            return chunk
        data: bytes | bytearray = chunk
        if self._last:
            if self._in_place:
                data = bytearray(chunk)
                self._overwrite(data, starts)
            else:
                data = b"".join(self._rebuild(chunk, start) for start in starts)
                starts = self._starts(data)
        if self._plan.detection is not None and (ends := self._plan.detection.nominated(bytes(data))):
            return self._judge(bytes(data), starts, ends)
        return bytes(data)

    def _starts(self, data: bytes) -> list[int]:
        starts: list[int] = []
        position, end, width = 0, len(data), self._width
        while position < end:
            if int.from_bytes(data[position + 5 : position + 7]) != width:
                raise UpstreamError("the upstream sent a row that does not fit its description")
            starts.append(position)
            position += 1 + int.from_bytes(data[position + 1 : position + 5])
        if position != end:
            raise UpstreamError("the upstream sent a torn row")
        return starts

    def _overwrite(self, data: bytearray, starts: list[int]) -> None:
        wanted, masked = self._wanted, 0
        for start, stop in zip(starts, [*starts[1:], len(data)], strict=False):
            cell = start + _HEAD
            for is_wanted in wanted:
                length = int.from_bytes(data[cell : cell + 4])
                cell += 4
                if length == _NULL:
                    continue
                if is_wanted:
                    if cell + length > stop:  # as many stars would be made as a hostile length says
                        raise UpstreamError("the upstream sent a torn row")
                    data[cell : cell + length] = _STARS[:length] if length <= len(_STARS) else b"*" * length
                    masked += 1
                cell += length
            if cell > stop:
                raise UpstreamError("the upstream sent a torn row")
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
