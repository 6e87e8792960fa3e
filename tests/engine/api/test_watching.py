"""A watcher sees every frame once and in order, whenever it joins."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from engine.api.watching import Follower
from engine.errors import RecordError
from hoopterm.client import Client
from hoopterm.errors import Refused
from replay.format import Frame, encode_block, encode_header
from tests.engine.api.conftest import Serving


async def texts(client: Client, session: str) -> list[str]:
    return [frame.data["text"] async for frame in client.watch(session) if frame.code == "q"]


def test_a_follower_waits_at_a_torn_end_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "s.hoop"
    block = encode_block([Frame(0.5, "q", {"text": "a"})])
    follower = Follower(path)
    assert follower.next_block() is None
    path.write_bytes(encode_header({}) + block[:10])
    assert follower.next_block() == []
    assert follower.next_block() is None
    path.write_bytes(encode_header({}) + block)
    assert follower.next_block() == [Frame(0.5, "q", {"text": "a"})]
    assert follower.next_block() is None
    follower.close()


def test_a_damaged_recording_is_told(tmp_path: Path) -> None:
    path = tmp_path / "s.hoop"
    path.write_bytes(encode_header({}) + b"garbage!" * 20)
    follower = Follower(path)
    follower.next_block()
    with pytest.raises(RecordError, match="does not read"):
        follower.next_block()
    follower.close()


async def test_whoever_joins_late_misses_nothing_and_sees_nothing_twice(serving: Serving) -> None:
    session, _ = await serving.open_session()
    count = 300

    async def work() -> None:
        for number in range(count):
            session.recorder.event("q", {"operation": f"o-{number}", "text": str(number)})
            if number % 10 == 0:
                await asyncio.sleep(0.001)  # lets watchers join and the recording reach the disk in between
        await serving.gateway.close_session(session, "done")

    async with asyncio.TaskGroup() as tasks:
        watching = [tasks.create_task(texts(serving.client, session.id)) for _ in range(3)]
        working = tasks.create_task(work())
        await asyncio.sleep(0)
        watching.extend(tasks.create_task(texts(serving.client, session.id)) for _ in range(3))
        await working
    for task in watching:
        assert task.result() == [str(number) for number in range(count)]


async def test_a_frame_is_seen_while_the_session_lives(serving: Serving) -> None:
    session, _ = await serving.open_session()
    async with aclosing(serving.client.watch(session.id)) as frames:
        assert (await anext(frames)).code == "s"
        session.recorder.event("q", {"operation": "o", "text": "now"})
        assert (await anext(frames)).data["text"] == "now"
    await serving.gateway.close_session(session, "done")


async def test_a_watcher_that_falls_behind_is_told_so(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.api import watching

    monkeypatch.setattr(watching, "_CAPACITY", 5)
    session, _ = await serving.open_session()
    async with aclosing(serving.client.watch(session.id)) as frames:
        await anext(frames)
        session.recorder.event("n", {"operation": "o", "message": "watched by now"})
        await anext(frames)
        for number in range(50):
            session.recorder.event("n", {"operation": "o", "message": str(number)})
        with pytest.raises(Refused, match="too slowly"):
            async for _ in frames:
                pass
    await serving.gateway.close_session(session, "done")
