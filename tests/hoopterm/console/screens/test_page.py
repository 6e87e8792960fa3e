"""What every screen shares."""

from __future__ import annotations

from hoopterm.console.actions import Scope, of
from hoopterm.console.screens.approvals import Approvals
from hoopterm.console.screens.page import Page
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import app_of, page_of, picture, running, until


async def test_header_and_footer_frame_every_page() -> None:
    async with running(FakeEngine()) as pilot:
        for key, word in (("3", "approve…"), ("2", "terminate…"), ("6", "filter")):
            await pilot.press(key)
            lines = picture(pilot).split("\n")
            assert "prod-eu ● live" in lines[0]
            assert word in lines[-1]
            assert len(lines) == 24


async def test_the_banner_comes_and_goes_with_the_engine_and_hides_nothing() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        engine.away = True
        engine.feed.put_nowait(None)
        await until(pilot, lambda: "unreachable" in picture(pilot))
        lines = picture(pilot).split("\n")
        assert "✗ away" in lines[0]
        assert "trying again" in lines[1]
        assert "report-bot" in lines[2]
        engine.away = False
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "unreachable" not in picture(pilot))
        assert "● live" in picture(pilot)


async def test_actions_that_need_a_live_picture_are_off_on_a_stale_one() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        page = page_of(pilot)
        assert "approve" not in page.off()
        engine.away = True
        engine.feed.put_nowait(None)
        await until(pilot, lambda: app_of(pilot).store.is_stale)
        assert {action.id for action in of([Scope.APPROVALS]) if action.needs_live} <= page.off()
        assert "away" in page.why_off("approve")


async def test_q_goes_back_and_then_out() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("enter")
        assert len(pilot.app.screen_stack) == 2
        await pilot.press("q")
        assert isinstance(pilot.app.screen, Approvals)
        await pilot.press("q")
        assert pilot.app._exit


async def test_escape_goes_back_and_never_out() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("enter")
        assert len(pilot.app.screen_stack) == 2
        await pilot.press("escape", "escape", "escape")
        assert isinstance(pilot.app.screen, Approvals)
        assert pilot.app.is_running
        assert not pilot.app._exit


def test_a_bare_page_has_nothing_of_its_own() -> None:
    page = Page()
    assert list(page.body()) == []
    assert page.labels() == {}
    assert page.copied() == ("", "")
