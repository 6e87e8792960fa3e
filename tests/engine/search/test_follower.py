"""The index follows the log in a process of its own, whatever becomes of that process."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from engine.search import follower as module
from engine.search.follower import Follower
from tests.engine.search.conftest import Record


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSE", 0.01)
    monkeypatch.setattr(module, "_AGAIN", 0.01)
    monkeypatch.setattr(module, "_PATIENCE", 0.1)


@asynccontextmanager
async def following(record: Record, **options: Any) -> AsyncIterator[Follower]:
    follower = Follower(record.state, published=lambda: record.size, **options)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(follower.run())
        yield follower
        running.cancel()


async def until(follower: Follower, claim: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not claim():
            await follower.news()


async def test_it_comes_as_far_as_the_log(record: Record) -> None:
    await record.intend("o-1", "SELECT one")
    size = await record.publish()
    async with following(record) as follower:
        await until(follower, lambda: follower.position == size)
        assert len(record.found("one")) == 1
        await record.intend("o-2", "SELECT two", session="s-2")
        size = await record.publish()
        await until(follower, lambda: follower.position == size)
        assert len(record.found("two")) == 1


async def test_a_process_that_is_killed_is_started_again_and_goes_on(record: Record) -> None:
    await record.intend("o-1", "SELECT one")
    size = await record.publish()
    async with following(record) as follower:
        await until(follower, lambda: follower.position == size)
        os.kill(follower.pid, signal.SIGKILL)
        await record.intend("o-2", "SELECT two", session="s-2")
        size = await record.publish()
        await until(follower, lambda: follower.position == size)
        assert (len(record.found("one")), len(record.found("two"))) == (1, 1)


async def test_a_process_that_is_stopped_does_not_keep_the_engine_from_ending(record: Record) -> None:
    await record.intend("o-1", "SELECT one")
    size = await record.publish()
    async with asyncio.timeout(30), following(record) as follower:
        await until(follower, lambda: follower.position == size)
        pid = follower.pid
        os.kill(pid, signal.SIGSTOP)
        await asyncio.to_thread(os.waitid, os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)  # pending signals come in no order
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_an_index_that_is_made_anew_comes_as_far_again(record: Record) -> None:
    await record.intend("o-1", "SELECT one")
    size = await record.publish()
    async with following(record) as follower:
        await until(follower, lambda: follower.position == size)
        with closing(sqlite3.connect(record.state / "search.db")) as connection:
            connection.execute("DELETE FROM entries")
            connection.commit()
        assert record.found("one") == []
        await follower.renew()
        await until(follower, lambda: follower.position == size)
        assert len(record.found("one")) == 1


async def test_nothing_is_written_while_the_disk_is_kept_for_the_record(record: Record) -> None:
    await record.intend("o-1")
    size = await record.publish()
    is_full = True
    asked = asyncio.Event()

    def may_write() -> bool:
        asked.set()
        return not is_full

    async with following(record, may_write=may_write) as follower:
        await asked.wait()
        assert not (record.state / "search.db").exists()
        is_full = False
        await until(follower, lambda: follower.position == size)


async def test_what_fails_is_told_until_it_goes_on(record: Record) -> None:
    await record.intend("o-1")
    size = await record.publish()
    log = record.state / "log"
    log.rename(record.state / "away")
    async with following(record) as follower:
        await until(follower, lambda: follower.trouble)
        assert "LayoutError" in follower.trouble
        (record.state / "away").rename(log)
        await until(follower, lambda: follower.position == size)
        assert follower.trouble == ""


async def test_a_program_that_is_not_there_is_a_trouble_and_no_end(record: Record, tmp_path: Path) -> None:
    async with following(record, command=[str(tmp_path / "none")]) as follower:
        await until(follower, lambda: follower.trouble)
        assert "none" in follower.trouble


async def test_the_process_has_nothing_of_the_engines_environment(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SECURITY promise 3: the engine's environment may hold credentials."""
    monkeypatch.setenv("SHOP_PASSWORD", "xyzzy")
    await record.intend("o-1")
    await record.publish()
    async with following(record) as follower:
        await until(follower, lambda: follower.position)
        environment = Path(f"/proc/{follower.pid}/environ")
        assert b"xyzzy" not in await asyncio.to_thread(environment.read_bytes)
