"""A recording's time on one line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hoopterm.console.lines import measure, plain
from hoopterm.console.reel import Reel
from hoopterm.console.views.timeline import timeline
from tests.hoopterm.console import talk


@pytest.fixture
def reel(tmp_path: Path) -> Iterator[Reel]:
    found = Reel.open(talk.write(tmp_path))
    yield found
    found.close()


def test_it_shows_time_marks_head_and_speed(reel: Reel) -> None:
    shown = plain(timeline(reel, 100))
    assert measure(timeline(reel, 100)) == 100
    assert shown.startswith(" 00:00 ├●")
    assert "02:00    1×" in shown
    assert shown.count("✗") == 2
    assert shown.count("▲") == 2
    assert "═════" in shown


def test_the_head_moves_and_is_green_only_while_it_plays(reel: Reel) -> None:
    reel.seek(60.0)
    line = timeline(reel, 80)
    assert plain(line).index("●") == pytest.approx(40, abs=6)
    assert not any(span.role == "running" for span in line)
    reel.is_playing = True
    assert any(span.role == "running" for span in timeline(reel, 80))


def test_a_narrow_one_does_not_fail(reel: Reel) -> None:
    assert "●" in plain(timeline(reel, 20))
