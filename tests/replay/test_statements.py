"""A statement unfolding frame by frame."""

from __future__ import annotations

import pytest

from replay.format import Frame, RowBatch
from replay.statements import Statement, Unfolding, copy_rows
from tests.replay.session import COLUMNS, FRAMES, table


def unfold(frames: list[Frame], window: int = 100) -> Statement:
    unfolding = Unfolding(window)
    for frame in frames:
        unfolding.apply(frame)
    assert unfolding.statement is not None
    return unfolding.statement


def of(operation: str) -> list[Frame]:
    return [
        frame
        for frame in FRAMES
        if operation == (frame.data.operation if isinstance(frame.data, RowBatch) else frame.data.get("operation"))
    ]


def test_a_read_has_its_decision_columns_rows_and_outcome() -> None:
    statement = unfold(of("o-1"))
    assert (statement.verb, statement.rule, statement.parameters) == ("SELECT", "agents-read", ["0"])
    assert statement.effects == [["read", "table:public.customers"]]
    assert statement.columns == COLUMNS
    assert list(statement.rows) == [["1", "***"], ["2", None], ["3", "=1+1"]]
    assert (statement.total, statement.first_row, statement.state, statement.ended) == (3, 0, "completed", 1.5)


def test_a_review_is_held_until_it_is_decided() -> None:
    frames = of("o-3")
    assert unfold(frames[:1]).state == "running"
    assert unfold(frames[:2]).state == "held"
    assert unfold(frames[:3]).state == "running"
    statement = unfold(frames)
    assert [(review["state"], review["at"]) for review in statement.reviews] == [("pending", 3.0), ("approved", 60.0)]
    assert statement.notices[0]["message"].startswith("412 orders")


def test_only_the_window_of_rows_is_kept_with_the_total() -> None:
    batches = [
        Frame(2.0, "R", RowBatch("o", 10, table(*[(b"%d" % (10 * start + n),) for n in range(10)]), before=10 * start))
        for start in range(20)
    ]
    statement = unfold([Frame(1.0, "q", {"operation": "o"}), *batches], window=15)
    assert (statement.total, statement.first_row) == (200, 185)
    assert statement.rows[0] == ["185"]


def test_entering_an_answer_late_begins_the_window_there() -> None:
    late = Frame(2.0, "R", RowBatch("o", 1, table((b"x",)), before=5000))
    statement = unfold([Frame(1.0, "q", {"operation": "o"}), late])
    assert (statement.total, statement.first_row, list(statement.rows)) == (5001, 5000, [["x"]])


def test_a_row_in_pieces_is_one_row() -> None:
    cells = table((b"a" * 100,), (b"b",))
    pieces = [RowBatch("o", 2, cells[:30]), RowBatch("o", 0, cells[30:], before=2, continues=True)]
    statement = unfold([Frame(1.0, "q", {"operation": "o"}), *(Frame(1.0, "R", piece) for piece in pieces)])
    assert list(statement.rows) == [["a" * 100], ["b"]]
    assert statement.total == 2


def test_cells_that_do_not_read_do_not_stop_the_replay() -> None:
    frames = [
        Frame(1.0, "R", RowBatch("o", 1, b"garbage")),
        Frame(1.0, "R", RowBatch("o", 1, table((b"x",)), before=1)),
    ]
    statement = unfold([Frame(1.0, "q", {"operation": "o"}), *frames])
    assert list(statement.rows) == [["(cells that do not read)"], ["x"]]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (b"1\tx\n2\ty\n", [["1\tx"], ["2\ty"]]),
        (b"PGCOPY\n\xff\r\n\0\1", [["\\x5047434f50590aff0d0a0001"]]),
        (b"\0\1", [["\\x0001"]]),
    ],
)
def test_copy_data_is_lines_or_hexadecimal(cells: bytes, expected: list[list[str]]) -> None:
    assert copy_rows(cells) == expected


def test_frames_of_a_strange_shape_are_taken_as_they_are() -> None:
    strange = {"operation": 7, "effects": "x", "parameters": {"a": 1}, "rule": None, "text": None}
    statement = unfold(
        [Frame(0.0, "q", strange), Frame(0.0, "c", {"columns": [1, {"name": "a"}]}), Frame(0.0, "e", {})]
    )
    assert (statement.operation, statement.effects, statement.parameters) == ("7", [], [])
    assert statement.columns == [{"name": "a"}]


def test_frames_before_the_statement_begins_are_passed_over() -> None:
    unfolding = Unfolding(10)
    for frame in (FRAMES[2], FRAMES[3], FRAMES[5]):
        unfolding.apply(frame)
    assert unfolding.statement is None


def test_what_a_command_wrote_is_unfolded_as_lines_and_what_was_typed_is_not() -> None:
    frames = [
        Frame(1.0, "q", {"operation": "o", "verb": "EXEC"}),
        Frame(1.0, "t", {"operation": "o", "cols": 80, "rows": 24}),
        Frame(1.1, "R", RowBatch("o", 1, b"one\ntw", "stdout")),
        Frame(1.2, "R", RowBatch("o", 1, b"typed\n", "input")),
        Frame(1.3, "R", RowBatch("o", 1, b"o\nthr", "stdout", 1)),
        Frame(1.4, "R", RowBatch("o", 1, b"ee\n", "stderr", 2)),
    ]
    statement = unfold(frames)
    assert list(statement.rows) == [["one"], ["two"], ["three"]]
    assert (statement.total, statement.first_row) == (3, 0)
    assert unfold(frames[:-1]).total == 3
    assert list(unfold(frames, window=2).rows) == [["two"], ["three"]]
