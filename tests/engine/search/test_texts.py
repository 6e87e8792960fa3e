"""Statements out of recordings."""

from __future__ import annotations

from typing import Any

from engine.search.texts import MOST_TEXT, Said, said_in
from tests.engine.search.conftest import Record


def all_of(record: Record, session: str = "s-1", start: int = 0) -> list[Said]:
    return [said for _, block in said_in(record.state / "recordings", session, start) for said in block]


async def test_operations_are_read_in_order_with_what_was_bound(record: Record) -> None:
    await record.say("o-1", "SELECT $1", parameters=["7", None], types=["int4", "text"])
    await record.say("o-2", "SELECT 2")
    await record.publish()
    assert all_of(record) == [
        Said("o-1", "SELECT $1", ("7", None), ("int4", "text"), True),
        Said("o-2", "SELECT 2", (), (), True),
    ]


async def test_reading_goes_on_behind_the_last_block(record: Record) -> None:
    await record.say("o-1", "SELECT 1")
    await record.publish()
    *_, (end, _) = said_in(record.state / "recordings", "s-1", 0)
    assert end == (record.state / "recordings/s-1.hoop").stat().st_size
    assert all_of(record, start=end) == []


async def test_a_long_statement_is_cut_and_says_so(record: Record) -> None:
    await record.say("o-1", "x" * (MOST_TEXT + 1))
    await record.publish()
    (said,) = all_of(record)
    assert (len(said.text), said.is_whole) == (MOST_TEXT, False)


async def test_a_session_without_a_recording_says_nothing(record: Record) -> None:
    await record.publish()
    assert all_of(record, "s-none") == []


async def test_a_damaged_recording_says_what_stands_before_the_damage(record: Record) -> None:
    await record.say("o-1", "SELECT 1")
    await record.publish()
    path = record.state / "recordings/s-1.hoop"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"not a block")
    assert [said.operation for said in all_of(record)] == ["o-1"]


async def test_a_frame_that_says_nothing_sensible_is_passed_over(record: Record) -> None:
    odd: dict[str, Any] = {"parameters": "none", "types": None}
    await record.say("o-1", "SELECT 1", **odd)
    await record.say("o-2", "")
    await record.publish()
    assert all_of(record) == [Said("o-1", "SELECT 1", (), (), True), Said("o-2", "", (), (), True)]
