"""Frames fold into statements."""

from __future__ import annotations

import pytest

from hoopterm.console.statements import KEPT_ROWS, Conversation, copied
from replay.format import Frame, RowBatch
from tests.hoopterm.console import talk


def told() -> Conversation:
    conversation = Conversation()
    for frame in talk.frames():
        conversation.apply(frame)
    return conversation


def test_a_session_is_its_statements_in_order() -> None:
    conversation = told()
    assert [found.state for found in conversation.statements] == [
        "completed", "completed", "denied", "completed", "completed", "failed", "completed", "completed",
    ]  # fmt: skip
    assert [found.number for found in conversation.statements] == list(range(1, 9))
    assert (conversation.state, conversation.reason) == ("closed", "the client left")


def test_rows_are_decoded_and_masks_counted() -> None:
    first = told().statements[0]
    assert first.rows[0] == ["17", "Ada Lovelace", "*******************", "****************"]
    assert first.rows[3][3] is None
    assert (first.delivered, first.masked) == (4, 8)


def test_a_held_statement_is_held_until_it_is_decided() -> None:
    conversation = Conversation()
    states = []
    for frame in talk.frames():
        found = conversation.apply(frame)
        if found is not None and found.operation == "op_7":
            states.append((frame.code, found.state))
    assert states == [("q", "running"), ("w", "held"), ("w", "running"), ("e", "completed")]
    held = conversation.statements[6]
    assert (held.review, held.review_state, held.review_by, held.changed) == ("rv_1", "approved", "bob", 412)


def test_copied_lines_are_split_into_values() -> None:
    assert told().statements[4].rows[1] == ["Grace Hopper", "***********"]


@pytest.mark.parametrize(
    ("line", "count", "values"),
    [
        ("a\t\\N\tc", 3, ["a", None, "c"]),
        ('Ada,"*****, x",17', 3, ["Ada", "*****, x", "17"]),
        ("a,b", 3, ["a,b"]),
        ("a\tb", 0, ["a", "b"]),
        ('broken,"quote', 2, ['broken,"quote']),
    ],
)
def test_a_line_of_copy_is_split_only_into_as_many_values_as_there_are_columns(
    line: str, count: int, values: list[str | None]
) -> None:
    assert copied(line, count) == values


def test_of_a_long_answer_the_beginning_is_kept() -> None:
    conversation = Conversation()
    conversation.apply(talk.begin(0, "op", "SELECT", "SELECT 1", [], "r"))
    for _ in range(30):
        conversation.apply(talk.rows(0, "op", [("1",)] * 100))
    found = conversation.statements[0]
    assert (len(found.rows), found.delivered) == (KEPT_ROWS, 3000)


def test_rows_that_do_not_read_are_a_gap_not_a_crash() -> None:
    conversation = Conversation()
    conversation.apply(talk.begin(0, "op", "SELECT", "SELECT 1", [], "r"))
    conversation.apply(Frame(0, "R", RowBatch("op", 1, b"D\0\0\0\x0a\0\x05nonsense")))
    assert conversation.statements[0].gap


def test_frames_of_nobody_and_of_the_future_are_passed_over() -> None:
    conversation = Conversation()
    assert conversation.apply(Frame(0, "e", {"operation": "unknown"})) is None
    assert conversation.apply(Frame(0, "z", {"operation": "unknown"})) is None
    assert conversation.apply(Frame(0, "R", RowBatch("unknown", 1))) is None


def test_a_session_of_days_stays_bounded() -> None:
    conversation = Conversation(most=100)
    for number in range(1000):
        conversation.apply(talk.begin(number, f"op_{number}", "SELECT", "SELECT 1", [], "r"))
    assert len(conversation.statements) <= 100
    assert conversation.statements[-1].number == 1000


def test_what_a_command_wrote_is_its_lines_whichever_frames_they_come_in() -> None:
    conversation = Conversation()
    conversation.apply(Frame(0.0, "q", {"operation": "o", "verb": "EXEC"}))
    for cells, kind in ((b"a\tb\nc", "stdout"), (b"typed\r", "input"), (b"d\n\n", "stdout"), (b"e", "stderr")):
        conversation.apply(Frame(0.1, "R", RowBatch("o", cells.count(b"\n"), cells, kind)))
    (found,) = conversation.statements
    assert found.rows == [["a\tb"], ["cd"], [""], ["e"]]
    assert found.delivered == 3
    conversation.apply(Frame(0.2, "R", RowBatch("o", 5000, b"x\n" * 5000, "stdout", 3)))
    assert (len(found.rows), found.delivered) == (KEPT_ROWS, 5003)
