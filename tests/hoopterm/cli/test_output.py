from __future__ import annotations

import json

import pytest
from rich.cells import cell_len

from hoopterm.cli import output
from hoopterm.cli.output import Column, badge, complain, draw, emit, facts, say, say_whole
from hoopterm.errors import Refused

HOSTILE = "a\x1b[31mred\x1b]0;title\x07\u202ereversed\nnext"


def test_nothing_a_stranger_wrote_reaches_the_terminal_raw(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE)
    say_whole(HOSTILE)
    facts([(HOSTILE, HOSTILE)])
    draw([Column("X", gives=True)], [[HOSTILE]], empty="")
    complain(Refused("x", HOSTILE, HOSTILE), as_json=False)
    captured = capsys.readouterr()
    for text in (captured.out, captured.err):
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "\u202e" not in text
    assert "␛[31m" in captured.out


def test_markup_in_data_is_shown_and_not_interpreted(capsys: pytest.CaptureFixture[str]) -> None:
    say("[red]not red[/red] :smile:")
    draw([Column("X", gives=True)], [["[bold]x[/bold]"]], empty="")
    out = capsys.readouterr().out
    assert "[red]not red[/red] :smile:" in out
    assert "[bold]x[/bold]" in out


def test_a_table_for_a_program_cuts_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    draw([Column("ID"), Column("TEXT", gives=True)], [["r-1", "x" * 300]], empty="")
    assert "x" * 300 in capsys.readouterr().out


@pytest.mark.parametrize("width", [40, 60, 80, 160])
def test_a_table_never_wraps_and_never_cuts_what_must_stay(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "_PIPED_WIDTH", width)
    columns = [Column("ID"), Column("TEXT", gives=True), Column("MORE", gives=True), Column("COUNT", right=True)]
    draw(columns, [["rv_0123456789", "word " * 60, "x" * 40, "12"], ["rv_1", "逸" * 90, "", "123,456"]], empty="")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert max(map(cell_len, lines)) <= width
    assert lines[1].startswith("rv_0123456789  word")
    assert "…" in lines[1]
    assert [line.rstrip().rpartition(" ")[2] for line in lines] == ["COUNT", "12", "123,456"]


def test_where_nothing_more_can_be_cut_the_last_column_that_gives_goes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "_PIPED_WIDTH", 24)
    columns = [Column("ID"), Column("TEXT", gives=True), Column("MORE", gives=True)]
    draw(columns, [["rv_0123456789", "word " * 60, "x" * 40]], empty="")
    assert capsys.readouterr().out.splitlines()[0].split() == ["ID", "TEXT"]


def test_an_empty_table_says_why_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    draw([Column("ID")], [], empty="nothing waits")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "nothing waits\n")


def test_a_state_is_glyph_and_word() -> None:
    assert badge("pending").plain == "▲ pending"
    assert badge("never seen").plain == "· never seen"


def test_json_for_a_program_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"a": [1, HOSTILE]})
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == {"a": [1, HOSTILE]}


def test_empty_facts_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    facts([("who", "x"), ("sponsor", "")])
    assert capsys.readouterr().out == "who  x\n"
