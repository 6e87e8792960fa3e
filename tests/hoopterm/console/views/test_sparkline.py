"""Numbers over time in one line."""

from __future__ import annotations

import pytest

from hoopterm.console.lines import measure, plain
from hoopterm.console.views.sparkline import sparkline


@pytest.mark.parametrize("cells", [1, 7, 30, 200])
@pytest.mark.parametrize("count", [0, 1, 29, 120])
def test_it_takes_exactly_the_cells_it_is_given(cells: int, count: int) -> None:
    assert measure(sparkline(list(range(count)), cells, "running")) == cells


def test_one_of_anything_is_higher_than_nothing() -> None:
    shown = sparkline([0, 1, 1000, 0], 4, "danger")
    assert plain(shown) == "▁▂█▁"
    assert [span.role for span in shown] == ["faint", "danger", "faint"]


def test_neighbours_are_added_up_and_the_latest_is_whole() -> None:
    assert plain(sparkline([9, 1, 1, 1, 1], 3, "")) == "█▃▃"
    assert plain(sparkline([5, 5], 4, "")) == "··██"


def test_no_room_is_no_line() -> None:
    assert sparkline([1], 0, "") == ()
