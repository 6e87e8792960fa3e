"""The log as the engine uses it."""

from __future__ import annotations

import asyncio
import errno
import json
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from engine.audit.events import EventName
from engine.audit.log import Log
from engine.errors import RecordError
from replay.note import Checkpoint, SigningKey
from replay.verify import verify
from tests.engine.audit.conftest import ORIGIN, OpenLog, Storage, write


async def test_a_new_log_begins_with_its_key(log: Log, key: SigningKey) -> None:
    assert (log.size, log.durable) == (1, 1)
    (first,) = log.read()
    assert (first["event"], first["data"]) == ("log.key", {"origin": ORIGIN, "key": str(key.verifier)})


async def test_sequences_count_up_and_entries_are_durable_after_the_wait(log: Log) -> None:
    assert [write(log, 1), write(log, 1)] == [1, 2]
    assert not log.is_durable(2)
    await log.wait(2)
    assert log.is_durable(2)
    assert log.durable == 3


async def test_callbacks_run_in_order_and_at_once_when_it_is_durable_already(log: Log) -> None:
    order: list[int] = []
    done = asyncio.Event()
    last = write(log, 10)
    for sequence in (5, 3, last):
        log.when_durable(sequence, lambda error, which=sequence: order.append(which))  # type: ignore[misc]  # mypy types no default
    log.when_durable(last, lambda error: done.set())
    assert order == []
    await done.wait()
    assert order == [3, 5, last]
    log.when_durable(1, lambda error: order.append(1))
    assert order[-1] == 1


async def test_a_wait_that_is_cancelled_disturbs_nobody(log: Log) -> None:
    sequence = write(log, 1)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(log.wait(sequence))
        await asyncio.sleep(0)
        waiting.cancel()
    await log.wait(sequence)


async def test_what_was_written_is_there_when_it_is_opened_again(open_log: OpenLog) -> None:
    log = await open_log()
    write(log, 600, session="s-1")
    await log.close()
    again = await open_log()
    assert (again.size, again.durable) == (601, 601)
    found = list(again.read())
    assert [entry["sequence"] for entry in found] == list(range(601))
    assert [entry["data"]["number"] for entry in found[1:]] == list(range(600))
    await again.wait(write(again, 1))
    assert [entry["sequence"] for entry in again.read(599)] == [599, 600, 601]


async def test_it_verifies_while_it_runs_and_after(log: Log, directory: Path, key: SigningKey) -> None:
    await log.wait(write(log, 700))
    report = await asyncio.to_thread(verify, directory, str(key.verifier))
    assert report.verdict == "anchored", report.problems
    assert report.size + report.unsigned_tail == 701
    await log.close()
    report = verify(directory)
    assert (report.ok, report.size, report.unsigned_tail) == (True, 701, 0)


async def test_it_verifies_at_any_moment_of_heavy_writing(log: Log, directory: Path) -> None:
    stop = asyncio.Event()

    async def keep_writing() -> None:
        while not stop.is_set():
            await log.wait(write(log, 40))

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keep_writing())
        for _ in range(5):
            report = await asyncio.to_thread(verify, directory)
            assert report.ok, report.problems
        stop.set()


async def test_reading_finds_every_durable_entry_at_any_moment(log: Log) -> None:
    for round in range(1, 6):
        await log.wait(write(log, 300))
        assert [entry["sequence"] for entry in log.read()] == list(range(1 + 300 * round))


async def test_the_feed_is_offered_every_entry_with_its_sequence(open_log: OpenLog) -> None:
    offered: list[tuple[EventName, int, bytes]] = []
    log = await open_log(on_entry=lambda *told: offered.append(told), now=lambda: datetime(2026, 3, 1, tzinfo=UTC))
    write(log, 1, session="s-1")
    event, sequence, entry = offered[1]
    assert (event, sequence) == (EventName.POLICY_APPLIED, 1)
    assert json.loads(entry) == {
        "v": 1,
        "time": "2026-03-01T00:00:00Z",
        "event": "policy.applied",
        "session": "s-1",
        "operation": None,
        "identity": None,
        "target": None,
        "data": {"number": 0},
    }


async def test_under_batched_durability_a_read_does_not_wait_and_a_write_does(open_log: OpenLog) -> None:
    log = await open_log(durability="batched")
    read = log.append(EventName.OPERATION_INTENDED, relaxed=True)
    assert log.is_durable(read)
    write_intent = log.append(EventName.OPERATION_INTENDED)
    assert not log.is_durable(write_intent)
    await log.wait(write_intent)
    assert log.durable > read
    lazy = log.append(EventName.OPERATION_INTENDED, relaxed=True)
    durable = asyncio.Event()
    while log.durable <= lazy:  # reaches the disk though nobody waits
        log.when_durable(log.append(EventName.ENGINE_STARTED, urgent=False), lambda error: durable.set())
        await durable.wait()


async def test_under_strict_durability_a_read_waits_like_a_write(log: Log) -> None:
    assert not log.is_durable(log.append(EventName.OPERATION_INTENDED, relaxed=True))


class Feed:
    """What the log offers to its live feed; `of` waits until an event has come."""

    def __init__(self) -> None:
        self._entries: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def __call__(self, event: EventName, sequence: int, entry: bytes) -> None:
        self._entries.put_nowait({"sequence": sequence, **json.loads(entry)})

    async def of(self, event: str) -> dict[str, Any]:
        while (entry := await self._entries.get())["event"] != event:
            pass
        return entry


async def test_while_storage_fails_nothing_is_taken_and_then_the_failure_is_evidenced(
    open_log: OpenLog, storage: Storage, directory: Path
) -> None:
    feed = Feed()
    log = await open_log(on_entry=feed)
    await log.wait(write(log, 5))
    storage.fail(errno.ENOSPC)
    intent = log.append(EventName.OPERATION_INTENDED, session="s-1", operation="o-1")
    with pytest.raises(RecordError, match="No space left on device"):
        await log.wait(intent)
    assert log.failure is not None
    with pytest.raises(RecordError, match="cannot be written"):
        write(log, 1)
    with pytest.raises(RecordError):
        await log.wait(intent)
    told: list[RecordError | None] = []
    log.when_durable(intent, told.append)
    assert isinstance(told[0], RecordError)
    storage.heal()
    await log.wait((await feed.of("answer.gap"))["sequence"])
    await log.wait(write(log, 1))
    (gap,) = [entry for entry in log.read() if entry["event"] == "answer.gap"]
    assert "No space left" in gap["data"]["why"]
    assert (gap["data"]["first"], gap["data"]["last"]) == (intent, intent)
    await log.close()
    report = verify(directory)
    assert report.ok, report.problems
    assert report.in_flight == []  # it was refused, and the log says so


async def test_closing_while_storage_fails_says_that_the_end_is_lost(open_log: OpenLog, storage: Storage) -> None:
    log = await open_log()
    storage.fail(errno.EIO)
    write(log, 1)
    with pytest.raises(RecordError, match="the end of the record was lost"):
        await log.close()
    storage.heal()
    assert (await open_log()).size == 1


async def test_a_closed_log_takes_nothing(log: Log) -> None:
    await log.close()
    await log.close()
    with pytest.raises(RecordError, match="closed"):
        write(log, 1)


async def test_two_engines_cannot_have_one_log(log: Log, open_log: OpenLog) -> None:
    with pytest.raises(RecordError, match="another engine holds"):
        await open_log()


async def test_checkpoints_are_copied_elsewhere(open_log: OpenLog, tmp_path: Path, key: SigningKey) -> None:
    log = await open_log(checkpoints=[tmp_path / "elsewhere"])
    write(log, 3)
    await log.close()
    kept = tmp_path / "elsewhere" / "node_0.checkpoint"
    assert Checkpoint.open(kept.read_bytes(), key.verifier).size == 4
    assert verify(tmp_path, checkpoint=kept).verdict == "anchored"


async def test_a_copy_that_cannot_be_written_is_evidenced_once(open_log: OpenLog, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("")
    feed = Feed()
    log = await open_log(checkpoints=[broken], on_entry=feed)
    write(log, 1)
    assert (await feed.of("notify.failed"))["data"]["where"] == str(broken)
    assert list(log.troubles) == [str(broken)]
    await log.close()  # publishes once more
    assert [entry["event"] for entry in log.read()].count("notify.failed") == 1


async def test_times_come_from_the_clock_that_was_given(open_log: OpenLog) -> None:
    ticks = count()
    log = await open_log(now=lambda: datetime(2026, 3, 1, 0, 0, next(ticks) % 60, tzinfo=UTC))
    await log.wait(write(log, 2))
    times = [entry["time"] for entry in log.read()]
    assert times == sorted(times)
    assert all(time.startswith("2026-03-01T00:00:") for time in times)


@pytest.mark.parametrize("is_failing", [True, False])
async def test_one_that_waited_and_fails_keeps_nothing_from_the_others(
    log: Log, storage: Storage, is_failing: bool
) -> None:
    """SECURITY: promise 6, never another session's service."""
    failures: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context["message"]))
    told: asyncio.Future[RecordError | None] = asyncio.get_running_loop().create_future()

    def fails(error: RecordError | None) -> None:
        raise RecordError("it cannot even say so")

    if is_failing:
        storage.fail(errno.EIO)
    last = write(log, 2)
    log.when_durable(last - 1, fails)
    log.when_durable(last, told.set_result)
    assert (await told is not None) is is_failing
    assert ("record" in log.all_troubles) is is_failing
    assert len(failures) == 1
    recovered = asyncio.Event()
    log.on_entry = lambda *told: recovered.set()
    storage.heal()
    if is_failing:
        await recovered.wait()


async def test_there_is_a_limit_to_what_waits_for_storage(
    log: Log, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.audit.log.MAX_PENDING", 10)
    with pytest.raises(RecordError, match="storage does not keep up"):
        write(log, 11)
    await log.wait(log.size - 1)
    await log.wait(write(log, 1))
