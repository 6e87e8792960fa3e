"""A replay's clock, its place, and what is seen there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hoopterm.console.reel import IDLE, Reel
from tests.hoopterm.console import talk


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
