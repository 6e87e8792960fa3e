"""A masking plan applied to COPY … TO STDOUT, in text, CSV and binary format.

PostgreSQL sends one row in each CopyData message, but nothing here relies on it in text and binary format: what does
not end a row is held back. The formats are those of the SQL reference's page on COPY, "File Formats".
"""

from __future__ import annotations

import re

from engine.errors import UpstreamError
from engine.masking.plan import Plan
from engine.protocols.postgres.rows import CellMasker, join_cells, split_cells
from engine.protocols.postgres.statement import Statement

_HEADER = b"PGCOPY\n\xff\r\n\0"
_FIXED = 19  # signature, flags, length of the header extension
_TRAILER = b"\xff\xff"
_HELD_BACK = 16 * 1024 * 1024  # bytes of one row that must be masked

_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPED = str.maketrans({character: "\\" + letter for letter, character in _ESCAPES.items()} | {"\\": "\\\\"})


class CopyMasker:
    """Masks the payloads of one COPY's CopyData messages (given and returned without their message headers)."""

    def __init__(self, plan: Plan, statement: Statement) -> None:
        self.rows = 0
        self.masked = 0
        self._plan = plan
        self._width = len(plan.columns)
        self._held = b""
        self._is_binary = statement.copy_format == "binary"
        self._cells = CellMasker(plan)
        is_csv = statement.copy_format == "csv"
        self.is_csv = is_csv
        self._delimiter = statement.copy_delimiter or ("," if is_csv else "\t")
        self._null = statement.copy_null if statement.copy_null is not None else ("" if is_csv else "\\N")
        self._quote = statement.copy_quote or '"'
        self._escape = statement.copy_escape or self._quote
        self.delimiter, self.null = self._delimiter.encode(), self._null.encode()
        self.special = self._quote.encode() if is_csv else b"\\"
        # In text format a value can look like NULL: taken for one, it would tell a client what its NULL guessed right.
        is_told = is_csv or self._escaped(_unescaped(self._null)) != self._null
        self.null_field = self.null if is_told else None
        self._null_text = self._null if is_told else None
        self._is_wanted = any(plan.columns)
        self._skip = 1 if statement.copy_header else 0  # a header row holds names, not values
        self._saw_header = False

    def mask(self, chunk: bytes) -> bytes:
        """The rows that are complete now, masked."""
        data = self._held + chunk
        if self._is_binary:
            done, consumed = self._mask_binary(data)
        else:
            consumed = self._complete(data)
            done = b"".join(self._mask_line(line) for line in self._lines(data[:consumed]))
        self._held = data[consumed:]
        if len(self._held) > _HELD_BACK:
            raise UpstreamError("a COPY row is too large to be masked", hint="select fewer or smaller columns")
        return done

    @property
    def is_at_row(self) -> bool:
        """Whether what comes next begins a row."""
        return not self._held and not self._skip and (self._saw_header or not self._is_binary)

    def finish(self) -> bytes:
        """What was held back when the COPY ended: a last line without an end of line, masked like any other."""
        held, self._held = self._held, b""
        if not held:
            return b""
        if self._is_binary:
            raise UpstreamError("the upstream's COPY ended in the middle of a row")
        return self._mask_line(held)

    def _complete(self, data: bytes) -> int:
        """How many bytes of whole lines there are."""
        if not self.is_csv:
            return data.rfind(b"\n") + 1
        position = len(data)
        while position := data.rfind(b"\n", 0, position):
            if position < 0:
                return 0
            if self._quotes(data[:position]) % 2 == 0:
                return position + 1
        return 0

    def _lines(self, data: bytes) -> list[bytes]:
        if not self.is_csv:
            return _split_newline(data)
        lines: list[bytes] = []
        start, position, is_quoted = 0, 0, False
        for piece in _split_newline(data):
            position += len(piece)
            is_quoted ^= self._quotes(piece) % 2 == 1
            if not is_quoted:
                lines.append(data[start:position])
                start = position
        return lines

    def _quotes(self, data: bytes) -> int:
        """How many quotes open or close something; where the escape is another character, one behind it does not."""
        if self._escape != self._quote:
            data = re.sub(re.escape(self._escape.encode()) + b".", b"", data, flags=re.DOTALL)
        return data.count(self.special)

    def _mask_line(self, line: bytes) -> bytes:
        if self._skip:
            self._skip = 0
            return line
        self.rows += 1
        if self._plan.is_empty:
            return line
        ending = b"\r\n" if line.endswith(b"\r\n") else b"\n" if line.endswith(b"\n") else b""
        row = line[: len(line) - len(ending)]
        if row == b"\\." and not self.is_csv:
            return line
        looks = self._plan.detection is not None and (self.special in row or self._plan.detection.nominated(row))
        if not looks and not self._is_wanted:
            return line
        text = row.decode(errors="surrogateescape")
        fields = self._split_csv(text) if self.is_csv else self._split_text(text)
        if len(fields) != self._width:
            raise UpstreamError("the upstream sent a COPY row that does not fit its description")
        cells = [None if field is None else field.encode(errors="surrogateescape") for field in fields]
        found = self._cells.protect(cells) + (self._cells.detect(cells) if looks else 0)
        if not found and not self._is_wanted:
            return line  # else a row in which all that is protected is NULL would keep FORCE_QUOTE's quotes, and tell
        self.masked += found
        return self.delimiter.join(map(self.written, cells)) + ending

    def written(self, cell: bytes | None) -> bytes:
        """A field as this COPY writes it."""
        if cell is None:
            return self.null
        field = cell.decode(errors="surrogateescape")
        return (self._quoted(field) if self.is_csv else self._escaped(field)).encode(errors="surrogateescape")

    def _split_text(self, text: str) -> list[str | None]:
        return [
            None if field == self._null_text else _unescaped(field) for field in _split_unescaped(text, self._delimiter)
        ]

    def _escaped(self, field: str) -> str:
        escaped = field.translate(_ESCAPED)
        return escaped.replace(self._delimiter, "\\" + self._delimiter) if self._delimiter not in "\t\\" else escaped

    def _split_csv(self, text: str) -> list[str | None]:
        if self._quote not in text:
            return [None if field == self._null_text else field for field in text.split(self._delimiter)]
        fields: list[str | None] = []
        value: list[str] = []
        is_quoted = was_quoted = False
        position, end = 0, len(text)
        while position < end:
            character = text[position]
            following = text[position + 1] if position + 1 < end else ""
            if is_quoted and character == self._escape and following in (self._quote, self._escape) and following:
                value.append(following)
                position += 1
            elif character == self._quote:
                is_quoted = not is_quoted
                was_quoted = True
            elif character == self._delimiter and not is_quoted:
                fields.append(self._field(value, was_quoted))
                value, was_quoted = [], False
            else:
                value.append(character)
            position += 1
        fields.append(self._field(value, was_quoted))
        return fields

    def _field(self, value: list[str], was_quoted: bool) -> str | None:
        text = "".join(value)
        return None if text == self._null and not was_quoted else text

    def _quoted(self, field: str) -> str:
        special = (self._delimiter, self._quote, "\n", "\r")
        if field != self._null and field != "\\." and not any(character in field for character in special):
            return field
        escaped = field.replace(self._escape, self._escape * 2) if self._escape != self._quote else field
        return self._quote + escaped.replace(self._quote, self._escape + self._quote) + self._quote

    def _mask_binary(self, data: bytes) -> tuple[bytes, int]:
        pieces: list[bytes] = []
        position = 0
        if not self._saw_header:
            if len(data) < _FIXED:
                return b"", 0
            extension = int.from_bytes(data[15:19])
            if not data.startswith(_HEADER) or extension > _HELD_BACK:
                raise UpstreamError("the upstream's binary COPY has no valid header")
            position = _FIXED + extension
            if len(data) < position:
                return b"", 0
            pieces.append(data[:position])
            self._saw_header = True
        while (end := self._end_of_tuple(data, position)) is not None:
            pieces.append(self._mask_tuple(data, position, end))
            position = end
        return b"".join(pieces), position

    def _end_of_tuple(self, data: bytes, position: int) -> int | None:
        if len(data) < position + 2:
            return None
        if data[position : position + 2] == _TRAILER:
            return position + 2
        if int.from_bytes(data[position : position + 2]) != self._width:
            raise UpstreamError("the upstream sent a COPY row that does not fit its description")
        cell = position + 2
        for _ in range(self._width):
            if len(data) < cell + 4:
                return None
            length = int.from_bytes(data[cell : cell + 4], signed=True)
            cell += 4 + max(length, 0)
        return cell if cell <= len(data) else None

    def _mask_tuple(self, data: bytes, position: int, end: int) -> bytes:
        if data[position:end] == _TRAILER:
            return _TRAILER
        self.rows += 1
        if self._plan.is_empty:
            return data[position:end]
        cells = split_cells(data, position + 2, self._width)
        self.masked += self._cells.protect(cells) + self._cells.detect(cells)
        return join_cells(cells)


def _split_newline(data: bytes) -> list[bytes]:
    pieces = data.split(b"\n")
    return [piece + b"\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def _split_unescaped(text: str, delimiter: str) -> list[str]:
    """Fields of a text-format line; a delimiter behind an odd number of backslashes belongs to the value."""
    if "\\" not in text:
        return text.split(delimiter)
    fields: list[str] = []
    pending = ""
    for piece in text.split(delimiter):
        pending += piece
        backslashes = len(pending) - len(pending.rstrip("\\"))
        if backslashes % 2:
            pending += delimiter
        else:
            fields.append(pending)
            pending = ""
    if pending:
        fields.append(pending)
    return fields


def _unescaped(field: str) -> str:
    if "\\" not in field:
        return field
    out: list[str] = []
    characters = iter(field)
    for character in characters:
        if character == "\\":
            following = next(characters, "")
            out.append(_ESCAPES.get(following, following))
        else:
            out.append(character)
    return "".join(out)
