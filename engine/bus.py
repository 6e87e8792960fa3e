"""Live events to watchers: bounded queues; a slow watcher is dropped, never waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any


class Subscription:
    """One watcher's queue over some topics; iterate it, and close it when done.

    Iteration ends when the bus closes or when the watcher fell `capacity` items behind (`dropped` is then true).
    """

    def __init__(self, bus: Bus, topics: frozenset[str], capacity: int) -> None:
        self._bus = bus
        self._queue: asyncio.Queue[tuple[str, Any] | None] = asyncio.Queue(capacity + 1)
        self._capacity = capacity
        self.topics = topics
        self.dropped = False

    def offer(self, topic: str, item: Any) -> None:
        """Queue one item, or drop the watcher when it is full."""
        if self._queue.qsize() >= self._capacity:
            self.dropped = True
            self.close()
        else:
            self._queue.put_nowait((topic, item))

    def close(self) -> None:
        """Stop receiving; iteration ends after what is queued."""
        if self._bus.forget(self):
            self._queue.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[tuple[str, Any]]:
        while (entry := await self._queue.get()) is not None:
            yield entry


class Bus:
    """Topics are plain strings: `reviews`, `sessions`, `events`, `frames:<session>`."""

    def __init__(self) -> None:
        self._watchers: dict[str, set[Subscription]] = {}

    def subscribe(self, *topics: str, capacity: int = 1024) -> Subscription:
        """A new watcher of these topics."""
        subscription = Subscription(self, frozenset(topics), capacity)
        for topic in topics:
            self._watchers.setdefault(topic, set()).add(subscription)
        return subscription

    def has_watchers(self, topic: str) -> bool:
        """Whether publishing to the topic reaches anybody: check before building a costly item."""
        return topic in self._watchers

    def publish(self, topic: str, item: Any) -> None:
        """Offer an item to every watcher of the topic."""
        for subscription in tuple(self._watchers.get(topic, ())):
            subscription.offer(topic, item)

    def forget(self, subscription: Subscription) -> bool:
        """Remove a watcher; False when it was not there any more."""
        known = False
        for topic in subscription.topics:
            watchers = self._watchers.get(topic)
            if watchers is not None and subscription in watchers:
                known = True
                watchers.discard(subscription)
                if not watchers:
                    del self._watchers[topic]
        return known

    def close(self) -> None:
        """End every subscription."""
        for watchers in tuple(self._watchers.values()):
            for subscription in tuple(watchers):
                subscription.close()
