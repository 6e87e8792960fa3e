"""Queries completed and quoted, and entries as CSV that a spreadsheet runs nothing of."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.api.schema import EntryView
from hoopterm.console.searching import CSV_FIELDS, completion, csv_row, quoted, without_routine
from tests.hoopterm.samples import TIME


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("", "!event:recording.segment"),
        ("identity:bot", "identity:bot !event:recording.segment"),
        ("event:recording.*", "event:recording.*"),
        ("bot !event:login", "bot !event:login"),
        ("subevent:x", "subevent:x !event:recording.segment"),
    ],
)
def test_digests_of_recordings_are_left_out_where_no_event_is_named(typed: str, sent: str) -> None:
    assert without_routine(typed) == sent


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("ident", "identity:"),
        ("identity:bot eff", "identity:bot effect:"),
        ("!ru", "!rule:"),
        ("Tar", "target:"),
        ("identity:bot", "identity:bot"),
        ("nothing", "nothing"),
        ("", ""),
        ("x ", "x "),
    ],
)
def test_the_last_word_becomes_a_field_where_it_begins_one(typed: str, completed: str) -> None:
    assert completion(typed) == completed


@pytest.mark.parametrize(
    ("value", "term"),
    [
        ("bot", "bot"),
        ("public.*", "public.*"),
        ("a b", '"a b"'),
        ('say "x"', '"say \\"x\\""'),
        ("a,b", '"a,b"'),
        ("", '""'),
    ],
)
def test_what_a_query_would_read_as_signs_is_quoted(value: str, term: str) -> None:
    assert quoted(value) == term


def test_a_row_has_a_cell_for_each_field() -> None:
    entry = EntryView(7, TIME, "operation.denied", effects=["read", "delete"], has_where=True, text="DELETE")
    row = dict(zip(CSV_FIELDS, csv_row(entry), strict=True))
    assert row["effects"] == "read delete"
    assert (row["sequence"], row["has_where"], row["identity"], row["text"]) == ("7", "yes", "", "DELETE")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "|cmd", "%x", "\n=1"])
def test_no_cell_begins_a_formula(text: str) -> None:
    row = csv_row(EntryView(7, TIME, "e", identity=text, text=text))
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", " ", "|", "%")) for cell in row)


@given(st.text())
def test_whatever_stands_in_an_entry_its_row_is_one_row_without_escapes(text: str) -> None:
    written = io.StringIO()
    csv.writer(written).writerow(csv_row(EntryView(7, TIME, "e", text=text.encode(errors="replace").decode())))
    assert "\x1b" not in written.getvalue()
    (row,) = csv.reader(io.StringIO(written.getvalue(), newline=""))
    assert len(row) == len(CSV_FIELDS)
