"""The open reviews: each change in the store first, then in the log, then in memory, then to whoever waits.

The store has the last word: every change is a compare-and-swap there. A grant counts only while its review is approved
and its deadline has not passed, whatever a timer did.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol

from engine.approvals import records
from engine.approvals.asking import operation_of
from engine.approvals.request import OPEN, Move, Review, State, after, decided_before
from engine.bus import Bus
from engine.errors import Conflict, NotFound
from engine.model import Operation
from engine.store.store import Store

TOPIC: Final = "reviews"
_EVENTS: Final = {
    State.APPROVED: "review.approved",
    State.DENIED: "review.denied",
    State.EXPIRED: "review.expired",
    State.WITHDRAWN: "review.withdrawn",
    State.USED: "review.used",
    State.REVOKED: "review.revoked",
}


class Evidence(Protocol):
    """The audit log, as much of it as reviews need."""

    @property
    def append(self) -> Callable[..., int]:
        """Add one event and return its sequence; raises RecordError."""

    async def wait(self, sequence: int) -> None:
        """Return once it is durable; raises RecordError."""


@dataclass(slots=True)
class Case:
    """One open review in memory. `moved` is set once it is pending no more; `lock` is held while it changes."""

    review: Review
    operation: Operation = field(repr=False)
    facts: Mapping[str, object] = field(default_factory=dict)
    has_values: bool = True  # whether the operation still has its text and parameters
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Docket:
    """The open reviews of one engine."""

    def __init__(self, store: Store, log: Evidence, bus: Bus, now: Callable[[], datetime]) -> None:
        self.store = store
        self.log = log
        self.cases: dict[str, Case] = {}
        self.changed = asyncio.Event()  # a deadline may be nearer than before
        self._bus = bus
        self._now = now

    async def load(self) -> None:
        """Take up what was open when the engine stopped."""
        for stored in await self.store.reviews([state.value for state in OPEN], limit=100_000):
            review = records.from_stored(stored)
            case = Case(review, operation_of(review), has_values=review.exact is not None)
            self.cases[review.id] = case

    async def add(
        self, review: Review, operation: Operation, facts: Mapping[str, object], said: dict[str, Any]
    ) -> None:
        """Take up a new review; durable when this returns."""
        await self.store.add_review(records.to_stored(review))
        case = self.cases[review.id] = Case(review, operation, dict(facts))
        sequence = self.tell("review.requested", review, said)
        self.announce(case)
        self.changed.set()
        await self.log.wait(sequence)

    async def case(self, id: str) -> Case:
        """An open review; raises Conflict where it is closed, NotFound where there is none."""
        if (case := self.cases.get(id)) is not None:
            return case
        stored = await self.store.review(id)
        if stored is None:
            raise NotFound(f"no review {id}", "", "hoopterm approvals list")
        raise decided_before(records.from_stored(stored))

    def approved(self, binding: str) -> list[Case]:
        """The approvals of one exact operation, oldest first."""
        found = (case for case in self.cases.values() if case.review.binding == binding)
        return [case for case in found if case.review.state is State.APPROVED]

    def waiting(self, binding: str) -> Review | None:
        """A review of one exact operation that is pending with nobody on the wire for it."""
        now = self._now()
        reviews = (case.review for case in self.cases.values() if case.review.binding == binding)
        pending = (review for review in reviews if review.state is State.PENDING and now < review.deadline)
        return next((review for review in pending if not review.is_held), None)

    async def move(self, case: Case, move: Move, said: dict[str, Any]) -> int:
        """Move a review; the caller holds its lock. Returns the event's sequence; raises Conflict."""
        review = case.review
        state = after(review.state, move)
        decided = self._now() if move in (Move.APPROVE, Move.DENY) else review.decided
        moved = await self.store.move_review(
            review.id, review.state.value, state.value, decided=decided, erase=state is not State.PENDING
        )
        if not moved:
            stored = await self.store.review(review.id)
            current = State(stored.state) if stored is not None else State.EXPIRED
            self._settle(case, replace(review, state=current, exact=None))
            raise Conflict(
                f"review {review.id} is {current.value}", "somebody else was faster", "nothing is to be done"
            )
        self._settle(case, replace(review, state=state, decided=decided, exact=None))
        sequence = self.tell(_EVENTS[state], case.review, said)
        self.announce(case)
        return sequence

    async def end(self, case: Case, said: dict[str, Any]) -> None:
        """Withdraw a pending review or revoke an approved one, unless it is closed by now."""
        async with case.lock:
            if case.review.is_open:
                is_pending = case.review.state is State.PENDING
                await self.move(case, Move.WITHDRAW if is_pending else Move.REVOKE, said)

    async def expire_if_late(self, case: Case) -> None:
        """Expire a review whose deadline has passed; the caller holds its lock."""
        if case.review.is_open and self._now() >= case.review.deadline:
            await self.move(case, Move.EXPIRE, {})

    async def expire_late(self) -> None:
        """Expire every review whose deadline has passed."""
        now = self._now()
        for case in [case for case in self.cases.values() if now >= case.review.deadline]:
            async with case.lock:
                await self.expire_if_late(case)

    def current(self, review: Review) -> Review:
        """A review that was read from the store, as it is in memory where it is open."""
        case = self.cases.get(review.id)
        return review if case is None else case.review

    def tell(self, event: str, review: Review, said: dict[str, Any]) -> int:
        """Record what happened to a review."""
        return self.log.append(
            event,
            session=review.session,
            operation=review.operation,
            identity=review.identity.subject,
            target=review.target,
            data={"review": review.id, "rule": review.rule, **said},
        )

    def announce(self, case: Case) -> None:
        """Tell watchers."""
        self._bus.publish(TOPIC, case.review)

    def _settle(self, case: Case, review: Review) -> None:
        case.review = review
        if review.state is not State.PENDING:
            case.moved.set()
        if not review.is_open:
            self.cases.pop(review.id, None)
        self.changed.set()
