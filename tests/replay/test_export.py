"""Exports: readable, loadable by others, and harmless to show."""

from __future__ import annotations

import base64
import csv
import io
import json
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.export import export, printable
from replay.format import Frame, RowBatch
from tests.replay.session import FRAMES, HEADER, shell, table


def exported(form: str, frames: list[Frame] | None = None, **more: Any) -> str:
    return "".join(export(FRAMES if frames is None else frames, HEADER, form, **more))


def test_text_tells_the_session_with_its_times() -> None:
    assert exported("text").splitlines() == [
        "00:00.000  session s-1: report-bot on shop",
        "00:00.000  session opened",
        "00:01.000  ▸ SELECT  [allow · agents-read · read]",
        "00:01.000    select id, email",
        "00:01.000    from customers where id > $1",
        "00:01.000    $1 = 0",
        "00:01.100    id           │ email",
        "00:01.200    1            │ ***",
        "00:01.200    2            │ ∅",
        "00:01.400    3            │ =1+1",
        "00:01.500  ■ completed · SELECT 3 · 3 rows · 2 masked",
        "00:02.000  ▸ DROP TABLE  [deny]",
        "00:02.000    drop table orders",
        "00:02.000  ■ denied · use a migration",
        "00:03.000  ▸ DELETE  [review]",
        "00:03.000    delete from orders",
        "00:03.000  ▲ review r-1 · pending",
        "01:00.000  ▲ review r-1 · approved · ok · by bob",
        "01:00.500  ! NOTICE · 412 orders\\x1b[2J",
        "01:01.000  ■ completed · DELETE 412 · 412 changed",
        "01:02.000  ▸ COPY  [allow]",
        "01:02.000    copy t to stdout",
        "01:02.100    1\\tx",
        "01:02.100    2\\ty",
        "01:02.200  … missing: the target records answers: 2 · 7",
        "01:02.300  ■ failed · disk full",
        "01:03.000  session closed · client left",
    ]


def test_json_has_every_frame_with_its_rows_decoded() -> None:
    header, *frames = [json.loads(line) for line in exported("json").splitlines()]
    assert header == {"header": HEADER}
    assert [frame["code"] for frame in frames] == [frame.code for frame in FRAMES]
    assert frames[3]["data"] == {
        "operation": "o-1",
        "kind": "rows",
        "before": 0,
        "count": 2,
        "rows": [["1", "***"], ["2", None]],
    }


def test_csv_has_the_rows_and_no_formula_that_a_spreadsheet_would_run() -> None:
    assert list(csv.reader(io.StringIO(exported("csv")))) == [
        ["operation", "row", "id", "email"],
        ["o-1", "1", "1", "***"],
        ["o-1", "2", "2", ""],
        ["o-1", "3", "3", "'=1+1"],
        ["o-4", "1", "1\tx"],
        ["o-4", "2", "2\ty"],
    ]


@pytest.mark.parametrize(
    ("cell", "field"),
    [(b"-5", "-5"), (b"+1e3", "+1e3"), (b"-cmd", "'-cmd"), (b"@x", "'@x"), (b"\tx", "'\tx"), (b"x=1", "x=1")],
)
def test_numbers_stay_numbers_in_csv(cell: bytes, field: str) -> None:
    (row,) = csv.reader(io.StringIO(exported("csv", [Frame(0.0, "R", RowBatch("o", 1, table((cell,))))])))
    assert row[2] == field


@pytest.mark.parametrize("version", [3, 2])
def test_an_asciicast_has_the_recordings_times(version: int) -> None:
    header, *events = [json.loads(line) for line in exported("asciicast", version=version).splitlines()]
    assert (header["version"], header["timestamp"]) == (version, 1_772_000_000)
    assert ("term" in header, "width" in header) == (version == 3, version == 2)
    assert {code for _, code, _ in events} == {"o"}
    times = [time for time, _, _ in events]
    assert (sum(times) if version == 3 else times[-1]) == pytest.approx(63.0)
    assert all(text.endswith("\r\n") for _, _, text in events)


@pytest.mark.parametrize("form", ["text", "json", "asciicast"])
def test_no_control_character_of_a_stranger_comes_out(form: str) -> None:
    hostile = "\x1b]0;owned\x07\u202etxt\x9b2J\r"
    frames = [
        Frame(0.0, "q", {"operation": "o", "verb": hostile, "text": hostile, "rule": hostile, "parameters": [hostile]}),
        Frame(0.0, "c", {"operation": "o", "columns": [{"name": hostile}]}),
        Frame(0.0, "R", RowBatch("o", 1, table((hostile.encode(),)))),
        Frame(0.0, "w", {"operation": "o", "by": [hostile], "reason": hostile}),
        Frame(0.0, "n", {"message": hostile}),
        Frame(0.0, "e", {"operation": "o", "error": hostile}),
        Frame(0.0, "s", {"reason": hostile}),
    ]
    text = exported(form, frames)
    if form.startswith("asciicast"):
        text = "".join(json.loads(line)[2] for line in text.splitlines()[1:]).replace("\r\n", "\n")
    if form != "json":  # there they are escaped, as JSON is
        assert not set(text) & set("\x1b\x07\u202e\x9b\r")
    else:
        assert "\x1b" not in text
        assert "\r" not in text


@given(st.text())
def test_printable_text_is_printable(text: str) -> None:
    assert printable(text).isprintable()


def test_cells_that_do_not_read_do_not_stop_an_export() -> None:
    frames = [Frame(0.0, "R", RowBatch("o", 1, b"garbage")), FRAMES[-1]]
    for form in ("text", "json", "csv", "asciicast"):
        assert exported(form, frames)
    assert "cells that do not read" in exported("text", frames)


def test_an_unknown_form_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="text, json, csv, asciicast"):
        exported("pdf")


STREAMED = [
    Frame(0.0, "q", {"operation": "o", "verb": "EXEC", "text": "ls", "verdict": "allow"}),
    Frame(0.1, "R", RowBatch("o", 1, b"ls\r", "input")),
    Frame(0.2, "R", RowBatch("o", 2, b"=a\r\n\x1b[31mb\xff\n", "stdout")),
    Frame(0.3, "R", RowBatch("o", 1, b"oops", "stderr", 2)),
]


def test_what_a_command_wrote_is_exported_as_text_with_its_escapes_tamed() -> None:
    assert exported("text", STREAMED).splitlines()[3:] == [
        "00:00.100    input: ls",
        "00:00.200    =a",
        "00:00.200    \\x1b[31mb\\xff",
        "00:00.300    stderr: oops",
    ]
    batch = json.loads(exported("json", STREAMED).splitlines()[3])
    assert batch["data"] == {
        "operation": "o",
        "kind": "stdout",
        "before": 0,
        "count": 2,
        "text": "=a\r\n\x1b[31mb\ufffd\n",
        "bytes": base64.b64encode(b"=a\r\n\x1b[31mb\xff\n").decode(),
    }
    assert list(csv.reader(io.StringIO(exported("csv", STREAMED)))) == [
        ["o", "1", "input", "ls"],
        ["o", "1", "stdout", "'=a"],
        ["o", "2", "stdout", "\x1b[31mb\\xff"],
        ["o", "3", "stderr", "oops"],
    ]
    assert "\x1b" not in "".join(json.loads(line)[2] for line in exported("asciicast", STREAMED).splitlines()[1:])


def test_another_terminal_is_exported_by_its_operation() -> None:
    header, *events = [json.loads(line) for line in exported("asciicast", shell(), operation="b").splitlines()]
    assert header["term"]["cols"] == 10
    assert [text for _, code, text in events if code == "o"] == ["other"]
    with pytest.raises(ValueError, match="no terminal"):
        exported("asciicast", shell(), operation="l")


def test_text_of_a_terminal_is_what_scrolled_off_and_what_was_left_on_its_screen() -> None:
    lines = [line.split("  ", 1)[1] for line in exported("text", shell()).splitlines()]
    assert [line for line in lines if line.startswith("  ")] == [
        "  ls\\x07",
        "  $ ls",
        "  one",
        "  two�",
        "  $ ✓",
        "  other",
    ]
    torn = exported("text", shell()[:6])
    assert torn.splitlines()[-1].endswith("  $")


def test_the_screen_at_a_time_is_exported_as_text() -> None:
    assert exported("text", shell(rows=5), at=7.2).splitlines() == ["$ ls", "one", "two�", "$", ""]
    assert exported("text", shell(rows=5), at=8.0).splitlines() == ["other", ""]
    assert exported("text", shell(rows=5), at=8.0, operation="a").splitlines()[0] == "$ ls"
    with pytest.raises(ValueError, match="no terminal at that time"):
        exported("text", shell(), at=1.0)


def test_a_picture_is_well_formed_and_shows_the_screen_at_its_time() -> None:
    picture = ElementTree.fromstring(exported("svg", shell(rows=5), at=7.2))
    texts = ["".join(each.itertext()).rstrip() for each in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["report-bot on shop · s-1 · 00:07.200", "$ ls", "one", "two�", "$"]
