import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from engine.audit.events import Entry, EventName, encode_entry
from engine.config.revision import Notification
from engine.notify.notifier import PAUSES, QUEUE, WORKERS, Notifier
from tests.engine.notify.test_delivery import served

LOW = EventName.SPACE_LOW


def entry(event: EventName = LOW) -> bytes:
    return encode_entry(Entry(1, datetime(2026, 11, 22, tzinfo=UTC), event, None, None, None, None, {"path": "/x"}))


class Told:
    """What failed, as it is told, and how long was paused."""

    def __init__(self) -> None:
        self.failures: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.paused: list[float] = []

    async def pause(self, seconds: float) -> None:
        self.paused.append(seconds)

    @contextlib.asynccontextmanager
    async def notifier(self, *notifications: Notification) -> AsyncIterator[Notifier]:
        async with asyncio.timeout(60), Notifier(self.failures.put_nowait, pause=self.pause) as notifier:
            notifier.use(notifications)
            yield notifier


def command(script: str, *arguments: str, name: str = "pager", timeout: float = 30.0) -> Notification:
    words = (sys.executable, "-I", "-c", script, *arguments)
    return Notification(name, frozenset({LOW}), command=words, timeout=timeout)


APPEND = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read())"


async def test_who_wants_an_event_is_told_of_it_and_of_no_other(tmp_path: Path) -> None:
    told = Told()
    async with told.notifier(command(APPEND, str(tmp_path / "out"))) as notifier:
        assert set(notifier.wanted) == {LOW}
        notifier.hear(LOW, 7, entry())
    (line,) = (tmp_path / "out").read_text().splitlines()
    assert (json.loads(line)["event"], json.loads(line)["sequence"]) == ("space.low", 7)
    assert told.failures.empty()


async def test_what_fails_is_tried_again_after_growing_pauses_and_then_told(tmp_path: Path) -> None:
    told = Told()
    out = tmp_path / "out"
    async with told.notifier(command(f"{APPEND}; raise SystemExit(1)", str(out))) as notifier:
        notifier.hear(LOW, 7, entry())
        failure = await told.failures.get()
    assert failure == {
        "what": "notification",
        "where": "pager",
        "event": "space.low",
        "sequence": 7,
        "why": "it ended with status 1",
        "attempts": 3,
    }
    assert told.paused == list(PAUSES)
    assert len(out.read_text().splitlines()) == 3


async def test_what_works_at_the_second_attempt_is_no_failure(tmp_path: Path) -> None:
    told = Told()
    script = f"import os, sys; there = os.path.exists(sys.argv[1]); {APPEND}; raise SystemExit(not there)"
    async with told.notifier(command(script, str(tmp_path / "out"))) as notifier:
        notifier.hear(LOW, 7, entry())
    assert told.paused == [PAUSES[0]]
    assert told.failures.empty()


async def test_a_slow_receiver_holds_up_neither_the_engine_nor_another_and_what_it_misses_is_counted() -> None:
    """SECURITY: promise 6, a slow pager costs bounded memory and stalls nobody."""
    told, goes_on = Told(), asyncio.Event()
    asked = {"slow": 0, "quick": 0}
    busy = {"slow": asyncio.Event(), "quick": asyncio.Event()}

    async def answer(request: web.Request) -> web.Response:
        name = request.query_string
        asked[name] += 1
        if asked[name] == WORKERS:
            busy[name].set()
        if name == "slow":
            await goes_on.wait()
        return web.Response()

    async with served(answer) as url:
        hooks = [Notification(name, frozenset({LOW}), url=f"{url}?{name}") for name in asked]
        async with told.notifier(*hooks) as notifier:
            for sequence in range(WORKERS):
                notifier.hear(LOW, sequence, entry())
            for each in busy.values():
                await each.wait()
            slow = notifier.wanted[LOW][0]
            for sequence in range(QUEUE + 10):
                slow.offer(LOW, 100 + sequence, b"{}")
            assert slow.waiting.qsize() == QUEUE
            assert asked["slow"] == WORKERS
            goes_on.set()
            lost = await told.failures.get()
    assert lost == {
        "what": "notification",
        "where": "slow",
        "why": "more came than it could be told",
        "lost": 10,
        "first": 100 + QUEUE,
    }


async def test_new_notifications_take_over_and_what_was_queued_still_goes_out(tmp_path: Path) -> None:
    told = Told()
    before, after = command(APPEND, str(tmp_path / "before")), command(APPEND, str(tmp_path / "after"), name="after")
    async with told.notifier(before) as notifier:
        notifier.hear(LOW, 1, entry())
        (kept,) = notifier.wanted[LOW]
        notifier.use([before, after])
        assert notifier.wanted[LOW][0] is kept
        notifier.use([after])
        notifier.hear(LOW, 2, entry())
    assert [json.loads(line)["sequence"] for line in (tmp_path / "before").read_text().splitlines()] == [1]
    assert [json.loads(line)["sequence"] for line in (tmp_path / "after").read_text().splitlines()] == [2]
