"""PostgreSQL cells as text: DataRow messages to display strings, the common binary formats included.

Sources: PostgreSQL documentation, "Message Formats"; the types' `*_send` functions for the binary formats.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from ipaddress import ip_address
from math import prod
from typing import Any

Row = list[bytes | None]
MAX_COLUMNS = 1664  # MaxTupleAttributeNumber
MAX_MESSAGE = 1 << 30

_EPOCH = datetime(2000, 1, 1)
_DAY_ZERO = date(2000, 1, 1)


class Rows:
    """Splits one operation's cells into rows, over as many batches as it takes."""

    def __init__(self) -> None:
        self._rest = b""

    @property
    def rest(self) -> bytes:
        """The beginning of a row whose end has not come."""
        return self._rest

    def feed(self, cells: bytes) -> Iterator[Row]:
        """The rows that are whole now. Raises ValueError on bytes that are no DataRow message."""
        data = self._rest + cells if self._rest else cells
        position = 0
        while position + 5 <= len(data):
            length = int.from_bytes(data[position + 1 : position + 5], "big")
            if data[position] != 0x44 or not 6 <= length <= MAX_MESSAGE:
                raise ValueError("not a DataRow message")
            if position + 1 + length > len(data):
                break
            yield split_row(data, position + 5, position + 1 + length)
            position += 1 + length
        self._rest = data[position:]


def rows(cells: bytes) -> Iterator[Row]:
    """The whole rows of one batch; a row cut at its end is left out."""
    return Rows().feed(cells)


def split_row(data: bytes, position: int, end: int) -> Row:
    """The cells of one DataRow body; raises ValueError when it is malformed."""
    count = int.from_bytes(data[position : position + 2], "big")
    if count > MAX_COLUMNS:
        raise ValueError("more columns than PostgreSQL has")
    position += 2
    row: Row = []
    for _ in range(count):
        length = int.from_bytes(data[position : position + 4], "big", signed=True)
        position += 4
        if length < 0:
            row.append(None)
            continue
        row.append(data[position : position + length])
        position += length
        if position > end:
            break
    if position != end:
        raise ValueError("a DataRow message is malformed")
    return row


def display(row: Sequence[bytes | None], columns: Sequence[dict[str, Any]]) -> list[str | None]:
    """A row as strings, None for NULL. `columns` are those of a `c` frame; missing ones count as text."""
    return [None if cell is None else cell_text(cell, **_type_of(columns, index)) for index, cell in enumerate(row)]


def _type_of(columns: Sequence[dict[str, Any]], index: int) -> dict[str, Any]:
    column = columns[index] if index < len(columns) else {}
    return {"type_name": str(column.get("type", "text")), "is_binary": column.get("format") == 1}


def cell_text(cell: bytes, type_name: str = "text", is_binary: bool = False) -> str:
    """One cell as PostgreSQL's text output would have it, or as `\\x…` where its binary format is not known."""
    if not is_binary:
        return cell.decode("utf-8", "backslashreplace")
    decode = _BINARY.get(type_name)
    if decode is None and type_name.startswith("_"):
        decode = _array
    try:
        return _hex(cell) if decode is None else decode(cell)
    except (ValueError, struct.error, OverflowError, IndexError):
        return _hex(cell)


def _hex(cell: bytes) -> str:
    return "\\x" + cell.hex()


def _text(cell: bytes) -> str:
    return cell.decode("utf-8", "backslashreplace")


def _number(layout: str) -> Callable[[bytes], str]:
    unpack = struct.Struct(layout).unpack
    return lambda cell: str(unpack(cell)[0])


def _float(layout: str, digits: int) -> Callable[[bytes], str]:
    unpack = struct.Struct(layout).unpack

    def decode(cell: bytes) -> str:
        value = unpack(cell)[0]
        if value in (float("inf"), float("-inf")):
            return "Infinity" if value > 0 else "-Infinity"
        return "NaN" if value != value else f"{value:.{digits}g}"

    return decode


def _bool(cell: bytes) -> str:
    return {b"\0": "f", b"\1": "t"}.get(cell) or _hex(cell)


def _numeric(cell: bytes) -> str:
    """Base-10000 digits: count, weight of the first, sign, display scale (numeric_send)."""
    count, weight, sign, scale = struct.unpack_from(">hhHh", cell)
    if special := {0xC000: "NaN", 0xD000: "Infinity", 0xF000: "-Infinity"}.get(sign):
        return special
    digits = struct.unpack(f">{count}H", cell[8:])
    if max(weight, -weight, scale) > 0x4000 or any(digit > 9999 for digit in digits):
        raise ValueError("not a numeric")

    def group(place: int) -> int:
        return digits[place] if 0 <= place < count else 0

    whole = "".join(f"{group(place):04}" for place in range(weight + 1)).lstrip("0") or "0"
    places = range(weight + 1, weight + 1 + -(-scale // 4))
    fraction = "".join(f"{group(place):04}" for place in places)[:scale]
    return f"{'-' if sign == 0x4000 else ''}{whole}{'.' + fraction if fraction else ''}"


def _date(cell: bytes) -> str:
    (days,) = struct.unpack(">i", cell)
    if special := {0x7FFFFFFF: "infinity", -0x80000000: "-infinity"}.get(days):
        return special
    return (_DAY_ZERO + timedelta(days=days)).isoformat()


def _timestamp(cell: bytes) -> str:
    (microseconds,) = struct.unpack(">q", cell)
    if special := {(1 << 63) - 1: "infinity", -(1 << 63): "-infinity"}.get(microseconds):
        return special
    text = (_EPOCH + timedelta(microseconds=microseconds)).isoformat(" ")
    return text.rstrip("0") if "." in text else text


def _timestamptz(cell: bytes) -> str:
    text = _timestamp(cell)
    return text if text.endswith("infinity") else text + "+00"


def _time(cell: bytes) -> str:
    (microseconds,) = struct.unpack(">q", cell)
    return _clock(microseconds)


def _timetz(cell: bytes) -> str:
    microseconds, west = struct.unpack(">qi", cell)
    hours, rest = divmod(abs(west) // 60, 60)
    return f"{_clock(microseconds)}{'-' if west > 0 else '+'}{hours:02}" + (f":{rest:02}" if rest else "")


def _clock(microseconds: int) -> str:
    seconds, micro = divmod(microseconds, 1_000_000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return text + (f".{micro:06}".rstrip("0") if micro else "")


def _interval(cell: bytes) -> str:
    microseconds, days, months = struct.unpack(">qii", cell)
    years, months = int(months / 12), months - int(months / 12) * 12
    parts = [
        f"{amount} {unit}{'' if amount == 1 else 's'}"
        for amount, unit in ((years, "year"), (months, "mon"), (days, "day"))
        if amount
    ]
    if microseconds or not parts:
        parts.append(("-" if microseconds < 0 else "") + _clock(abs(microseconds)))
    return " ".join(parts)


def _uuid(cell: bytes) -> str:
    return str(uuid.UUID(bytes=cell))


def _jsonb(cell: bytes) -> str:
    return _text(cell[1:]) if cell[:1] == b"\1" else _hex(cell)


def _inet(cell: bytes) -> str:
    bits, is_cidr, length = cell[1], cell[2], cell[3]
    address = ip_address(cell[4 : 4 + length])
    return f"{address}/{bits}" if is_cidr or bits != length * 8 else str(address)


def _array(cell: bytes) -> str:
    """One- and more-dimensional arrays of the element types known here (array_send)."""
    dimensions, _, element_oid = struct.unpack_from(">iiI", cell)
    if dimensions == 0:
        return "{}"
    if not 0 < dimensions <= 6:
        raise ValueError("not an array")
    lengths = [struct.unpack_from(">i", cell, 12 + 8 * n)[0] for n in range(dimensions)]
    if min(lengths) < 1 or prod(lengths) * 4 > len(cell):
        raise ValueError("an array claims more elements than it has bytes for")
    decode = _BINARY.get(_ELEMENT_TYPES.get(element_oid, ""), _hex)
    elements = _elements(cell, 12 + 8 * dimensions, decode)
    return _nested(elements, lengths)


def _elements(cell: bytes, position: int, decode: Callable[[bytes], str]) -> Iterator[str]:
    while position < len(cell):
        (length,) = struct.unpack_from(">i", cell, position)
        position += 4
        if length < 0:
            yield "NULL"
            continue
        yield _quoted(decode(cell[position : position + length]))
        position += length


def _nested(elements: Iterator[str], lengths: Sequence[int]) -> str:
    if len(lengths) == 1:
        inner = [element for _, element in zip(range(lengths[0]), elements, strict=False)]
    else:
        inner = [_nested(elements, lengths[1:]) for _ in range(lengths[0])]
    return "{" + ",".join(inner) + "}"


def _quoted(text: str) -> str:
    if text and text.upper() != "NULL" and not any(c in '{},"\\' or c.isspace() for c in text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_BINARY: dict[str, Callable[[bytes], str]] = {
    "bool": _bool,
    "int2": _number(">h"),
    "int4": _number(">i"),
    "int8": _number(">q"),
    "oid": _number(">I"),
    "xid": _number(">I"),
    "float4": _float(">f", 6),
    "float8": _float(">d", 15),
    "numeric": _numeric,
    "date": _date,
    "timestamp": _timestamp,
    "timestamptz": _timestamptz,
    "time": _time,
    "timetz": _timetz,
    "interval": _interval,
    "uuid": _uuid,
    "inet": _inet,
    "cidr": _inet,
    "bytea": _hex,
    "jsonb": _jsonb,
} | dict.fromkeys(("text", "varchar", "bpchar", "char", "name", "json", "xml", "citext", "unknown"), _text)

_ELEMENT_TYPES = {
    16: "bool", 17: "bytea", 18: "char", 19: "name", 20: "int8", 21: "int2", 23: "int4", 25: "text", 26: "oid",
    114: "json", 700: "float4", 701: "float8", 869: "inet", 1042: "bpchar", 1043: "varchar", 1082: "date",
    1083: "time", 1114: "timestamp", 1184: "timestamptz", 1186: "interval", 1266: "timetz", 1700: "numeric",
    2950: "uuid", 3802: "jsonb",
}  # fmt: skip
