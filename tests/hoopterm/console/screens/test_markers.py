"""The list of everything worth jumping to."""

from __future__ import annotations

from pathlib import Path

from hoopterm.console.screens.markers import Markers
from hoopterm.console.screens.replay import Replay
from tests.hoopterm.console import shell, talk
from tests.hoopterm.console.stage import picture, running, until


async def test_enter_goes_to_the_marker_that_was_picked(tmp_path: Path) -> None:
    async with running(None, recording=talk.write(tmp_path)) as pilot:
        await until(pilot, lambda: "8 statements" in picture(pilot))
        await pilot.press("m")
        assert isinstance(pilot.app.screen, Markers)
        for part in ("denial", "review", "mask"):
            assert part in picture(pilot)
        await pilot.press("slash", *"denial", "enter", "enter")
        assert isinstance(pilot.app.screen, Replay)
        assert "denied by no-ddl" in picture(pilot)


async def test_a_filter_that_fits_nothing_says_so(tmp_path: Path) -> None:
    async with running(None, recording=talk.write(tmp_path)) as pilot:
        await until(pilot, lambda: "8 statements" in picture(pilot))
        await pilot.press("m", "slash", *"zebra", "enter")
        await until(pilot, lambda: "No marker matches" in picture(pilot))
        await pilot.press("enter", "y")
        assert isinstance(pilot.app.screen, Markers)


async def test_lines_typed_into_a_shell_are_listed_with_their_text(tmp_path: Path) -> None:
    async with running(None, recording=shell.write(tmp_path)) as pilot:
        await until(pilot, lambda: "80 × 24" in picture(pilot))
        await pilot.press("t", *"12", "enter", "m")
        assert "›  line" in picture(pilot).replace("› line", "›  line")
        assert "vim" in picture(pilot)
