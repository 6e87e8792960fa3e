"""Cells as PostgreSQL's own text output has them, and cells that are none."""

from __future__ import annotations

import struct
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.cells import Row, Rows, cell_text, display, rows


def data_row(*cells: bytes | None) -> bytes:
    body = len(cells).to_bytes(2, "big")
    for cell in cells:
        body += b"\xff\xff\xff\xff" if cell is None else len(cell).to_bytes(4, "big") + cell
    return b"D" + (len(body) + 4).to_bytes(4, "big") + body


def numeric(weight: int, sign: int, scale: int, *digits: int) -> bytes:
    return struct.pack(f">hhHh{len(digits)}H", len(digits), weight, sign, scale, *digits)


def array(oid: int, lengths: list[int], *elements: bytes | None) -> bytes:
    data = struct.pack(">iiI", len(lengths), int(None in elements), oid)
    data += b"".join(struct.pack(">ii", length, 1) for length in lengths)
    for element in elements:
        data += struct.pack(">i", -1) if element is None else struct.pack(">i", len(element)) + element
    return data


# What `SELECT … ` prints in psql beside what the type's send function gives.
BINARY = [
    ("bool", b"\1", "t"),
    ("bool", b"\0", "f"),
    ("int2", b"\xff\xfe", "-2"),
    ("int4", struct.pack(">i", 123456), "123456"),
    ("int8", struct.pack(">q", -(2**40)), "-1099511627776"),
    ("oid", struct.pack(">I", 4_000_000_000), "4000000000"),
    ("float4", struct.pack(">f", 1.5), "1.5"),
    ("float8", struct.pack(">d", 0.1), "0.1"),
    ("float8", struct.pack(">d", float("-inf")), "-Infinity"),
    ("float8", struct.pack(">d", float("nan")), "NaN"),
    ("numeric", numeric(0, 0, 2, 12, 3400), "12.34"),
    ("numeric", numeric(1, 0x4000, 0, 1, 2345), "-12345"),
    ("numeric", numeric(-1, 0, 4, 5), "0.0005"),
    ("numeric", numeric(-2, 0, 8, 42), "0.00000042"),
    ("numeric", numeric(1, 0, 0, 7), "70000"),
    ("numeric", numeric(0, 0, 0), "0"),
    ("numeric", numeric(0, 0, 3), "0.000"),
    ("numeric", numeric(0, 0xC000, 0), "NaN"),
    ("text", "naïve".encode(), "naïve"),
    ("varchar", b"a\nb", "a\nb"),
    ("json", b'{"a": 1}', '{"a": 1}'),
    ("jsonb", b'\1{"a": 1}', '{"a": 1}'),
    ("uuid", uuid.UUID(int=5).bytes, "00000000-0000-0000-0000-000000000005"),
    ("bytea", b"\0\xff", "\\x00ff"),
    ("date", struct.pack(">i", 9556), "2026-03-01"),
    ("date", struct.pack(">i", 0x7FFFFFFF), "infinity"),
    ("timestamp", struct.pack(">q", 1_500_000), "2000-01-01 00:00:01.5"),
    ("timestamp", struct.pack(">q", -1_000_000), "1999-12-31 23:59:59"),
    ("timestamptz", struct.pack(">q", 0), "2000-01-01 00:00:00+00"),
    ("timestamptz", struct.pack(">q", -(1 << 63)), "-infinity"),
    ("time", struct.pack(">q", 3_600_000_000 + 61_000_000), "01:01:01"),
    ("timetz", struct.pack(">qi", 0, -7200), "00:00:00+02"),
    ("interval", struct.pack(">qii", 90_000_000, 3, 14), "1 year 2 mons 3 days 00:01:30"),
    ("interval", struct.pack(">qii", 0, 0, 0), "00:00:00"),
    ("interval", struct.pack(">qii", -1_000_000, -1, 0), "-1 days -00:00:01"),
    ("inet", bytes([2, 32, 0, 4, 10, 0, 0, 1]), "10.0.0.1"),
    ("cidr", bytes([2, 8, 1, 4, 10, 0, 0, 0]), "10.0.0.0/8"),
    ("_int4", array(23, [3], struct.pack(">i", 1), None, struct.pack(">i", 3)), "{1,NULL,3}"),
    ("_text", array(25, [4], b"a", b"b c", b'd"e', b""), '{a,"b c","d\\"e",""}'),
    ("_int2", array(21, [2, 2], b"\0\1", b"\0\2", b"\0\3", b"\0\4"), "{{1,2},{3,4}}"),
    ("_text", struct.pack(">iiI", 0, 0, 25), "{}"),
    ("a_type_unknown_here", b"\1\2", "\\x0102"),
]


@pytest.mark.parametrize(("type_name", "cell", "text"), BINARY)
def test_binary_cells_read_as_psql_shows_them(type_name: str, cell: bytes, text: str) -> None:
    assert cell_text(cell, type_name, is_binary=True) == text


@given(st.sampled_from([name for name, _, _ in BINARY]), st.binary(max_size=80))
def test_no_bytes_whatever_make_a_cell_fail(type_name: str, cell: bytes) -> None:
    assert isinstance(cell_text(cell, type_name, is_binary=True), str)


@pytest.mark.parametrize("lengths", [[2**31 - 1], [10_000] * 6, [-1], [0], [1] * 7])
def test_an_array_that_claims_to_be_huge_is_shown_as_hexadecimal(lengths: list[int]) -> None:
    assert cell_text(array(25, lengths, b"x"), "_text", is_binary=True).startswith("\\x")


def test_text_cells_are_text_even_when_they_are_not() -> None:
    assert cell_text(b"caf\xc3\xa9") == "café"
    assert cell_text(b"caf\xe9") == "caf\\xe9"


def test_rows_are_split_and_displayed_by_their_columns() -> None:
    (row,) = rows(data_row(b"7", None, b"\0\0\0\5"))
    assert row == [b"7", None, b"\0\0\0\5"]
    columns = [{"type": "int4", "format": 0}, {"type": "text", "format": 0}, {"type": "int4", "format": 1}]
    assert display(row, columns) == ["7", None, "5"]
    assert display(row, []) == ["7", None, "\0\0\0\5"]


@given(st.lists(st.lists(st.none() | st.binary(max_size=20), max_size=5), max_size=8), st.data())
def test_rows_survive_any_split_of_their_bytes(table: list[list[bytes | None]], data: st.DataObject) -> None:
    stream = b"".join(data_row(*row) for row in table)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reader = Rows()
    found: list[Row] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += reader.feed(stream[start:end])
    assert found == table


@pytest.mark.parametrize(
    "cells",
    [
        b"X\0\0\0\6\0\0",
        b"D\0\0\0\5\0\0",
        b"D\xff\xff\xff\xff\0\0",
        b"D\0\0\0\x0a\0\1\0\0\0\\9",
        b"D\0\0\0\x07\0\0\0",
        b"D\0\0\0\6\xff\xff",
    ],
)
def test_what_is_no_row_is_an_error(cells: bytes) -> None:
    reader = Rows()
    with pytest.raises(ValueError):
        list(reader.feed(cells + bytes(20)))


@given(st.binary(max_size=200))
def test_random_bytes_never_crash_the_splitter(cells: bytes) -> None:
    try:
        found = list(rows(cells))
    except ValueError:
        return
    assert all(isinstance(row, list) for row in found)
