"""What recorded operations say of rules, as lines."""

from __future__ import annotations

from engine.api.schema import BacktestView, SuggestionView
from hoopterm.console.lines import measure, plain
from hoopterm.console.views import hindsight


def test_progress_fits_its_line_from_the_beginning_to_the_end() -> None:
    for found in (None, BacktestView(0, 10, 0, 0), BacktestView(5, 0, 0, 0), BacktestView(9, 10, 3, 2, done=True)):
        for cells in (60, 160):
            assert measure(hindsight.progress(found, True, cells)) <= cells
    assert "3 would change · 2 undecidable" in plain(
        hindsight.progress(BacktestView(9, 10, 3, 2, done=True), False, 160)
    )


def test_what_was_left_out_is_said() -> None:
    assert hindsight.left(SuggestionView("", 9, [], {"opaque": 2})) == (
        "0 rules drafted from 9 operations · left out: opaque 2"
    )
