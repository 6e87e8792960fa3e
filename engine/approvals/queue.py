"""What the pipeline and people do with reviews: ask, wait, vote, take, end."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

import structlog

from engine.approvals import eligibility, grants, records
from engine.approvals.asking import HeldSession, review_of, storable
from engine.approvals.ballot import text_of
from engine.approvals.docket import TOPIC, Case, Docket, Evidence
from engine.approvals.eligibility import Configured, Reviewer
from engine.approvals.request import Move, Review, State, Vote, decided_before
from engine.bus import Bus
from engine.errors import Conflict, Denied, Forbidden, HooptermError, NotFound
from engine.model import Decision, Identity, Operation, Outcome, Verdict
from engine.store.store import Store

MAX_PENDING: Final = 100
"""Pending reviews of one identity: its reviewers must be able to keep up, and the engine's memory is bounded."""
MAX_REASON: Final = 2000
_CHECK_EVERY: Final = 0.5  # seconds: a wall clock that jumped is noticed within a second
_SOON: Final = 0.01  # seconds: a store that fails is not asked again without a breath

logger = structlog.get_logger()


class ReviewQueue:
    """The reviews of one engine. Make it with `ReviewQueue.open`, and let `run` keep its deadlines."""

    def __init__(
        self,
        docket: Docket,
        bus: Bus,
        *,
        key: bytes,
        revision: Configured,
        now: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._docket = docket
        self._bus = bus
        self._key = key
        self._revision = revision
        self._now = now
        self._random = random
        self._abandoned: set[str] = set()
        self._is_stopping = False

    @classmethod
    async def open(
        cls,
        store: Store,
        log: Evidence,
        bus: Bus,
        *,
        key: bytes,
        revision: Configured,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> Self:
        """The queue of this store; what was open when the engine stopped is open again, decided by this revision."""
        docket = Docket(store, log, bus, now)
        await docket.load()
        queue = cls(docket, bus, key=key, revision=revision, now=now, random=random)
        await docket.expire_late()
        await queue.redecide(revision)
        return queue

    @property
    def pending(self) -> int:
        """How many wait for people."""
        return sum(case.review.state is State.PENDING for case in self._docket.cases.values())

    async def list(self, states: Collection[State] | None = None, limit: int = 500) -> list[Review]:
        """Reviews in these states (in all, where None), latest first."""
        stored = await self._docket.store.reviews([state.value for state in states or State], limit)
        return [self._docket.current(records.from_stored(each)) for each in stored]

    async def get(self, id: str) -> Review:
        """One review; raises NotFound."""
        stored = await self._docket.store.review(id)
        if stored is None:
            raise NotFound(f"no review {id}", "", "hoopterm approvals list")
        return self._docket.current(records.from_stored(stored))

    def why_not(self, review: Review, person: Reviewer) -> str:
        """Why this person may not decide it now; "" when they may."""
        if review.state is not State.PENDING:
            return f"it is {review.state.value}"
        if any(vote.person == person.name for vote in review.votes):
            return f"{person.name} has voted already"
        return eligibility.why_not(review, person.name, self._revision)

    async def request(self, session: HeldSession, operation: Operation, decision: Decision) -> Review:
        """Ask people about an operation that a review rule holds; durable when it returns.

        Where the identical operation waits already with nobody on the wire for it, that is its review. Raises Denied
        for what would be too much for people: a text too long to judge, too many reviews of one identity at once.
        """
        bound = grants.binding(self._key, session.identity, session.target, operation, decision)
        if (waiting := self._docket.waiting(bound)) is not None:
            return waiting
        self._bound(session.identity, operation, decision)
        review = review_of(
            session,
            operation,
            decision,
            id=f"rv_{base64.b32encode(self._random(5)).decode().lower()}",
            binding=bound,
            similar_before=await self._docket.store.count_approved(session.identity.subject, decision.rule or ""),
            now=self._now(),
        )
        said = {
            "reason": review.reason,
            "verb": review.verb,
            "effects": [access.effect.value for access in review.masked.accesses],
            "resources": [str(access.resource) for access in review.masked.accesses],
            "has_where": review.has_where,
            "reviewers": sorted(review.terms.reviewers),
            "quorum": review.terms.quorum,
            "deadline": review.deadline_text,
        }
        await self._docket.add(review, operation, session.facts, said)
        return review

    async def wait(self, review: Review, hold: float, withdrawn: asyncio.Event) -> Review:
        """Wait until it is decided, `hold` seconds have passed, or the client withdrew, which ends it."""
        case = self._docket.cases.get(review.id)
        if case is None:
            return await self.get(review.id)
        case.review = replace(case.review, held_until=self._now() + timedelta(seconds=hold))
        self._docket.announce(case)
        try:
            await _first(case.moved, withdrawn, timeout=hold)
        except asyncio.CancelledError:
            self._abandoned.add(review.id)  # `run` withdraws it: a cancelled task may not wait for the store
            self._docket.changed.set()
            raise
        finally:
            case.review = replace(case.review, held_until=None)
            self._docket.announce(case)
        if withdrawn.is_set():
            await self._docket.end(case, {"by": "client"})
        return case.review

    async def vote(
        self,
        id: str,
        person: Reviewer,
        verdict: str,
        reason: str,
        sign: Callable[[bytes], Awaitable[str]] | None = None,
    ) -> Review:
        """One person's `approve` or `deny`. One denial denies; approval takes every panel's quorum of distinct people.

        Where they `sign`, the vote counts only once they have. Raises NotFound, Conflict when it is decided already,
        Forbidden when it is not theirs to decide, and what `sign` raises."""
        if verdict not in ("approve", "deny"):
            raise ValueError(verdict)
        vote = Vote(person.name, verdict, storable(reason)[:MAX_REASON], self._now())
        ballot: dict[str, str] = {}
        if sign is not None:
            review = (await self._docket.case(id)).review
            self._check_vote(review, person.name)  # before anybody is asked to touch a key
            text = text_of(review, vote)
            ballot = {"signed": text, "signature": await sign(text.encode())}
        case = await self._docket.case(id)
        async with case.lock:
            await self._docket.expire_if_late(case)
            self._check_vote(case.review, person.name)
            sequence = await self._cast(case, vote, ballot)
            review = case.review
        await self._docket.log.wait(sequence)
        return review

    def _check_vote(self, review: Review, person: str) -> None:
        if review.state is not State.PENDING:
            raise decided_before(review)
        if any(vote.person == person for vote in review.votes):
            raise Conflict(f"{person} has voted already", "one person is one vote", "ask another reviewer")
        if why := eligibility.why_not(review, person, self._revision):
            raise Forbidden(f"review {review.id} is not yours to decide", why, "ask another of its reviewers")

    async def _cast(self, case: Case, vote: Vote, ballot: Mapping[str, str]) -> int:
        """Count a vote, and move the review where it decides it. Returns the last event's sequence."""
        docket, said = self._docket, {"by": vote.person, "reason": vote.reason}
        sequence = docket.tell("review.voted", case.review, {**said, "verdict": vote.verdict, **ballot})
        if not await docket.store.add_vote(case.review.id, records.to_stored_vote(vote)):
            raise Conflict(f"{vote.person} has voted already", "one person is one vote", "ask another reviewer")
        case.review = replace(case.review, votes=(*case.review.votes, vote))
        if vote.verdict == "deny":
            return await docket.move(case, Move.DENY, said)
        if eligibility.is_approved(case.review, self._revision):
            by = [each.person for each in case.review.votes]
            return await docket.move(case, Move.APPROVE, {"by": by, "until": case.review.deadline_text})
        docket.announce(case)
        return sequence

    def approved(
        self, session: HeldSession, operation: Operation, decision: Decision, but_not: Collection[str] = ()
    ) -> Review | None:
        """An approval of exactly this operation that `take` would use; None when there is none besides `but_not`."""
        bound = grants.binding(self._key, session.identity, session.target, operation, decision)
        given = (case.review for case in self._docket.approved(bound))
        now = self._now()
        return next((review for review in given if review.id not in but_not and now < review.deadline), None)

    async def take(self, session: HeldSession, operation: Operation, decision: Decision) -> Review | None:
        """An approval of exactly this operation, used up now; None when there is none, or none any more."""
        bound = grants.binding(self._key, session.identity, session.target, operation, decision)
        for case in self._docket.approved(bound):
            async with case.lock:
                try:
                    await self._docket.expire_if_late(case)
                    if case.review.state is State.APPROVED:
                        await self._docket.move(case, Move.USE, {"session": session.id, "operation": operation.id})
                        return case.review
                except Conflict:
                    continue
        return None

    async def withdraw(self, id: str) -> Review:
        """The client does not want it any more: what is pending is withdrawn, what is approved revoked."""
        case = await self._docket.case(id)
        await self._docket.end(case, {"by": "client"})
        return case.review

    async def revoke(self, id: str, by: str, reason: str = "") -> Review:
        """End what an approval gave; raises Conflict when it gave nothing yet or is used."""
        case = await self._docket.case(id)
        async with case.lock:
            said = {"by": by, "reason": storable(reason)[:MAX_REASON]}
            sequence = await self._docket.move(case, Move.REVOKE, said)
        await self._docket.log.wait(sequence)
        return case.review

    async def end(self, is_ended: Callable[[Review], bool], why: str) -> None:
        """End every open review of which that is true."""
        for case in tuple(self._docket.cases.values()):
            if is_ended(case.review):
                await self._docket.end(case, {"by": "engine", "reason": why})

    async def redecide(self, revision: Configured) -> None:
        """Decide every open review again under a new configuration; it survives if the same rules still hold it."""
        self._revision = revision
        for case in tuple(self._docket.cases.values()):
            if not self._still_holds(case):
                await self._docket.end(case, {"by": "engine", "reason": "the rule that held it changed"})

    async def outcome(self, review: Review, outcome: Outcome) -> None:
        """Keep what became of the operation that used it."""
        await self._docket.store.set_outcome(review.id, records.encode_outcome(outcome))
        self._bus.publish(TOPIC, replace(review, outcome=outcome))

    async def run(self) -> None:
        """Keep the deadlines, until `stop`."""
        changed = self._docket.changed
        while not self._is_stopping:
            changed.clear()
            try:
                await self._docket.expire_late()
                await self._withdraw_abandoned()
            except HooptermError as error:
                # What is late counts as ended all the same: `take` and `vote` look at the deadline themselves.
                logger.error("reviews could not be ended in the store", why=str(error))
            try:
                async with asyncio.timeout(self._next_check()):
                    await changed.wait()
            except TimeoutError:
                continue

    def stop(self) -> None:
        """Let `run` return; open reviews stay open for the next start."""
        self._is_stopping = True
        self._docket.changed.set()

    def _bound(self, identity: Identity, operation: Operation, decision: Decision) -> None:
        cases = self._docket.cases.values()
        if sum(case.review.identity.subject == identity.subject for case in cases) >= MAX_PENDING:
            what = f"{operation.verb} denied: {identity.subject} has {MAX_PENDING} open reviews"
            why = "people could not keep up with more"
            raise Denied(
                what, why, "wait until some are decided", decision=decision, operation=operation.id, retry=True
            )

    def _still_holds(self, case: Case) -> bool:
        review, revision = case.review, self._revision
        target = revision.targets.get(review.target)
        if target is None:
            return False
        decision = revision.policy.evaluate(
            review.identity, target, case.facts, case.operation, self._now(), parameters_known=case.has_values
        )
        return decision.verdict is Verdict.REVIEW and decision.rule_digest == review.rule_digest

    async def _withdraw_abandoned(self) -> None:
        for id in tuple(self._abandoned):
            if (case := self._docket.cases.get(id)) is not None:
                await self._docket.end(case, {"by": "client", "reason": "it went away"})
            self._abandoned.discard(id)

    def _next_check(self) -> float | None:
        """Seconds until something may be late; None when nothing is open."""
        deadlines = [case.review.deadline for case in self._docket.cases.values()]
        if not deadlines:
            return None
        return min(max((min(deadlines) - self._now()).total_seconds(), _SOON), _CHECK_EVERY)


async def _first(one: asyncio.Event, other: asyncio.Event, *, timeout: float) -> None:
    """Return once either is set or the time is over."""
    async with asyncio.TaskGroup() as group:
        waiting: list[asyncio.Task[Any]] = [group.create_task(one.wait()), group.create_task(other.wait())]
        await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
