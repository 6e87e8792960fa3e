"""Deciding what waits."""

from __future__ import annotations

import msgspec
from textual.widgets import Button, Input

from engine.api.schema import LiveView, OutcomeView, VoteView
from hoopterm.console.screens.approvals import Approvals
from hoopterm.console.screens.confirm import Confirm
from hoopterm.console.screens.reader import Reader
from hoopterm.console.screens.watch import Watch
from hoopterm.errors import Refused
from tests.hoopterm.console.scenes import FakeEngine, held, stamp
from tests.hoopterm.console.stage import LARGE, app_of, picture, running, toasts, until


async def test_approving_asks_first_and_focuses_cancel() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await pilot.press("a")
        assert isinstance(pilot.app.screen, Confirm)
        assert pilot.app.focused is pilot.app.screen.query_one("#cancel")
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, Approvals)
        assert engine.calls == []


async def test_approving_with_a_reason_sends_the_vote_and_tells() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await pilot.press("a", "shift+tab", *"ok by bob", "enter", "enter")
        await until(pilot, lambda: bool(engine.calls))
        assert engine.calls == [("approve", "rv_1", "ok by bob")]
        await until(pilot, lambda: "approved DELETE of report-bot" in toasts(pilot))
        await until(pilot, lambda: "✓ approved" in picture(pilot))


async def test_denying_sends_the_vote() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await pilot.press("d", "tab", "enter")
        await until(pilot, lambda: engine.calls == [("deny", "rv_1", "")])


async def test_the_cursor_stays_on_its_review_while_others_come_and_go() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await pilot.press("j")
        engine.feed.put_nowait(LiveView(review=held("rv_new", deadline=stamp(5))))
        screen = pilot.app.screen
        assert isinstance(screen, Approvals)
        await until(pilot, lambda: screen.table.keys[0] == "rv_new")
        assert screen.table.cursor == "rv_2"


async def test_the_cursor_goes_on_from_a_decided_review_and_what_was_meant_for_it_decides_no_other() -> None:
    """SECURITY 4"""
    engine = FakeEngine()
    async with running(engine) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, Approvals)
        await pilot.press("j", "j")
        engine.feed.put_nowait(
            LiveView(review=held("rv_3", state="denied", votes=[VoteView("dan", "deny", "no", stamp())]))
        )
        await until(pilot, lambda: screen.table.cursor == "rv_1")
        await pilot.press("a", "tab", "enter")
        assert engine.calls == []
        assert isinstance(pilot.app.screen, Reader)  # of what is selected now: nothing was asked
        await pilot.press("q")
        assert any("this is another review" in told for told in toasts(pilot))
        await until(pilot, lambda: not screen._just_moved)
        await pilot.press("a")
        assert isinstance(pilot.app.screen, Confirm)


async def test_the_cursor_stays_on_a_decided_review_that_a_person_went_to() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, Approvals)
        await pilot.press("G")
        past = screen.table.cursor
        engine.feed.put_nowait(LiveView(review=held("rv_new", deadline=stamp(5))))
        await until(pilot, lambda: screen.table.keys[0] == "rv_new")
        assert screen.table.cursor == past


async def test_the_cursor_stays_where_it_is_while_a_question_is_open() -> None:
    """SECURITY 4"""
    engine = FakeEngine()
    async with running(engine) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, Approvals)
        await pilot.press("a")
        engine.feed.put_nowait(LiveView(review=held(state="denied", votes=[VoteView("dan", "deny", "no", stamp())])))
        await until(pilot, lambda: app_of(pilot).store.reviews["rv_1"].state == "denied")
        screen.tick()
        assert screen.table.cursor == "rv_1"
        await pilot.press("escape")
        await until(pilot, lambda: screen.table.cursor == "rv_2")


async def test_the_question_says_the_limit_that_the_rule_has() -> None:
    engine = FakeEngine()
    engine.kept["rv_1"] = held(reason="it asks people first (at most 500 rows changed)")
    async with running(engine) as pilot:
        await pilot.press("a")
        await until(
            pilot, lambda: isinstance(pilot.app.screen, Confirm) and "at most 500 rows changed" in picture(pilot)
        )


async def test_a_review_decided_elsewhere_makes_the_open_question_moot() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await pilot.press("a", "tab")
        decided = held(state="denied", votes=[VoteView("dan", "deny", "no", stamp())])
        engine.feed.put_nowait(LiveView(review=decided))
        screen = pilot.app.screen
        assert isinstance(screen, Confirm)
        await until(pilot, lambda: app_of(pilot).store.reviews["rv_1"].state == "denied")
        await until(pilot, lambda: screen.query_one("#confirm", Button).disabled)
        assert "already denied by dan" in picture(pilot)
        await pilot.press("enter")
        assert engine.calls == []


async def test_the_outcome_is_shown_when_it_comes() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        for id in ("rv_2", "rv_3"):
            del app_of(pilot).store.reviews[id]
        ran = held(state="used", outcome=OutcomeView("completed", "DELETE 412", 0, 412))
        engine.feed.put_nowait(LiveView(review=ran))
        await until(pilot, lambda: "412 rows changed" in picture(pilot))


async def test_one_who_may_not_decide_is_told_why() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await pilot.press("j", "j", "a")
        assert isinstance(pilot.app.screen, Approvals)
        assert any("you sponsor etl-bot" in told for told in toasts(pilot))


async def test_nothing_is_decided_on_a_stale_picture() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        engine.away = True
        engine.feed.put_nowait(None)
        await until(pilot, lambda: app_of(pilot).store.is_stale)
        await pilot.press("a")
        assert isinstance(pilot.app.screen, Approvals)
        assert any("engine is away" in told for told in toasts(pilot))
        await until(pilot, lambda: "trying again" in picture(pilot))
        assert "DELETE FROM orders" in picture(pilot)


async def test_a_refused_vote_is_told_and_nothing_changes() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        engine.refusal = Refused("conflict", "this review has expired", "the agent may ask again")
        await pilot.press("a", "tab", "enter")
        await until(pilot, lambda: any("this review has expired" in told for told in toasts(pilot)))


async def test_a_filter_keeps_and_inverts() -> None:
    async with running(FakeEngine()) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, Approvals)
        await pilot.press("slash", *"etl !sessions")
        assert list(screen.table.keys) == ["rv_2", "rv_00"]
        await pilot.press("enter", "slash")
        assert screen.query_one("#prompt-input", Input).value == "etl !sessions"
        await pilot.press("escape")
        assert len(screen.table.keys) == 5
        await pilot.press("slash", *"nowhere", "enter")
        assert "No review matches" in picture(pilot)


async def test_reading_watching_and_copying() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, Reader)
        await pilot.press("y")
        assert pilot.app.clipboard == held().text
        assert any("OSC 52" in told for told in toasts(pilot))
        await pilot.press("q", "w")
        assert isinstance(pilot.app.screen, Watch)


async def test_an_empty_queue_says_why_and_what_next() -> None:
    engine = FakeEngine()
    engine.kept = {}
    async with running(engine) as pilot:
        await pilot.press("3")
        assert "Nothing waits for you" in picture(pilot)
        assert "live sessions" in picture(pilot)
        await pilot.press("a")
        assert any("no review is selected" in told for told in toasts(pilot))


async def test_a_long_statement_is_cut_loudly_and_scrolls() -> None:
    engine = FakeEngine()
    engine.kept["rv_1"] = held(text="\n".join(f"SELECT {n};" for n in range(80)))
    async with running(engine) as pilot:
        assert "more lines" in picture(pilot)
        assert "2:14 left" in picture(pilot)
    async with running(engine, LARGE) as pilot:
        await pilot.press(*"JJJJ")
        assert "SELECT 40;" in picture(pilot)


async def test_markup_and_escapes_in_data_are_shown_not_obeyed() -> None:
    evil = "\x1b[31m[bold red]\u202e"
    engine = FakeEngine()
    engine.kept["rv_1"] = msgspec.structs.replace(held(), verb=evil, target=evil, rule=evil, text=evil)
    async with running(engine) as pilot:
        await pilot.press("a")
        shown = picture(pilot)
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "Approve ␛[31m[bold red]" in shown


async def test_it_survives_every_size() -> None:
    async with running(FakeEngine()) as pilot:
        for size in ((60, 20), (40, 10), (20, 5), (200, 60), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            lines = picture(pilot).split("\n")
            assert len(lines) == size[1]
            assert all(len(line) <= size[0] for line in lines)
