"""Answers under random plans: whole messages in and out, no protected value among them, the others as they were."""

from __future__ import annotations

import contextlib

from engine.errors import UpstreamError
from engine.masking.plan import MaskRule, Masks
from engine.masking.transform import STRENGTH
from engine.model import Column, ColumnRef, Identity, Target
from engine.protocols.postgres.copyout import CopyMasker
from engine.protocols.postgres.rows import RowMasker, join_cells
from engine.protocols.postgres.statement import Statement
from tests.fuzz.feed import Feed, pieces

Cells = list[bytes | None]

_SECRET = ColumnRef("public", "people", "secret")
_FREE, _PROTECTED, _UNTOLD = Column("free", frozenset()), Column("secret", frozenset({_SECRET})), Column("what", None)
_CANARY = b"canary-7f3a9c"
_PGCOPY = b"PGCOPY\n\xff\r\n\0" + bytes(8)


class _Plan:
    """A random plan: which of the columns are protected, how, and whether detectors look at the others."""

    def __init__(self, feed: Feed) -> None:
        self.columns = [feed.choice((_FREE, _PROTECTED, _UNTOLD)) for _ in range(feed.number(4) + 1)]
        self.strategy = feed.choice(sorted(STRENGTH))
        self.detects = feed.flag()
        rule = MaskRule(
            "r", columns=("people.secret",), detect=("email", "credit_card") if self.detects else (),
            strategy=self.strategy, inference="allow",
        )  # fmt: skip
        self.made = Masks([rule], Identity("a", "agent"), Target("t", "postgres", ""), b"k" * 32).plan(self.columns)

    def is_protected(self, index: int) -> bool:
        return self.columns[index] is not _FREE

    def row(self, feed: Feed) -> Cells:
        """Cells of any content; a protected one holds the canary."""
        cells: Cells = []
        for index in range(len(self.columns)):
            cell = feed.sized(40).replace(_CANARY, b"")
            cells.append(None if feed.number(8) == 0 else cell + _CANARY + cell if self.is_protected(index) else cell)
        return cells

    def check(self, given: Cells, got: Cells) -> None:
        """One row before and after."""
        assert len(got) == len(given)
        for index, (before, after) in enumerate(zip(given, got, strict=True)):
            if not self.is_protected(index):
                assert after == before or self.detects, (before, after)
            elif before is not None:
                assert after is None or _CANARY not in after, after


def _row(cells: Cells) -> bytes:
    body = join_cells(cells)
    return b"D" + (len(body) + 4).to_bytes(4) + body


def _messages(data: bytes) -> list[bytes]:
    """The whole messages these bytes are."""
    found, position = [], 0
    while position < len(data):
        end = position + 1 + int.from_bytes(data[position + 1 : position + 5])
        assert position + 7 <= end <= len(data), "no whole messages"
        found.append(data[position:end])
        position = end
    return found


def _cells(message: bytes) -> tuple[Cells, int]:
    """The cells of a DataRow and where they end: read here once more, apart from the code under test."""
    cells: Cells = []
    position = 7
    for _ in range(int.from_bytes(message[5:7])):
        length = int.from_bytes(message[position : position + 4], signed=True)
        position += 4
        cells.append(None if length < 0 else message[position : position + length])
        position += max(length, 0)
    return cells, position


def rows(data: bytes) -> None:
    """DataRow messages of an honest server."""
    feed = Feed(data)
    plan = _Plan(feed)
    masker = RowMasker(plan.made)
    given = [[plan.row(feed) for _ in range(feed.number(4))] for _ in range(feed.number(4) + 1)]
    for batch in given:
        got = _messages(masker.mask(b"".join(map(_row, batch))))
        for before, message in zip(batch, got, strict=True):
            after, end = _cells(message)
            assert end == len(message)
            plan.check(before, after)
    assert masker.rows == sum(map(len, given))


def torn_rows(data: bytes) -> None:
    """DataRow messages of a server whose lengths lie: an error, or whole messages as many as came."""
    feed = Feed(data)
    plan = _Plan(feed)
    bodies = [feed.sized(60) for _ in range(feed.number(4) + 1)]
    given = [b"D" + (len(body) + 6).to_bytes(4) + len(plan.columns).to_bytes(2) + body for body in bodies]
    with contextlib.suppress(UpstreamError):
        got = _messages(RowMasker(plan.made).mask(b"".join(given)))
        assert len(got) == len(given)
        if plan.strategy == "redact" and not plan.made.is_empty:
            for message in got:
                for index, cell in enumerate(_cells(message)[0]):
                    assert not plan.is_protected(index) or not (cell or b"").strip(b"*")


def _copied(masker: CopyMasker, data: bytes, sizes: bytes) -> bytes:
    return b"".join([*map(masker.mask, pieces(data, sizes)), masker.finish()])


_TEXT = {8: b"\\b", 9: b"\\t", 10: b"\\n", 11: b"\\v", 12: b"\\f", 13: b"\\r", 92: b"\\\\"}


def _text_cell(cell: bytes | None, delimiter: bytes) -> bytes:
    if cell is None:
        return b"\\N"
    escaped = b"".join(_TEXT.get(byte, bytes((byte,))) for byte in cell)
    return escaped if delimiter == b"\t" else escaped.replace(delimiter, b"\\" + delimiter)


def _csv_cell(cell: bytes | None) -> bytes:
    return b"" if cell is None else b'"' + cell.replace(b'"', b'""') + b'"'


def copy_text(data: bytes) -> None:
    """COPY in text format, as PostgreSQL writes it, cut anywhere."""
    feed = Feed(data)
    plan, sizes, delimiter = _Plan(feed), feed.sized(6), feed.choice((b"\t", b"|", b",", b";"))
    given = [plan.row(feed) for _ in range(feed.number(6))]
    wire = b"".join(delimiter.join(_text_cell(cell, delimiter) for cell in row) + b"\n" for row in given)
    masker = CopyMasker(plan.made, Statement("", "COPY", copy_format="text", copy_delimiter=delimiter.decode()))
    got = _copied(masker, wire, sizes)
    assert got.count(b"\n") == len(given)
    for before, line in zip(given, got.split(b"\n"), strict=False):
        fields = _split_text(line, delimiter)
        plan.check(before, [None if field == b"\\N" else _plain(field) for field in fields])


def _split_text(line: bytes, delimiter: bytes) -> list[bytes]:
    fields, current, is_escaped = [], bytearray(), False
    for at in range(len(line)):
        byte = line[at : at + 1]
        if byte == delimiter and not is_escaped:
            fields.append(bytes(current))
            current.clear()
            continue
        is_escaped = byte == b"\\" and not is_escaped
        current += byte
    return [*fields, bytes(current)]


def _plain(field: bytes) -> bytes:
    letters = {ord(text[1:]): bytes((byte,)) for byte, text in _TEXT.items()}
    out, at = bytearray(), 0
    while at < len(field):
        if field[at] == 92 and at + 1 < len(field):
            out += letters.get(field[at + 1], field[at + 1 : at + 2])
            at += 1
        else:
            out.append(field[at])
        at += 1
    return bytes(out)


def copy_csv(data: bytes) -> None:
    """COPY in CSV, every value quoted, cut anywhere."""
    feed = Feed(data)
    plan, sizes = _Plan(feed), feed.sized(6)
    given = [plan.row(feed) for _ in range(feed.number(6))]
    wire = b"".join(b",".join(map(_csv_cell, row)) + b"\n" for row in given)
    got = _copied(CopyMasker(plan.made, Statement("", "COPY", copy_format="csv")), wire, sizes)
    assert _CANARY not in got
    if not any(plan.is_protected(index) for index in range(len(plan.columns))) and not plan.detects:
        assert got == wire


def copy_binary(data: bytes) -> None:
    """COPY in binary format, cut anywhere."""
    feed = Feed(data)
    plan, sizes = _Plan(feed), feed.sized(6)
    given = [plan.row(feed) for _ in range(feed.number(6))]
    wire = _PGCOPY + b"".join(map(join_cells, given)) + b"\xff\xff"
    got = _copied(CopyMasker(plan.made, Statement("", "COPY", copy_format="binary")), wire, sizes)
    assert got.startswith(_PGCOPY)
    assert got.endswith(b"\xff\xff")
    position = len(_PGCOPY)
    for before in given:
        after: Cells = []
        position += 2
        for _ in before:
            length = int.from_bytes(got[position : position + 4], signed=True)
            position += 4
            after.append(None if length < 0 else got[position : position + length])
            position += max(length, 0)
        plan.check(before, after)
    assert position + 2 == len(got)


def torn_copy(data: bytes) -> None:
    """What calls itself a COPY: an error, or something in which nothing of a protected column is plain."""
    feed = Feed(data)
    plan, sizes = _Plan(feed), feed.sized(6)
    statement = Statement("", "COPY", copy_format=feed.choice(("text", "csv", "binary")), copy_header=feed.flag())
    said = (_PGCOPY if statement.copy_format == "binary" and feed.flag() else b"") + feed.rest()
    with contextlib.suppress(UpstreamError):
        got = _copied(CopyMasker(plan.made, statement), said, sizes)
        if statement.copy_format == "text" and plan.strategy == "redact" and not plan.made.is_empty:
            for line in got.split(b"\n")[int(statement.copy_header) : -1]:
                for index, field in enumerate(_split_text(line.removesuffix(b"\r"), b"\t")):
                    if line not in (b"\\.", b"\\.\r") and index < len(plan.columns) and plan.is_protected(index):
                        assert field == b"\\N" or not field.strip(b"*"), line
