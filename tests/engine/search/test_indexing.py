"""From entries and recordings to what can be found, step by step."""

from __future__ import annotations

import pytest

from engine.audit.events import EventName
from engine.search.indexing import BATCH
from tests.engine.search.conftest import NOW, Record


async def test_a_statement_is_found_by_its_words_though_the_log_does_not_have_it(record: Record) -> None:
    await record.open_session()
    sequence = await record.intend("o-1", "SELECT tracking_number FROM orders")
    await record.publish()
    record.index().close()
    assert record.found("tracking_number") == [sequence]


async def test_the_index_goes_on_from_where_it_was(record: Record) -> None:
    await record.intend("o-1", "SELECT one")
    await record.publish()
    record.index().close()
    sequence = await record.intend("o-2", "SELECT two", session="s-2")
    await record.publish()
    indexing = record.index()
    assert indexing.position == record.size
    indexing.close()
    assert record.found("two") == [sequence]
    assert len(record.found("one")) == 1


async def test_many_entries_are_many_transactions_of_a_bounded_size(record: Record) -> None:
    for number in range(BATCH + 10):
        await record.intend(f"o-{number}")
    await record.publish()
    indexing = record.index()
    before = indexing.position
    indexing.renew()
    taken = [indexing.step(record.size), indexing.step(record.size), indexing.step(record.size)]
    indexing.close()
    assert (before, taken) == (record.size, [BATCH, record.size - BATCH, 0])


async def test_what_fails_in_a_step_leaves_the_index_where_it_was(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequence = await record.intend("o-1", "SELECT one")
    await record.publish()
    indexing = record.index()
    indexing.renew()
    with monkeypatch.context() as patched:
        patched.setattr("engine.search.projection.microseconds", lambda time: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            indexing.step(record.size)
    assert (indexing.position, record.found("")) == (0, [])
    assert indexing.step(record.size) == record.size
    indexing.close()
    assert record.found("one") == [sequence]


async def test_a_statement_that_comes_after_its_entry_is_found_once_it_is_there(record: Record) -> None:
    sequence = await record.intend("o-1", None)
    await record.publish()
    indexing = record.index(NOW.timestamp)
    assert indexing.has_waiting
    assert record.found("may") == []
    await record.say("o-1", "SELECT late")
    await record.publish()
    assert indexing.look_again() == 1
    assert not indexing.has_waiting
    indexing.close()
    assert record.found("late may") == [sequence]


async def test_a_statement_that_never_comes_is_not_looked_for_for_ever(record: Record) -> None:
    sequence = await record.intend("o-1", None)
    await record.publish()
    indexing = record.index(NOW.timestamp)
    looks = 0
    while indexing.has_waiting:
        looks += 1
        assert indexing.look_again() == 0
        assert looks < 100
    indexing.close()
    assert record.found("may") == [sequence]


async def test_a_recording_is_read_as_far_as_is_asked_and_then_further(record: Record) -> None:
    await record.say("o-1", "SELECT one")
    await record.say("o-2", "SELECT two")
    first = await record.intend("o-1", None)
    await record.publish()
    record.index().close()
    second = await record.intend("o-2", None)
    await record.publish()
    record.index().close()
    assert (record.found("one"), record.found("two")) == ([first], [second])


async def test_what_was_searched_for_is_not_found_for_having_been_searched(record: Record) -> None:
    """SECURITY promise 2: a value that somebody typed into a search is in no row of the index."""
    log = await record.log()
    log.append(EventName.AUDIT_SEARCHED, identity="carol", data={"query": "xyzzy@canary.example"})
    await record.publish()
    record.index().close()
    assert record.found("xyzzy") == []
    assert b"xyzzy" not in (record.state / "search.db").read_bytes()
