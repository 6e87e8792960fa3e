"""A replay's clock, its place, and what is seen there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hoopterm.console.reel import IDLE, Reel
from replay.terminals import Terminals
from tests.hoopterm.console import shell, talk


@pytest.fixture
def reel(tmp_path: Path) -> Iterator[Reel]:
    found = Reel.open(talk.write(tmp_path))
    yield found
    found.close()


def test_it_begins_before_everything(reel: Reel) -> None:
    assert reel.current == -1
    assert reel.statement is None
    assert not reel.has_begun(0)
    assert reel.header["identity"] == "report-bot"


def test_a_step_passes_over_frames_that_show_nothing(reel: Reel) -> None:
    seen = []
    for _ in range(5):
        reel.step()
        frame = reel.player.frame
        seen.append(frame.code if frame else "")
    assert seen == ["s", "q", "R", "e", "q"]
    reel.step(-1)
    assert reel.statement is not None
    assert reel.statement.status == "completed"


def test_a_statement_is_shown_as_far_as_it_had_come(reel: Reel) -> None:
    reel.show(6)
    found = reel.statement
    assert found is not None
    assert (found.state, found.changed, found.review_by) == ("completed", 412, "bob")
    reel.step(-1)
    reel.step(-1)
    assert reel.statement is not None
    assert reel.statement.state == "held"
    assert reel.listed(6).state == "held"
    assert reel.listed(7).number == 8
    assert not reel.has_begun(7)


def test_markers_are_the_denials_reviews_masks_and_errors(reel: Reel) -> None:
    kinds = []
    while reel.mark(forward=True):
        kinds.append(next(mark.kind for mark in reel.player.markers if mark.position == reel.player.position))
    assert kinds == ["mask", "mask", "denial", "mask", "error", "review", "review"]
    assert reel.mark(forward=False)


def test_time_passes_by_the_speed_and_long_silences_are_cut(reel: Reel) -> None:
    reel.step()
    reel.advance(1.3)
    assert reel.current == 0
    reel.show(6)
    reel.advance(0.1)
    assert reel.clock == pytest.approx(95.0 - IDLE)
    reel.speed = 4.0
    assert reel.advance(1.0)
    assert reel.current == 7


def test_seeking_and_playing_stop_at_the_end(reel: Reel) -> None:
    reel.seek(1e9)
    assert reel.player.is_at_end
    assert reel.clock == reel.player.duration
    assert not reel.advance(10)
    reel.seek(-5)
    assert reel.clock == 0.0


def test_words_are_found_around_the_end(reel: Reel) -> None:
    reel.show(0)
    assert reel.find("custommers") == 5
    reel.show(5)
    assert reel.find("custommers") == 5
    assert reel.find("does not exist", -1) == 5
    assert reel.find("no-ddl") == 2
    assert reel.find("nowhere at all") is None


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Reel]:
    found = Reel.open(shell.write(tmp_path))
    yield found
    found.close()


def screen(reel: Reel) -> str:
    still = reel.still
    return "" if still is None else "\n".join("".join(run.text for run in row).rstrip() for row in still.lines)


def test_a_terminal_is_shown_as_it_was_at_each_place(terminal: Reel) -> None:
    terminal.seek(3.0)
    assert "deploy.sh" in screen(terminal)
    terminal.seek(12.0)
    assert "is_enabled(feature: str)" in screen(terminal)
    terminal.seek(57.0)
    assert "api.service: restarted" in screen(terminal)
    assert "vim settings.py" in screen(terminal)
    assert "is_enabled" not in screen(terminal)


def test_a_step_is_something_one_can_see_and_never_a_key(terminal: Reel) -> None:
    terminal.go(0)
    codes = []
    for _ in range(30):
        terminal.step()
        frame = terminal.player.frame
        assert frame is not None
        codes.append(getattr(frame.data, "kind", frame.code))
    assert set(codes) == {"t", "stdout", "q", "e"}
    before = screen(terminal)
    terminal.step()
    terminal.step(-1)
    assert screen(terminal) == before


def test_a_typed_line_is_beside_the_terminal_with_its_decision(terminal: Reel) -> None:
    while terminal.mark(forward=True):
        if terminal.line is not None and terminal.line.state == "held":
            break
    assert terminal.line is not None
    assert (terminal.line.text, terminal.line.rule) == ("sudo systemctl restart api", "restarts")
    assert terminal.statement is not None
    assert terminal.statement.verb == "SHELL"
    assert terminal.typed.endswith("systemctl restart api\r")
    assert terminal.listed(3).state == "held"


def test_a_line_that_is_chosen_is_looked_at_until_one_goes_on(terminal: Reel) -> None:
    terminal.show(3)
    assert terminal.terminal is None
    assert terminal.statement is not None
    assert terminal.statement.text == "sudo systemctl restart api"
    terminal.step()
    assert terminal.terminal is not None
    terminal.show(0)
    assert terminal.clock == pytest.approx(0.305)
    assert terminal.still is not None


def test_words_that_come_up_on_the_terminal_are_found(terminal: Reel) -> None:
    terminal.begin()
    found = terminal.search("RESTARTED", forward=True, is_wanted=lambda: True)
    assert found is not None
    terminal.go(found)
    assert "restarted" in screen(terminal)
    assert terminal.clock == pytest.approx(55.7, abs=0.1)
    assert terminal.search("restarted", forward=False, is_wanted=lambda: True) is None


def test_what_is_not_indexed_yet_is_waited_for(terminal: Reel) -> None:
    terminal._terminals = Terminals(terminal.player.frames)
    terminal.seek(12.0)
    assert (terminal.is_indexed, terminal.still) == (False, None)
    terminal.index()
    assert (terminal.is_indexed, terminal.indexed) == (True, 1.0)
    assert terminal.still is not None


def test_a_terminal_begins_with_something_on_it(terminal: Reel) -> None:
    terminal.begin()
    assert screen(terminal).strip()
