"""What the log has of an operation is asked once, and checked."""

from __future__ import annotations

import msgspec

from hoopterm.console.sealed import Seals
from hoopterm.errors import Refused
from tests.hoopterm.console.record import entries
from tests.hoopterm.console.scenes import FakeEngine


def engine_with(*operations: str) -> FakeEngine:
    engine = FakeEngine()
    found = entries(len(operations))
    engine.entries = [
        msgspec.structs.replace(entry, operation=operation) for entry, operation in zip(found, operations, strict=True)
    ]
    return engine


async def test_the_first_entry_is_proven_and_the_later_ones_are_counted() -> None:
    found = await Seals("se_1").ask(engine_with("op_1", "op_2", "op_1"), "op_1")
    assert found.entry is not None
    assert found.entry.sequence == 0
    assert found.proven is not None
    assert found.proven.holds
    assert found.others == 1


async def test_an_operation_is_asked_of_the_log_once() -> None:
    engine, seals = engine_with("op_1"), Seals("se_1")
    assert await seals.ask(engine, "op_1") is await seals.ask(engine, "op_1")
    assert len([call for call in engine.calls if call[0] == "search"]) == 1


async def test_what_is_not_found_yet_is_asked_again() -> None:
    engine, seals = engine_with("op_2"), Seals("se_1")
    assert "no entry" in (await seals.ask(engine, "op_1")).cause
    engine.entries = engine_with("op_1").entries
    assert (await seals.ask(engine, "op_1")).proven is not None


async def test_a_refusal_is_the_cause() -> None:
    engine = engine_with("op_1")
    engine.refusal = Refused("forbidden", "you may not read the log")
    assert (await Seals("se_1").ask(engine, "op_1")).cause == "you may not read the log"
