"""A terminal in words."""

from __future__ import annotations

from hoopterm.console.lines import plain
from hoopterm.console.statements import Statement
from hoopterm.console.views import terminal
from hoopterm.console.widgets.grid import Still
from replay.screen import Screen

STILL = Still.of(Screen(120, 40))
SHELL = Statement("op_1", 1, 0.0, verb="SHELL", rule="shells", verdict="allow")


def test_what_is_not_shown_is_told() -> None:
    assert plain(terminal.about(STILL, "")) == "120 × 40 "
    assert plain(terminal.about(STILL, "rows 1–19 of 40")) == "120 × 40  showing rows 1–19 of 40 "


def test_the_evidence_has_the_line_one_is_at_and_what_was_typed_without_controls() -> None:
    line = Statement("op_2", 2, 1.0, verb="LINE", text="rm -rf /", rule="no-removals", status="denied")
    told = [plain(each) for each in terminal.evidence(SHELL, line, STILL, "ls\r\x1b[A\rrm", 40)]
    assert told[0] == "rm -rf /"
    assert any("denied by no-removals" in each for each in told)
    assert told[-4:] == ["typed", "  ls", "  ␛[A", "  rm"]
    assert "typed" not in [plain(each) for each in terminal.evidence(SHELL, None, STILL, "", 40)]


def test_a_typed_line_and_its_decision_fit_one_line() -> None:
    line = Statement("op_2", 2, 1.0, verb="LINE", text="rm\n-rf", rule="no-removals", status="denied")
    assert plain(terminal.told(line)).endswith("rm  denied by no-removals")


def test_a_place_that_is_not_indexed_yet_says_how_far_the_index_is() -> None:
    assert "34%" in plain(terminal.indexing(0.34)[1])
