"""Rows of a long answer by number, however the batches cut them."""

from __future__ import annotations

import pytest

from replay.answers import Answer
from replay.format import Frame, RowBatch
from tests.hoopterm.console.talk import data_rows


def frames(count: int, size: int) -> list[Frame]:
    """So many rows, cut into batches of so many bytes."""
    cells = data_rows([[str(number), None] for number in range(count)])
    pieces = [cells[at : at + size] for at in range(0, len(cells), size)]
    return [
        Frame(0.0, "q", {"operation": "o"}),
        Frame(0.0, "c", {"operation": "o", "columns": [{"name": "n", "type": "text"}]}),
        *(Frame(0.1, "R", RowBatch("o", 0, piece)) for piece in pieces),
    ]


@pytest.mark.parametrize("size", [1, 7, 64, 5000])
def test_every_row_is_found_in_any_order_wherever_batches_cut_it(size: int) -> None:
    found = frames(300, size)
    answer = Answer(found, "o", 0, len(found) - 1)
    assert answer.count == 300
    assert answer.is_whole
    for number in (299, 0, 150, 7, 298):
        assert answer.row(found, number) == [str(number), None]
    with pytest.raises(IndexError):
        answer.row(found, 300)


def test_rows_of_others_are_not_among_them() -> None:
    found = [*frames(3, 5000), Frame(0.2, "R", RowBatch("other", 1, data_rows([["x", "y"]])))]
    assert Answer(found, "o", 0, len(found) - 1).count == 3


def test_cells_that_do_not_read_end_it_and_that_is_told() -> None:
    found = [*frames(3, 5000), Frame(0.2, "R", RowBatch("o", 1, b"noise that is no message"))]
    answer = Answer(found, "o", 0, len(found) - 1)
    assert (answer.count, answer.is_whole) == (3, False)
