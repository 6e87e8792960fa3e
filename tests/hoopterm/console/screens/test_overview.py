"""The first screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import pytest
from textual.pilot import Pilot

from engine.api.schema import LiveView, StatusView
from hoopterm.console.screens.approvals import Approvals
from hoopterm.console.screens.overview import Overview
from hoopterm.console.screens.replay import Replay
from hoopterm.console.screens.watch import Watch
from tests.hoopterm.console import talk
from tests.hoopterm.console.outlook import busy, recent
from tests.hoopterm.console.scenes import FakeEngine, held, status
from tests.hoopterm.console.stage import LARGE, SMALL, app_of, console, picture, running, toasts, until

Compare = Callable[..., bool]


class Silent(FakeEngine):
    """It is there, and does not answer yet."""

    async def status(self) -> StatusView:
        await asyncio.Event().wait()
        return self.view


def quiet() -> FakeEngine:
    """Nothing waits for bob."""
    engine = FakeEngine()
    engine.kept = {"rv_1": held(may_decide=False, why_not="you sponsor it")}
    engine.view, engine.recent = busy(), recent()
    return engine


async def test_it_is_in_front_where_nothing_waits_for_its_person() -> None:
    async with running(quiet()) as pilot:
        await until(pilot, lambda: "warehouse" in picture(pilot))
        assert isinstance(pilot.app.screen, Overview)
        assert "for others: you may not decide them" in picture(pilot)


async def test_who_was_paged_finds_the_operation_in_front() -> None:
    async with running(FakeEngine()) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, Approvals))
        await pilot.press("1")
        assert isinstance(pilot.app.screen, Overview), "and is not sent away again"


async def test_a_review_that_comes_later_moves_nobody() -> None:
    engine = quiet()
    async with running(engine) as pilot:
        await until(pilot, lambda: "warehouse" in picture(pilot))
        engine.feed.put_nowait(LiveView(review=held("rv_9")))
        await until(pilot, lambda: "1 waiting for you" in picture(pilot))
        assert isinstance(pilot.app.screen, Overview)


async def test_enter_goes_to_the_review_the_session_and_what_the_news_are_of() -> None:
    engine = FakeEngine()
    engine.view, engine.recent = busy(), recent()
    engine.files["se_7f3a"] = talk.recording()
    async with running(engine) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, Approvals))
        await pilot.press("1", "j", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Approvals))
        await until(pilot, lambda: "UPDATE customers SET" in picture(pilot))
        await pilot.press("1", "j", "j", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Watch))
        await pilot.press("1", "G", "k", "k", "k", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Replay))
        await pilot.press("1", "j", "enter")
        await until(pilot, lambda: any("nothing more to show" in told for told in toasts(pilot)))


async def test_what_is_told_once_is_not_new_for_the_next_console() -> None:
    engine = quiet()
    async with running(engine) as pilot:
        await until(pilot, lambda: "lately" in picture(pilot))
        await until(pilot, lambda: "denied" in picture(pilot))
        await pilot.press("2", "1")
        assert "lately" in picture(pilot), "this console goes on showing what it began with"
    async with running(engine, LARGE) as pilot:
        await until(pilot, lambda: "since you last looked, 0s ago" in picture(pilot))
        await until(pilot, lambda: "nothing was denied, decided" in picture(pilot))
    assert engine.calls == [("changes", "None"), ("changes", "48113")]


async def test_another_log_than_the_one_that_was_looked_at_is_told_from_its_start() -> None:
    engine = quiet()
    async with running(engine) as pilot:
        await until(pilot, lambda: "lately" in picture(pilot))
    engine.size = 500
    async with running(engine) as pilot:
        await until(pilot, lambda: "DROP" in picture(pilot) or len(engine.calls) == 3)
    assert engine.calls[1:] == [("changes", "48113"), ("changes", "None")]


async def test_who_may_not_read_the_record_sees_what_became_of_reviews() -> None:
    engine = FakeEngine()
    engine.view = status()
    async with running(engine, LARGE) as pilot:
        await pilot.press("1")
        await until(pilot, lambda: "of reviews; the rest is for auditors" in picture(pilot))
        assert "denied it" in picture(pilot)
    assert engine.calls == []


async def test_an_engine_that_is_away_is_said_and_nothing_is_asked_of_it() -> None:
    engine = quiet()
    engine.away = True
    async with running(engine) as pilot:
        await until(pilot, lambda: "The engine cannot be reached" in picture(pilot))
        await pilot.press("enter", "y", "j")
        engine.away = False
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "warehouse" in picture(pilot))


async def test_a_record_that_does_not_answer_is_said_and_asked_again() -> None:
    from hoopterm.errors import Refused

    engine = quiet()
    engine.recent_refusal = Refused("record", "the audit log does not read")
    async with running(engine, LARGE) as pilot:
        await until(pilot, lambda: "the record does not answer" in picture(pilot))
        engine.recent_refusal = None
        await pilot.press("2", "1")
        await until(pilot, lambda: "INC-7" in picture(pilot))


@pytest.mark.parametrize("size", [(60, 20), SMALL, LARGE])
async def test_hostile_data_moves_nothing(size: tuple[int, int]) -> None:
    engine = quiet()
    evil = "\x1b[2J\u202e[bold red]x\n" + "y" * 4000
    identity = msgspec.structs.replace(engine.kept["rv_1"].identity, subject=evil)
    engine.kept["rv_1"] = held(identity=identity, target=evil, verb=evil, may_decide=False)
    engine.open["se_7f3a"] = msgspec.structs.replace(engine.open["se_7f3a"], identity=identity, target=evil)
    engine.recent = [
        msgspec.structs.replace(each, identity=evil, event=evil, said={"why": evil}) for each in engine.recent
    ]
    async with running(engine, size) as pilot:
        await until(pilot, lambda: "waiting" in picture(pilot))
        shown = picture(pilot)
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert len(shown.split("\n")) == size[1]


async def _full(pilot: Pilot[None]) -> None:
    await pilot.press("1")
    await until(pilot, lambda: "policy" in picture(pilot))


async def _empty(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: "nothing waits" in picture(pilot) and "was denied" in picture(pilot))


async def _loading(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: "asking the engine how it is" in picture(pilot))


async def _broken(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: "cannot be reached" in picture(pilot))


async def test_on_an_old_picture_the_overview_says_how_old_it_is() -> None:
    async with running(quiet()) as pilot:
        await until(pilot, lambda: "warehouse" in picture(pilot))
        app_of(pilot).store.heard = 940.0
        app_of(pilot).store.touch = lambda: None  # type: ignore[method-assign]
        await until(pilot, lambda: "silent for 1m" in picture(pilot))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "160x50"])
@pytest.mark.parametrize("scene", [_full, _empty, _loading, _broken])
def test_the_picture_of_the_overview_is_as_it_was(
    snap_compare: Compare, scene: Callable[[Pilot[None]], object], size: tuple[int, int]
) -> None:
    engine = FakeEngine()
    engine.view, engine.recent = busy(), recent()
    if scene is _loading:
        engine = Silent()
    app = console(engine)
    if scene is _empty:
        engine.kept, engine.open, engine.recent = {}, {}, []
        engine.view = msgspec.structs.replace(busy(), operations=0, denied=0, masked=0, targets=[], locks=0)
    elif scene is _broken:
        engine.away = True
    assert snap_compare(app, run_before=scene, terminal_size=size)
