"""A review queue over a real store, with a clock and a log that tests can read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.approvals.queue import ReviewQueue
from engine.bus import Bus
from engine.config.revision import Person, Revision
from engine.errors import RecordError
from engine.model import Access, Decision, Effect, Identity, Operation, Parameter, Resource, Target
from engine.store.store import Store
from tests.engine.config.writing import revision

CONFIG = """\
identity:
  people:
    alice: {unix: alice, groups: [dev, dba]}
    bob: {unix: bob, groups: [dba, security]}
    carol: {unix: carol, groups: [dba]}
    dave: {unix: dave, groups: [dev]}
    erin: {unix: erin, groups: [security]}
permissions: {approver: [dba, security]}
agents:
  - {name: bot, sponsor: alice, groups: [agents]}
  - {name: helper, sponsor: carol, groups: [agents]}
targets:
  - {name: shop, protocol: postgres, address: 127.0.0.1:5432, database: shop, credential: {user: app}}
rules:
  - {name: read, decide: allow, what: {effects: [read]}}
  - name: deletes
    decide: review
    what: {effects: [delete]}
    review: {reviewers: {groups: [dba]}, quorum: QUORUM, hold: 60s, timeout: 15m}
  - name: writes
    decide: review
    what: {effects: [write]}
    review: {reviewers: {groups: [security]}, timeout: 20m}
"""


class Clock:
    """A time that moves when told to."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, **duration: float) -> None:
        self.time += timedelta(**duration)


class FakeLog:
    """Remembers its entries; fails when told to."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, dict[str, Any]]] = []
        self.fails = False

    def append(self, event: str, **said: Any) -> int:
        if self.fails:
            raise RecordError("the record cannot be written")
        self.entries.append((event, said))
        return len(self.entries) - 1

    async def wait(self, sequence: int) -> None:
        assert sequence < len(self.entries)

    @property
    def events(self) -> list[str]:
        return [event for event, _ in self.entries]


class Masks:
    """Hides one word."""

    def text(self, text: str) -> str:
        return text.replace("4111111111111111", "****")


@dataclass
class Client:
    """A session as far as reviews look at it."""

    identity: Identity
    target: Target
    id: str = "s-1"
    masks: Masks = field(default_factory=Masks)
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass
class Desk:
    """Everything a review needs, in few words."""

    store: Store
    log: FakeLog
    bus: Bus
    clock: Clock
    config: Revision
    queue: ReviewQueue
    state: Path

    @property
    def bot(self) -> Identity:
        return replace(self.config.identity_of_agent("bot"), token="t1", token_minted_by="dave")

    def client(self, identity: Identity | None = None, id: str = "s-1") -> Client:
        return Client(identity or self.bot, self.config.targets["shop"], id)

    def person(self, name: str) -> Person:
        return self.config.people[name]

    def decide(self, client: Client, operation: Operation) -> Decision:
        return self.config.policy.evaluate(client.identity, client.target, client.facts, operation, self.clock())

    async def ask(self, client: Client | None = None, operation: Operation | None = None) -> Any:
        client, operation = client or self.client(), operation or delete()
        return await self.queue.request(client, operation, self.decide(client, operation))

    async def take(self, client: Client | None = None, operation: Operation | None = None) -> Any:
        client, operation = client or self.client(), operation or delete()
        return await self.queue.take(client, operation, self.decide(client, operation))

    async def approve(self, id: str, *people: str) -> Any:
        for name in people:
            review = await self.queue.vote(id, self.person(name), "approve", "fine")
        return review

    async def restart(self, config: Revision | None = None) -> None:
        """Stop the engine and start it again on what it stored."""
        await self.store.close()
        self.store = await Store.open("sqlite", self.state)
        self.config = config or self.config
        self.queue = await open_queue(self)


def delete(
    text: str = "DELETE FROM orders WHERE id = $1",
    parameter: str | None = "7",
    *,
    id: str = "o-1",
    effects: tuple[str, ...] = ("delete",),
    **context: str,
) -> Operation:
    """One statement that rules hold."""
    settings = {"database": "shop", "role": "app", "search_path": "public"} | context
    accesses = tuple(Access(Effect(effect), Resource("table", "public.orders")) for effect in effects)
    return Operation(
        id,
        "s-1",
        "statement",
        "DELETE",
        text,
        accesses,
        parameters=(Parameter("int4", parameter),),
        context=tuple(settings.items()),
        has_where=True,
    )


def configured(replaced: Mapping[str, str] | None = None, *, quorum: int = 1) -> Revision:
    """The configuration, with texts in it replaced."""
    text = CONFIG.replace("QUORUM", str(quorum))
    for old, new in (replaced or {}).items():
        assert old in text
        text = text.replace(old, new)
    return revision(text, whole=False)


async def open_queue(desk: Desk) -> ReviewQueue:
    return await ReviewQueue.open(desk.store, desk.log, desk.bus, key=b"k" * 32, revision=desk.config, now=desk.clock)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    store = await Store.open("sqlite", tmp_path)
    made = Desk(store, FakeLog(), Bus(), Clock(), configured(), None, tmp_path)  # type: ignore[arg-type]  # next line
    made.queue = await open_queue(made)
    yield made
    await made.store.close()
