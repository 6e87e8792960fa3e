"""Live and past sessions."""

from __future__ import annotations

import msgspec

from engine.api.schema import LiveView
from hoopterm.console.screens.confirm import Confirm
from hoopterm.console.screens.replay import Replay
from hoopterm.console.screens.sessions import Sessions
from hoopterm.console.screens.watch import Watch
from tests.hoopterm.console import talk
from tests.hoopterm.console.scenes import FakeEngine, sessions
from tests.hoopterm.console.stage import LARGE, app_of, picture, running, toasts, until


async def test_the_list_shows_what_is_held_and_counts() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("2")
        shown = picture(pilot)
        assert "▲ held" in shown
        assert "2 live · 2 past" in shown
        assert "18.2k" in shown


async def test_a_wide_terminal_has_more_columns() -> None:
    async with running(FakeEngine(), LARGE) as pilot:
        await pilot.press("2")
        assert "10.4.0.17:51422 psql" in picture(pilot)


async def test_enter_watches_a_live_one_and_replays_a_past_one() -> None:
    engine = FakeEngine()
    engine.files["se_0a09"] = talk.recording()
    async with running(engine) as pilot:
        await pilot.press("2", "enter")
        assert isinstance(pilot.app.screen, Watch)
        await pilot.press("q", "j", "j", "enter")
        assert isinstance(pilot.app.screen, Replay)


async def test_ending_a_session_asks_first() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await pilot.press("2", "x")
        assert isinstance(pilot.app.screen, Confirm)
        assert "rolls back" in picture(pilot)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: engine.calls == [("kill", "se_7f3a", "")])
        await until(pilot, lambda: "terminated session se_7f3a" in toasts(pilot))


async def test_locking_asks_first_with_cancel_under_the_finger() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await pilot.press("2", "L")
        assert isinstance(pilot.app.screen, Confirm)
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "cancel"
        shown = picture(pilot)
        for words in ("Lock report-bot?", "1 live session", "hoopterm unlock --identity report-bot"):
            assert words in shown
        await pilot.press("enter")
        assert engine.calls == []
        await pilot.press("L", *"INC-7", "enter", "enter")
        await until(pilot, lambda: engine.calls == [("lock", "report-bot", "INC-7")])
        await until(pilot, lambda: "locked report-bot: 1 session ended" in toasts(pilot))


async def test_a_past_sessions_identity_can_be_locked_too() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await pilot.press("2", "G", "L", *"x", "enter", "enter")
        await until(pilot, lambda: engine.calls == [("lock", "report-bot", "x")])


async def test_a_past_session_cannot_be_ended() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("2", "G", "x")
        assert isinstance(pilot.app.screen, Sessions)
        assert any("has ended already" in told for told in toasts(pilot))


async def test_a_session_that_ends_meanwhile_makes_the_question_moot() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await pilot.press("2", "x")
        ended = msgspec.structs.replace(sessions()[0], state="closed")
        engine.feed.put_nowait(LiveView(session=ended))
        await until(pilot, lambda: app_of(pilot).store.sessions["se_7f3a"].state == "closed")
        await pilot.press("tab", "enter")
        assert engine.calls == []


async def test_the_cursor_keeps_its_session_and_the_filter_inverts() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await pilot.press("2", "j")
        fresh = msgspec.structs.replace(sessions()[0], id="se_new", opened="2026-11-22T21:41:06Z")
        engine.feed.put_nowait(LiveView(session=fresh))
        screen = pilot.app.screen
        assert isinstance(screen, Sessions)
        await until(pilot, lambda: "se_new" in screen.table.keys)
        assert screen.table.cursor == "se_81c0"
        await pilot.press("slash", *"!etl", "enter")
        assert "se_81c0" not in screen.table.keys
        assert "filter: !etl (3 kept)" in picture(pilot)


async def test_ten_thousand_sessions_do_not_lag() -> None:
    engine = FakeEngine()
    one = sessions()[0]
    engine.open = {f"se_{n}": msgspec.structs.replace(one, id=f"se_{n}") for n in range(10_000)}
    async with running(engine) as pilot:
        await pilot.press("2", "G")
        screen = pilot.app.screen
        assert isinstance(screen, Sessions)
        assert screen.table.index == 9_999


async def test_an_empty_list_says_why() -> None:
    engine = FakeEngine()
    engine.open = {}
    async with running(engine) as pilot:
        await pilot.press("2")
        assert "No session yet" in picture(pilot)
