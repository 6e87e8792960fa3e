"""Moving through a recording: its ends, its silences."""

from __future__ import annotations

from pathlib import Path

from tests.hoopterm.console import shell, talk
from tests.hoopterm.console.stage import picture, running, toasts, until


async def test_g_leads_to_the_ends_of_a_terminal_too(tmp_path: Path) -> None:
    async with running(None, recording=shell.write(tmp_path)) as pilot:
        await until(pilot, lambda: "deploy@web1:~$" in picture(pilot))
        await pilot.press("G")
        await until(pilot, lambda: "api.service: restarted" in picture(pilot))
        await pilot.press("G")
        await until(pilot, lambda: "■" in picture(pilot))
        assert "00:00 ├" not in picture(pilot)
        await pilot.press("g")
        await until(pilot, lambda: "00:00 ├" in picture(pilot))
        assert "deploy@web1:~$" in picture(pilot)


async def test_silences_are_cut_until_they_are_wanted(tmp_path: Path) -> None:
    async with running(None, recording=talk.write(tmp_path)) as pilot:
        await until(pilot, lambda: "8 statements" in picture(pilot))
        await pilot.press("s")
        assert any("as long as they were" in told for told in toasts(pilot))
        await pilot.press("s")
        assert any("cut to 3 seconds" in told for told in toasts(pilot))
