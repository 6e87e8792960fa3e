"""Recorded operations, decided by other rules."""

from __future__ import annotations

from textual.pilot import Pilot

from engine.api.schema import BacktestView, ChangedDecisionView, UndecidableView
from hoopterm.console.screens.backtest import Backtest
from hoopterm.console.screens.entry import Entry
from tests.hoopterm.console.record import entries
from tests.hoopterm.console.scenes import FakeEngine, stamp
from tests.hoopterm.console.screens.test_policy import on_stage, opened
from tests.hoopterm.console.stage import picture, toasts, until

CHANGED = ChangedDecisionView(
    7,
    stamp(-60),
    "se_1",
    "op_1",
    "report-bot",
    "shop",
    "DELETE",
    ["delete"],
    ["public.orders"],
    "allow",
    "old",
    "deny",
    "no-deletes",
    "why",
    "delete \x1b[31m from orders",
)
UNDECIDED = UndecidableView(8, stamp(-50), "op_2", "etl-bot", "shop", "UPDATE", "a literal was masked")


async def begun(pilot: Pilot[None]) -> None:
    await opened(pilot)
    await pilot.press("b")
    await until(pilot, lambda: isinstance(pilot.app.screen, Backtest))


async def test_each_operation_that_would_change_is_listed_and_undecidable_ones_apart() -> None:
    engine = FakeEngine()
    engine.entries = entries(8)
    async with on_stage(engine) as pilot:
        await begun(pilot)
        engine.decided.put_nowait(BacktestView(5_000, 10_000, 0, 1, undecided=[UNDECIDED]))
        await until(pilot, lambda: "5,000 operations so far" in picture(pilot))
        engine.decided.put_nowait(BacktestView(9_000, 10_000, 1, 1, {"allow→deny": 1}, [CHANGED], done=True))
        engine.decided.put_nowait(None)
        await until(pilot, lambda: "9,000 operations ·" in picture(pilot))
        seen = picture(pilot)
        assert seen.index("allow → deny") < seen.index("? undecidable")
        assert "delete ␛[31m" in seen
        await pilot.press("g", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Entry))
        assert "entry 7" in picture(pilot)


async def test_it_is_stopped_and_what_was_found_stays() -> None:
    engine = FakeEngine()
    async with on_stage(engine) as pilot:
        await begun(pilot)
        engine.decided.put_nowait(BacktestView(500, 10_000, 1, 0, {"allow→deny": 1}, [CHANGED]))
        await until(pilot, lambda: "500 operations so far" in picture(pilot))
        await pilot.press("x")
        await until(pilot, lambda: "500 operations, stopped" in picture(pilot))
        assert "allow → deny" in picture(pilot)
        await pilot.press("x")
        assert any("it has ended" in told for told in toasts(pilot))


async def test_nothing_that_would_change_is_said() -> None:
    engine = FakeEngine()
    async with on_stage(engine) as pilot:
        await begun(pilot)
        engine.decided.put_nowait(BacktestView(90, 10_000, 0, 0, done=True))
        engine.decided.put_nowait(None)
        await until(pilot, lambda: "No decision would change" in picture(pilot))
