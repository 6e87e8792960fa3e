"""Who wants to know of which event: a queue for each, a few workers, and an event of its own where telling failed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import aiohttp
import structlog

from engine.notify import delivery
from engine.notify.notices import notice
from engine.secrets.resolve import Reference

if TYPE_CHECKING:
    from engine.audit.events import EventName
    from engine.config.revision import Notification

QUEUE: Final = 256
"""Notices that wait for one receiver; what comes on top of them is lost, which is an event."""
WORKERS: Final = 4
"""Deliveries to one receiver at a time."""
PAUSES: Final = (1.0, 5.0)
"""Seconds before each further attempt."""
_AT_ONCE: Final = 16  # deliveries of all receivers
_LAST_WORDS: Final = 5.0  # seconds that what is queued gets when the engine stops

logger = structlog.get_logger()
Failed = Callable[[dict[str, Any]], None]


class Receiver:
    """One notification's queue. What does not fit is counted, and told with the next delivery."""

    def __init__(self, notification: Notification) -> None:
        self.notification = notification
        self.waiting: asyncio.Queue[tuple[str, int, bytes] | None] = asyncio.Queue()  # bounded by `offer`
        self.first_lost: int | None = None
        self.count_lost = 0

    def offer(self, event: str, sequence: int, body: bytes) -> None:
        """Queue one notice, or count it as lost."""
        if self.waiting.qsize() < QUEUE:
            self.waiting.put_nowait((event, sequence, body))
            return
        self.count_lost += 1
        self.first_lost = sequence if self.first_lost is None else self.first_lost

    def take_lost(self) -> dict[str, Any] | None:
        """What was lost since this was asked last."""
        if not self.count_lost:
            return None
        lost, first = self.count_lost, self.first_lost
        self.count_lost, self.first_lost = 0, None
        return {"why": "more came than it could be told", "lost": lost, "first": first}

    def end(self) -> None:
        """Let its workers end once everything is delivered."""
        for _ in range(WORKERS):
            self.waiting.put_nowait(None)


class Notifier:
    """Hears every entry of the log. `wanted` says by event who is to be told: the only thing that costs an entry."""

    def __init__(self, failed: Failed, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self.wanted: Mapping[str, Sequence[Receiver]] = {}
        self._failed = failed
        self._pause = pause
        self._receivers: list[Receiver] = []
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._tasks: asyncio.TaskGroup
        self._workers: set[asyncio.Task[None]] = set()
        self._client: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self._client = delivery.client()
        self._tasks = await asyncio.TaskGroup().__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Deliver what is queued, for a while."""
        self.use(())
        if self._workers:
            _, late = await asyncio.wait(self._workers, timeout=_LAST_WORDS)
            for task in late:
                task.cancel()
        await self._tasks.__aexit__(None, None, None)
        await self._client.close()

    def use(self, notifications: Sequence[Notification]) -> None:
        """Tell these from now on; who is told no more still gets what was queued."""
        kept = {receiver.notification: receiver for receiver in self._receivers}
        self._receivers = [kept.pop(each) if each in kept else self._begin(each) for each in notifications]
        for receiver in kept.values():
            receiver.end()
        wanted: dict[str, list[Receiver]] = {}
        for receiver in self._receivers:
            for event in receiver.notification.events:
                wanted.setdefault(event, []).append(receiver)
        self.wanted = wanted

    def hear(self, event: EventName, sequence: int, entry: bytes) -> None:
        """Tell those who want to know; never waits."""
        body = notice(event, sequence, entry)
        for receiver in self.wanted.get(event, ()):
            receiver.offer(event, sequence, body)

    def _begin(self, notification: Notification) -> Receiver:
        receiver = Receiver(notification)
        for _ in range(WORKERS):
            task = self._tasks.create_task(self._work(receiver))
            self._workers.add(task)
            task.add_done_callback(self._workers.discard)
        return receiver

    async def _work(self, receiver: Receiver) -> None:
        name = receiver.notification.name
        while (waiting := await receiver.waiting.get()) is not None:
            if (lost := receiver.take_lost()) is not None:
                self._failed({"what": "notification", "where": name, **lost})
            event, sequence, body = waiting
            try:
                why = await self._deliver(receiver.notification, body)
            except Exception:
                logger.exception("a notification failed", where=name)
                why = "internal error"
            if why:
                told = {"event": event, "sequence": sequence, "why": why, "attempts": 1 + len(PAUSES)}
                self._failed({"what": "notification", "where": name, **told})

    async def _deliver(self, notification: Notification, body: bytes) -> str:
        """Try a few times; why the last one failed, "" when one did not."""
        why = await self._attempt(notification, body)
        for pause in PAUSES:
            if not why:
                break
            await self._pause(pause)
            why = await self._attempt(notification, body)
        return why

    async def _attempt(self, notification: Notification, body: bytes) -> str:
        async with self._at_once:
            if notification.command is not None:
                return await delivery.run(notification.command, body, notification.timeout)
            headers = {name: Reference(env=each.env, file=each.file) for name, each in notification.headers}
            return await delivery.post(self._client, notification.url or "", headers, body, notification.timeout)
