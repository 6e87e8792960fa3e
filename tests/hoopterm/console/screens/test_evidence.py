"""Beside what happened: who decided it, and the proof that it is in the log."""

from __future__ import annotations

from pathlib import Path

import msgspec

from hoopterm.console.screens.entry import Entry
from hoopterm.console.screens.evidence import Evidence
from hoopterm.errors import Refused
from tests.hoopterm.console import talk
from tests.hoopterm.console.record import entries
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import LARGE, picture, running, toasts, until


def logged() -> FakeEngine:
    engine = FakeEngine()
    engine.files["se_2b11"] = talk.recording()
    entry = entries(3)[2]
    engine.entries = [msgspec.structs.replace(entry, operation=f"op_{number}") for number in range(1, 9)]
    return engine


async def test_the_pane_has_the_entry_and_its_proof_checked_here() -> None:
    engine = logged()
    async with running(engine, LARGE) as pilot:
        await pilot.press("6")
        await until(pilot, lambda: "1 recording" in picture(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "✓ proven here" in picture(pilot))
        assert "#2 operation.denied" in picture(pilot)
        await pilot.press("I")
        await until(pilot, lambda: isinstance(pilot.app.screen, Entry))


async def test_an_operation_that_one_passes_is_not_asked_of_the_log() -> None:
    engine = logged()
    async with running(engine, LARGE) as pilot:
        await pilot.press("6")
        await until(pilot, lambda: "1 recording" in picture(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "8 statements" in picture(pilot))
        await pilot.press("j", "j", "j", "j", "j", "j")
        await until(pilot, lambda: "✓ proven here" in picture(pilot))
        assert len([call for call in engine.calls if call[0] == "search" and "operation:" in call[1]]) < 4


async def test_on_a_small_screen_a_key_shows_review_reason_and_proof() -> None:
    async with running(logged()) as pilot:
        await pilot.press("6")
        await until(pilot, lambda: "1 recording" in picture(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "8 statements" in picture(pilot))
        await pilot.press("G", "k", "i")
        assert isinstance(pilot.app.screen, Evidence)
        await until(pilot, lambda: "✓ proven here" in picture(pilot))
        for part in ("by bob", "checked OPS-114", "deletes-need-a-human"):
            assert part in picture(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Entry))


async def test_without_an_engine_nothing_is_called_proven(tmp_path: Path) -> None:
    async with running(None, recording=talk.write(tmp_path)) as pilot:
        await until(pilot, lambda: "8 statements" in picture(pilot))
        await pilot.press("i")
        await until(pilot, lambda: "only a file is open" in picture(pilot))
        assert "proven" not in picture(pilot)
        await pilot.press("enter")
        assert any("only a file" in told for told in toasts(pilot))


async def test_an_engine_that_refuses_is_told_with_its_cause() -> None:
    engine = logged()
    async with running(engine) as pilot:
        await pilot.press("6")
        await until(pilot, lambda: "1 recording" in picture(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "8 statements" in picture(pilot))
        engine.refusal = Refused("forbidden", "you may not read the log")
        await pilot.press("i")
        await until(pilot, lambda: "you may not read the log" in picture(pilot))
