"""One entry, whole: fields, statement, and a proof that is checked here."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.api.schema import EntryDetailView
from hoopterm.errors import Refused
from tests.hoopterm.console.record import entries
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import picture, running, toasts, until


class Forging(FakeEngine):
    """An engine that shows other bytes than those it has proof of."""

    async def entry(self, sequence: int) -> EntryDetailView:
        found = await super().entry(sequence)
        return msgspec.structs.replace(found, raw=found.raw.replace("DELETE", "SELECT"))


async def opened(engine: FakeEngine, pilot: Any, words: str) -> str:
    engine.entries = entries(3)
    await pilot.press("5")
    await until(pilot, lambda: "3 of 3 entries" in picture(pilot))
    await pilot.press("enter")
    await until(pilot, lambda: words in picture(pilot))
    return picture(pilot)


async def test_its_proof_fields_and_statement_are_shown() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        shown = await opened(engine, pilot, "proven here")
        for part in ("operation.denied", "no-deletes", "op_2", "DELETE FROM orders"):
            assert part in shown
        await pilot.press("G")
        for part in ("2 of 4", "prod-eu"):
            assert part in picture(pilot)


async def test_an_entry_that_is_not_what_was_signed_is_not_proven() -> None:
    """SECURITY promise 8: the engine's word is not taken for it."""
    engine = Forging()
    async with running(engine) as pilot:
        shown = await opened(engine, pilot, "not proven")
        assert "the hashes do not lead" in shown


async def test_without_a_recording_nothing_is_replayed() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await opened(engine, pilot, "proven here")
        await pilot.press("r", "y")
        assert any("no recording" in told for told in toasts(pilot))
        assert any("the entry as it was logged" in told for told in toasts(pilot))


async def test_an_entry_that_cannot_be_read_says_why() -> None:
    engine = FakeEngine()
    engine.entries = entries(3)
    async with running(engine) as pilot:
        await pilot.press("5")
        await until(pilot, lambda: "3 of 3 entries" in picture(pilot))
        engine.refusal = Refused("not_found", "entry 2 is under no checkpoint yet", "ask again in a second")
        await pilot.press("enter")
        await until(pilot, lambda: "under no checkpoint yet" in picture(pilot))
