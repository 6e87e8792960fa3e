"""The recordings an engine keeps."""

from __future__ import annotations

from hoopterm.console.screens.recordings import Recordings
from tests.hoopterm.console import talk
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import picture, running, toasts, until


async def test_each_is_listed_with_what_its_session_did() -> None:
    engine = FakeEngine()
    engine.files = {"se_2b11": talk.recording(), "se_gone": b""}
    async with running(engine) as pilot:
        await pilot.press("6")
        await until(pilot, lambda: "2 recordings" in picture(pilot))
        assert "report-bot" in picture(pilot)
        assert "1012" in picture(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, Recordings)
        await pilot.press("slash", *"!report", "enter")
        assert list(screen.table.keys) == ["se_gone"]


async def test_none_yet_says_why() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("6")
        await until(pilot, lambda: "No recording yet" in picture(pilot))
        await pilot.press("enter")
        assert any("no recording is selected" in told for told in toasts(pilot))


async def test_an_engine_that_is_away_is_a_cause_and_a_retry() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        engine.away = True
        engine.feed.put_nowait(None)
        await pilot.press("6")
        await until(pilot, lambda: "cannot be listed" in picture(pilot))
        engine.away = False
        engine.files = {"se_2b11": talk.recording()}
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "1 recording" in picture(pilot))
