"""One statement: its row, its paragraph, its evidence."""

from __future__ import annotations

import pytest

from hoopterm.console.lines import Line, measure, plain
from hoopterm.console.statements import Conversation, Statement
from hoopterm.console.views import statement
from tests.hoopterm.console import talk


@pytest.fixture
def told() -> list[Statement]:
    conversation = Conversation()
    for frame in talk.frames():
        conversation.apply(frame)
    return conversation.statements


def text(lines: list[Line]) -> str:
    return "\n".join(plain(spans).rstrip() for spans in lines)


def test_a_paragraph_has_decision_text_rows_and_masks(told: list[Statement]) -> None:
    shown = text(statement.block(told[0], "21:37:00", 100))
    assert "SELECT customers  agents-read" in shown
    assert "4 rows  ▒ 8 masked  2.1 ms" in shown
    assert "Ada Lovelace" in shown
    assert "▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒" in shown
    assert "*" not in shown


def test_a_denial_is_red_and_says_why(told: list[Statement]) -> None:
    lines = statement.block(told[2], "21:37:00", 100)
    assert "denied by no-ddl" in text(lines)
    assert "use a migration" in text(lines)
    assert any(span.role == "red" for spans in lines for span in spans)


def test_what_people_approved_names_them(told: list[Statement]) -> None:
    shown = text(statement.block(told[6], "21:37:00", 100))
    assert "approved by bob · deletes-need-a-human" in shown
    assert "412 rows changed" in shown


def test_parameters_and_errors_are_shown(told: list[Statement]) -> None:
    assert "$1 checked by night run · $2 4711" in text(statement.block(told[3], "", 100))
    assert 'relation "custommers" does not exist' in text(statement.block(told[5], "", 100))


def test_long_texts_and_long_answers_are_counted_not_shown() -> None:
    found = Statement("op", 1, 0.0, "SELECT", "\n".join("x" for _ in range(30)))
    found.columns, found.delivered = [{"name": "n", "type": "int4"}], 5000
    found.rows = [[str(n)] for n in range(1000)]
    shown = text(statement.block(found, "", 80, most_lines=4, most_rows=5))
    assert "… 27 more lines" in shown
    assert "… 4,995 more rows in the recording" in shown


def test_an_answer_that_is_entered_late_says_what_came_before() -> None:
    found = Statement("op", 1, 0.0, "SELECT", "SELECT 1", columns=[{"name": "n"}], rows=[["501"]])
    found.first_row, found.delivered = 500, 501
    assert "… 500 earlier rows" in text(statement.answer(found, 80, 10))


def test_the_row_in_a_list_has_glyph_and_result(told: list[Statement]) -> None:
    results = [plain(statement.row(found)["result"]) for found in told]
    assert results[:3] == ["4 rows", "40 rows", "denied"]
    assert results[6] == "412 changed"
    assert plain(statement.row(told[2])["state"]) == "✗"


def test_the_evidence_names_rule_effects_and_review(told: list[Statement]) -> None:
    shown = text(statement.evidence(told[6], 50))
    for part in ("approved by bob", "checked OPS-114", "rv_1", "delete public.orders", "DELETE 412", "op_7"):
        assert part in shown


def test_a_frame_shows_the_decision_where_no_pane_does(told: list[Statement]) -> None:
    assert "agents-read" in text(statement.frame(told[0], 60, has_evidence=False))
    assert "agents-read" not in text(statement.frame(told[0], 60, has_evidence=True))


def test_the_whole_has_every_row_that_is_kept(told: list[Statement]) -> None:
    assert text(statement.whole(told[0], 100)).count("▒ ") >= 0
    assert "Barbara Liskov" in text(statement.whole(told[0], 100))


def test_a_gap_in_the_record_is_never_silent() -> None:
    found = Statement("op", 1, 0.0, "SELECT", "SELECT 1", gap="the engine was killed")
    assert "gap in the record: the engine was killed" in text(statement.block(found, "", 80))


def test_every_line_fits(told: list[Statement]) -> None:
    for cells in (40, 78, 120):
        for found in told:
            for lines in (statement.block(found, "21:37:00", cells), statement.frame(found, cells, has_evidence=False)):
                assert all(measure(spans) <= cells + 2 for spans in lines)


def test_what_is_no_sql_is_not_coloured_like_it() -> None:
    line = Statement("op", 1, 0.0, verb="LINE", text="ls -l --color\nselect", effects=[("execute", "command:ls -l")])
    shown = statement.block(line, "21:37:00", 60)
    assert [plain(spans) for spans in shown[1:3]] == ["   ls -l --color", "   select"]
    assert {span.role for spans in shown[1:3] for span in spans} == {""}
