"""COPY … TO STDOUT, masked many messages at once.

PostgreSQL sends one row in each CopyData message (PostgreSQL documentation, "COPY Operations"). Where that holds, a row
is not taken apart: redaction overwrites protected fields where they stand, and detectors judge the fields in which a
scan over the whole run nominates something. Any other row goes through `CopyMasker`, which relies on nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from engine.errors import UpstreamError
from engine.masking.detect import Nomination
from engine.masking.plan import Plan, replace_detected
from engine.protocols.postgres.answers import CopyData
from engine.protocols.postgres.copyout import CopyMasker
from engine.protocols.postgres.messages import HEADER
from engine.protocols.postgres.rows import RowMasker
from engine.protocols.postgres.runs import (
    Edit,
    Segment,
    are_alike,
    bodies,
    bounds,
    joined_bodies,
    nominees,
    patched,
    segments_of,
    star,
)
from engine.protocols.postgres.statement import Statement

_TAG = CopyData.kind
_TRAILER = CopyData(b"\xff\xff").encode()
_NEWLINE = ord("\n")
_ESCAPE = re.compile(rb"\\(?!N)")


class CopyRuns:
    """Masks the CopyData messages of one COPY; whole messages in, whole messages out."""

    def __init__(self, plan: Plan, statement: Statement) -> None:
        self._plan = plan
        self._careful = CopyMasker(plan, statement)
        self._is_binary = statement.copy_format == "binary"
        self._tuples = RowMasker(plan, _TAG, is_exact=True)
        self._fields = None if self._is_binary else _Fields(plan, self._careful)
        self._in_place = all(action is None or action.keeps_length for action in plan.columns)

    @property
    def rows(self) -> int:
        """Rows so far."""
        return self._careful.rows + self._tuples.rows

    @property
    def masked(self) -> int:
        """Values replaced so far."""
        return self._careful.masked + self._tuples.masked

    def mask(self, chunk: bytes) -> bytes:
        """The messages with protected values replaced; raises `UpstreamError` on rows that are not of this answer."""
        segments = segments_of(chunk, _TAG)
        if self._plan.is_empty:
            if not self._count(chunk, segments):
                for payload in bodies(chunk, segments):
                    self._careful.mask(payload)
            return chunk
        masked = self._mask_tuples(chunk, segments) if self._fields is None else self._fields.mask(chunk, segments)
        if masked is not None:
            return masked
        done = map(self._careful.mask, bodies(chunk, segments))
        return b"".join(CopyData(payload).encode() for payload in done if payload)

    def _mask_tuples(self, chunk: bytes, segments: Sequence[Segment]) -> bytes | None:
        """A run of binary tuples masked; None where its messages are not one tuple each, or have to be made anew."""
        tuples = self._tuples
        if not self._in_place or not self._careful.is_at_row or chunk[segments[-1][-1] :] == _TRAILER:
            return None
        before = tuples.rows, tuples.masked
        try:
            return tuples.mask(chunk)
        except UpstreamError:
            tuples.rows, tuples.masked = before
            return None

    def recorded(self, masked: bytes) -> bytes:
        """A recording keeps COPY data without the messages it came in."""
        return joined_bodies(masked, segments_of(masked, _TAG))

    def finish(self) -> bytes:
        """What was held back when the COPY ended."""
        rest = self._careful.finish()
        return CopyData(rest).encode() if rest and not self._plan.is_empty else b""

    def _count(self, chunk: bytes, segments: Sequence[Segment]) -> bool:
        """Count each message of a run as a row, where nothing is masked; False where they may not be."""
        count = sum(map(len, segments))
        if count == 1 or not self._careful.is_at_row or chunk[segments[-1][-1] :] == _TRAILER:
            return False
        if not self._is_binary and chunk.count(b"\n") != count:
            return False
        self._careful.rows += count
        return True


class _Fields:
    """Rows of the text formats, where they stand in their messages."""

    def __init__(self, plan: Plan, careful: CopyMasker) -> None:
        self._plan = plan
        self._careful = careful
        self._wanted = tuple(action is not None for action in plan.columns)
        self._protected = [index for index, is_wanted in enumerate(self._wanted) if is_wanted]
        self._in_place = all(action is None or action.keeps_length for action in plan.columns)

    def mask(self, chunk: bytes, segments: Sequence[Segment]) -> bytes | None:
        """The run masked; None where its messages are not whole rows, or where a strategy changes lengths."""
        if not self._in_place or not _are_lines(chunk, segments):
            return None
        data = bytearray(chunk)
        edits: list[Edit] = []
        for segment, end in bounds(segments, len(chunk)):
            if self._careful.is_at_row and isinstance(segment, range) and self._star_alike(chunk, data, segment):
                continue
            for start, stop in pairwise((*segment, end)):
                row = chunk[start + HEADER : stop - 1]
                if self._careful.is_at_row and (starred := self._starred(row)) is not None:
                    data[start + HEADER : stop - 1] = starred
                else:
                    masked = self._careful.mask(chunk[start + HEADER : stop])
                    edits.append((start, stop, CopyData(masked).encode() if masked else b""))
        if self._plan.detection is not None and (nominated := self._plan.detection.nominated(data)):
            done = {start for start, _, _ in edits}
            for start, stop, own in nominees(segments, len(data), nominated):
                if start not in done:
                    edits += self._judge(data, start, stop, own)
            edits.sort()
        return patched(data, segments, edits)

    def _star_alike(self, chunk: bytes, data: bytearray, segment: range) -> bool:
        """Star the protected fields of equally long rows whose fields are too; False where they are not."""
        careful, start, step = self._careful, segment.start, segment.step
        in_heads = chunk.count(careful.special, start, start + HEADER) * len(segment)
        if chunk.count(careful.special, start, segment.stop) != in_heads:
            return False
        if chunk.count(b"\n", start, segment.stop) != chunk.count(b"\n", start, start + step) * len(segment):
            return False
        places: list[tuple[int, int]] = []
        row = chunk[start + HEADER : start + step - 1]
        if b"\n" in row:
            return False
        if self._protected:
            fields = row.split(careful.delimiter)
            if len(fields) != len(self._wanted):
                return False
            offset = HEADER
            for is_wanted, field in zip(self._wanted, fields, strict=True):
                if is_wanted:
                    if len(field) == len(careful.null_field or b""):  # some of them may be NULL
                        return False
                    places.append((offset, len(field)))
                offset += len(field) + 1
                if not are_alike(chunk, segment, offset - 1, 1):
                    return False
        for offset, length in places:
            star(data, range(start + offset, segment.stop, step), length)
        careful.masked += len(places) * len(segment)
        careful.rows += len(segment)
        return True

    def _starred(self, row: bytes) -> bytes | None:
        """One row with its protected fields starred; None where it has to be taken apart."""
        careful = self._careful
        special, null, masked = careful.special, careful.null_field, 0
        has_special = special in row
        if b"\n" in row or (has_special and not self._can_stay(row)):
            return None
        if self._protected:
            fields = row.split(careful.delimiter)
            if len(fields) != len(self._wanted):
                return None
            for index in self._protected:
                field = fields[index]
                if field != null:
                    if has_special and special in field:
                        return None
                    fields[index] = b"*" * len(field)
                    masked += 1
            row = careful.delimiter.join(fields)
        careful.masked += masked
        careful.rows += 1
        return row

    def _can_stay(self, row: bytes) -> bool:
        """Whether quotes or escapes in a row can stay unread: NULLs do, others where no detector would look at them."""
        if self._careful.is_csv:
            return False
        return self._plan.detection is None or not _ESCAPE.search(row)

    def _judge(self, data: bytearray, start: int, stop: int, own: Sequence[Nomination]) -> list[Edit]:
        """Judge the fields of one row, which has neither quotes nor escapes, in which nominations end."""
        first, last, delimiter = start + HEADER, stop - 1, self._careful.delimiter
        detection = self._plan.detection
        assert detection is not None
        nominees_of: dict[tuple[int, int], set[int]] = {}
        for place, number in own:
            if first < place <= last:
                begin = max(data.rfind(delimiter, first, place - 1) + 1, first)
                end = data.find(delimiter, place - 1, last)
                nominees_of.setdefault((begin, end if end >= 0 else last), set()).add(number)
        edits: list[Edit] = []
        grown = 0
        for (begin, end), among in nominees_of.items():
            index = data.count(delimiter, first, begin)
            detected = self._plan.detected[index] if index < len(self._wanted) else None
            if detected is None:
                continue
            value = data[begin:end].decode(errors="surrogateescape")
            text, found = replace_detected(value, detection, detected, among)
            if found:
                new = self._careful.written(text.encode(errors="surrogateescape"))
                edits.append((begin, end, new))
                grown += len(new) - (end - begin)
                self._careful.masked += found
        return [(start + 1, first, (stop - start - 1 + grown).to_bytes(4)), *edits] if grown else edits


def _are_lines(chunk: bytes, segments: Sequence[Segment]) -> bool:
    """Whether each message ends with a line."""
    for segment, end in bounds(segments, len(chunk)):
        if isinstance(segment, range):
            if not are_alike(chunk, segment, segment.step - 1, 1):
                return False
            stops = [end]
        else:
            stops = [*segment[1:], end]
        if not all(chunk[stop - 1] == _NEWLINE for stop in stops):
            return False
    return True
