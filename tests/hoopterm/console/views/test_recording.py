"""A recording in a line."""

from __future__ import annotations

from pathlib import Path

from hoopterm.console.lines import plain
from hoopterm.console.reel import Reel
from hoopterm.console.views import recording
from tests.hoopterm.console import shell
from tests.hoopterm.console.scenes import NOW


def test_whose_session_it_is_and_on_what(tmp_path: Path) -> None:
    reel = Reel.open(shell.write(tmp_path))
    told = plain(recording.about(reel, "x", NOW))
    reel.close()
    assert "report-bot on web1" in told
    assert "5 statements" in told


def test_what_is_not_there_says_why() -> None:
    assert any("the cause" in plain(each) for each in recording.nothing(None, "x", "the cause"))
    assert any("reading the recording" in plain(each) for each in recording.nothing(None, "x", ""))
