"""One session as it happens."""

from __future__ import annotations

from hoopterm.console.screens.approvals import Approvals
from hoopterm.console.screens.confirm import Confirm
from hoopterm.console.screens.reader import Reader
from hoopterm.console.screens.watch import Watch
from hoopterm.errors import Refused
from tests.hoopterm.console import shell, talk
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import LARGE, picture, running, toasts, until


def engine(upto: int = -1) -> FakeEngine:
    found = FakeEngine()
    for view in talk.views()[:upto]:
        found.frames.put_nowait(view)
    return found


async def test_statements_appear_with_decisions_and_visible_masks() -> None:
    async with running(engine(), LARGE) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "8 statements · following" in picture(pilot))
        shown = picture(pilot)
        assert "denied by no-ddl" in shown
        assert "approved by bob" in shown
        assert "▒▒▒▒▒▒▒▒" in shown
        assert "****" not in shown


async def test_a_new_frame_is_shown_as_it_comes() -> None:
    found = engine(upto=5)
    async with running(found) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "1 statement · following" in picture(pilot))
        for view in talk.views()[5:9]:
            found.frames.put_nowait(view)
        await until(pilot, lambda: "totally_harmless" in picture(pilot))


async def test_pausing_freezes_the_picture_and_counts_what_comes() -> None:
    found = engine(upto=5)
    async with running(found) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "1 statement · following" in picture(pilot))
        await pilot.press("space")
        for view in talk.views()[5:12]:
            found.frames.put_nowait(view)
        await until(pilot, lambda: "paused · 3 new statements" in picture(pilot))
        assert "totally_harmless" not in picture(pilot)
        await pilot.press("space")
        await until(pilot, lambda: "denied by no-ddl" in picture(pilot))


async def test_looking_back_stops_following_and_f_follows_again() -> None:
    async with running(engine()) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "following" in picture(pilot))
        await pilot.press("g")
        assert "looking back" in picture(pilot)
        assert "LIMIT 4" in picture(pilot)
        await pilot.press("f")
        assert "following" in picture(pilot)
        assert "total > 100" in picture(pilot)


async def test_reading_ending_and_going_back() -> None:
    async with running(engine()) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "following" in picture(pilot))
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, Reader)
        assert "New York" in picture(pilot)
        await pilot.press("q", "x")
        assert isinstance(pilot.app.screen, Confirm)
        await pilot.press("escape", "q")
        assert not isinstance(pilot.app.screen, Watch)


async def test_a_held_statement_leads_to_its_review() -> None:
    async with running(engine()) as pilot:
        for keys in (["2", "j", "enter"], ["3", "j", "w"]):
            await pilot.press(*keys)
            assert isinstance(pilot.app.screen, Watch)
            await pilot.press("a")
            await until(pilot, lambda: isinstance(pilot.app.screen, Approvals))
            assert "2 of 5" in picture(pilot)
            await pilot.press("g")


async def test_the_end_of_the_session_is_told() -> None:
    found = engine(upto=1000)
    found.frames.put_nowait(None)
    async with running(found) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "session closed: the client left" in picture(pilot))


async def test_watching_without_permission_says_so() -> None:
    found = engine()
    async with running(found) as pilot:
        found.refusal = Refused("forbidden", "watching needs operator or auditor", "ask an admin")
        await pilot.press("2", "enter")
        await until(pilot, lambda: "watching needs operator or auditor" in picture(pilot))


async def test_an_engine_that_comes_back_is_watched_from_the_start_again() -> None:
    found = FakeEngine()
    async with running(found) as pilot:
        found.away = True
        found.feed.put_nowait(None)
        await pilot.press("2", "enter")
        await until(pilot, lambda: "asking the engine for the session" in picture(pilot))
        found.away = False
        for view in talk.views()[:5]:
            found.frames.put_nowait(view)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "1 statement" in picture(pilot))


def at_a_shell(upto: int | None = None) -> FakeEngine:
    found = FakeEngine()
    for view in talk.as_views(shell.frames()[:upto]):
        found.frames.put_nowait(view)
    return found


async def test_a_shell_is_joined_on_its_grid_with_what_is_typed_beside() -> None:
    async with running(at_a_shell(-1), LARGE) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "api.service: restarted" in picture(pilot))
        shown = picture(pilot)
        assert "terminal 80 × 24" in shown
        assert "deploy@web1:~$ vim settings.py" in shown
        assert "denied by no-removals" in shown


async def test_the_grid_follows_what_is_sent_and_stands_still_while_paused() -> None:
    places = [place for place, frame in enumerate(shell.frames()) if frame.code == "w"]
    found = at_a_shell(places[0] + 1)
    async with running(found) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "systemctl restart api" in picture(pilot))
        assert "api.service" not in picture(pilot)
        await pilot.press("space")
        for view in talk.as_views(shell.frames()[places[0] + 1 :]):
            found.frames.put_nowait(view)
        await until(pilot, lambda: "paused · 1 new statement" in picture(pilot))
        assert "api.service" not in picture(pilot)
        await pilot.press("space")
        await until(pilot, lambda: "api.service: restarted" in picture(pilot))


async def test_v_goes_through_terminals_and_the_log() -> None:
    async with running(at_a_shell(-1)) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "api.service: restarted" in picture(pilot))
        await pilot.press("v")
        assert "api.service" not in picture(pilot)
        assert "denied by no-removals" in picture(pilot)
        await pilot.press("v")
        assert "api.service: restarted" in picture(pilot)


async def test_a_session_without_terminals_says_so() -> None:
    async with running(engine()) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "following" in picture(pilot))
        await pilot.press("v")
        assert any("has a terminal" in told for told in toasts(pilot))
