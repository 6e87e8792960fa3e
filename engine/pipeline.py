"""The sentence: what the engine does to every operation, in this order and nowhere else.

    analyse it → decide → if review: wait for people → record the intent → forward it →
    mask, record and deliver each chunk of the answer as it streams → record the outcome.

`Pipeline.admit` is its first half, up to the intent; the `Passage` it returns is the second, in the hands of the
adapter that forwards the operation. Operations of one session may overlap: nothing here knows a current one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from engine import denials, entries
from engine.audit.events import EventName
from engine.errors import Denied, HooptermError, RecordError
from engine.model import Decision, Mode, Operation, Outcome, Status, Verdict
from engine.passage import Passage
from engine.precedent import Followed, Precedent
from engine.protocols.base import Exchange, Hold
from replay.forms import nested

if TYPE_CHECKING:
    from engine.approvals.request import Review
    from engine.gateway import Gateway
    from engine.session import Session


class Pipeline:
    """Composes policy, approvals, masking and audit; adapters call it for each submission of their client."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def admit(self, session: Session, exchange: Exchange) -> list[Passage]:
        """Analyse, decide, wait for people and record the intent of one submission; raises `Denied`.

        All its operations are decided before any of them may be forwarded: one denial refuses them all. When this
        returns, every intent that must be on stable storage is.
        """
        operations = await self._analysed(session, exchange)
        self._require_room()
        self._require_unlocked(session, operations)
        decisions = self._decide_all(session, operations)
        approved: dict[str, Review] = {}
        for operation, decision in zip(operations, decisions, strict=True):
            if decision.verdict is Verdict.REVIEW:
                approved[operation.id] = await self._approved(session, operation, decision, exchange, approved)
        if approved:
            self._require_room()
            await self._require_the_same(session, operations, decisions, exchange)
            decisions = self._decide_all(session, operations)  # the policy may have changed while it waited
        used = await self._use(session, operations, decisions, approved)
        passages: list[Passage] = []
        try:
            for operation, decision in zip(operations, decisions, strict=True):
                passages.append(self._intend(session, operation, decision, used.get(operation.id)))
            for passage in passages:
                if not passage.operation.is_pure_read:
                    await passage.durable()
        except RecordError:
            for passage in passages:
                passage.abandon()
            self._never_ran(used)
            raise
        return passages

    async def _analysed(self, session: Session, exchange: Exchange) -> Sequence[Operation]:
        """Its operations, with estimates where a rule may ask for them."""
        operations = await exchange.analyse()
        if not session.revision.policy.reads_estimates(session.identity, session.target):
            return operations
        return [replace(each, estimated_rows=await exchange.estimate(each)) for each in operations]

    def _require_room(self) -> None:
        if self._gateway.room.is_full:
            raise self._gateway.room.refusal("operations")

    def _require_unlocked(self, session: Session, operations: Sequence[Operation]) -> None:
        """Nothing of a session that was locked goes on, whatever it waited for."""
        if session.why_locked is not None and operations:
            self._turn_away(session, operations[0], denials.locked(operations[0], session.why_locked))

    def _decide_all(self, session: Session, operations: Sequence[Operation]) -> list[Decision]:
        decisions = [self.decide(session, operation) for operation in operations]
        for operation, decision in zip(operations, decisions, strict=True):
            if decision.verdict is Verdict.DENY:
                self._turn_away(session, operation, denials.denied(operation, decision))
        return decisions

    async def _require_the_same(
        self, session: Session, operations: Sequence[Operation], decisions: Sequence[Decision], exchange: Exchange
    ) -> None:
        """Names may mean something else since people were asked: what they approved is what these meant then."""
        now = await exchange.analyse()
        for index, (operation, decision) in enumerate(zip(operations, decisions, strict=True)):
            if len(now) == len(operations) and _means_the_same(operation, now[index]):
                continue
            self._turn_away(session, operation, denials.changed(operation, decision))

    async def _use(
        self,
        session: Session,
        operations: Sequence[Operation],
        decisions: Sequence[Decision],
        approved: Mapping[str, Review],
    ) -> dict[str, Review]:
        """Use up all the approvals of one submission, and only once each of its operations has one."""
        used: dict[str, Review] = {}
        try:
            for operation, decision in zip(operations, decisions, strict=True):
                if decision.verdict is not Verdict.REVIEW:
                    continue
                taken = await self._gateway.approvals.take(session, operation, decision)
                if taken is not None:
                    used[operation.id] = taken
                elif (review := approved.get(operation.id)) is not None:
                    review = await self._gateway.approvals.get(review.id)
                    self._turn_away(session, operation, denials.turned_down(operation, decision, review))
                else:  # it needs approval since what was in front of it waited
                    self._turn_away(session, operation, denials.denied(operation, decision))
            self._require_unlocked(session, operations)
        except HooptermError:
            self._never_ran(used)
            raise
        return used

    def _never_ran(self, used: Mapping[str, Review]) -> None:
        for review in used.values():
            self._gateway.settle(review, Outcome(Status.SKIPPED, error="what it was sent with could not go on"))

    def admit_now(self, session: Session, operation: Operation) -> Passage | None:
        """The same without waiting, for an allowed and unlimited pure read; None when it needs `admit`."""
        if not operation.is_pure_read or session.why_locked is not None or self._gateway.room.is_full:
            return None
        if session.revision.policy.reads_estimates(session.identity, session.target):
            return None
        decision = self.decide(session, operation)
        if decision.verdict is not Verdict.ALLOW or decision.limit is not None:
            return None
        return self._intend(session, operation, decision, None)

    def precedent(self, session: Session, passage: Passage) -> Precedent | None:
        """What an admitted operation is to others like it; None where each must be decided by itself."""
        operation, decision = passage.operation, passage.decision
        is_allowed = decision.is_steady and decision.verdict is Verdict.ALLOW and decision.limit is None
        if not (is_allowed and operation.is_pure_read and session.recorder.keeps_all):
            return None
        precedent = Precedent(session, operation, decision)
        return None if precedent.is_too_long else precedent

    def follow(
        self, session: Session, precedent: Precedent, id: str, text: str, values: Sequence[str | None] = ()
    ) -> Followed | None:
        """Admit an operation by a precedent that holds: only its intent is new. Raises `RecordError`; None when it
        needs `admit`."""
        if session.why_locked is not None or self._gateway.room.is_full:
            return None
        masks, salt, name = session.masks, entries.new_salt(), id.encode()
        encoded, shown = precedent.said(text)
        size = len(encoded)
        if values:
            values = [
                value if value is None or masks.is_clear(value.encode()) else masks.text(value) for value in values
            ]
            size += sum([len(value) for value in values if value])
        session.recorder.fill(
            precedent.question,
            name,
            shown,
            salt.hex().encode(),
            nested(values) if values else b"[]",
            size=size,
        )
        sequence = self._gateway.log.append_form(
            EventName.OPERATION_INTENDED,
            precedent.intent,
            name,
            entries.digest_of(salt, encoded).encode(),
            relaxed=True,
        )
        session.open_operations[id] = salt
        session.counts.operations += 1
        session.counts.last_verb = precedent.operation.verb
        return Followed(self._gateway, session, precedent, id, text, sequence)

    def preview(self, session: Session, operation: Operation) -> Decision:
        """What would be decided while the parameters are not known yet; nothing is recorded, nothing held."""
        return self.decide(session, operation, parameters_known=False)

    def refuse_early(self, session: Session, operation: Operation, decision: Decision) -> NoReturn:
        """Record and raise the denial that `preview` found; raises RecordError where it cannot be recorded."""
        self._require_room()
        self._turn_away(session, operation, denials.denied(operation, decision))

    def decide(self, session: Session, operation: Operation, *, parameters_known: bool = True) -> Decision:
        """Policy, masking and limits; on an observed target the verdict is allow and `reason` says what it was."""
        revision = session.revision
        decision = revision.policy.evaluate(
            session.identity,
            session.target,
            session.facts,
            operation,
            self._gateway.now(),
            parameters_known=parameters_known,
        )
        refused = session.masks.refuses(operation)
        if refused is not None and decision.verdict is not Verdict.DENY:
            rule, why = refused
            decision = Decision(Verdict.DENY, rule.name, why)
        if decision.limit is not None and decision.limit.changed is not None and operation.uncounted is not None:
            decision = denials.uncounted(decision, operation.uncounted)
        if session.target.mode is Mode.OBSERVE and decision.verdict is not Verdict.ALLOW:
            return replace(
                decision,
                verdict=Verdict.ALLOW,
                reason=f"observed only, else {decision.verdict.value}: {decision.reason}",
            )
        return decision

    async def _approved(
        self,
        session: Session,
        operation: Operation,
        decision: Decision,
        exchange: Exchange,
        approved: Mapping[str, Review],
    ) -> Review:
        """An approval of one operation that can be used, or hold it until people give one; raises `Denied` when they do
        not, or not in time. `approved` are those that other operations of the submission count on."""
        approvals = self._gateway.approvals
        counted_on = {review.id for review in approved.values()}
        if (given := approvals.approved(session, operation, decision, counted_on)) is not None:
            return given
        assert decision.terms is not None
        terms = decision.terms
        if operation.estimated_rows is None:
            operation = replace(operation, estimated_rows=await exchange.estimate(operation))
        try:
            review = await approvals.request(session, operation, decision)
        except Denied as denied:
            self._turn_away(session, operation, denied)
        session.counts.held += 1
        entries.describe(session, operation, decision)
        entries.tell_review(session, operation, review, "pending")
        self._gateway.announce(session)
        on_hold = terms.on_hold or ("reject" if operation.in_transaction else "wait")
        if on_hold == "reject":
            self._turn_away(session, operation, denials.waiting(operation, decision, review, "it needs approval"))
        await exchange.hold(
            Hold(
                review=review.id,
                rule=decision.rule or "",
                reason=decision.reason,
                reviewers=tuple(sorted(terms.reviewers)),
                quorum=terms.quorum,
                deadline=review.deadline_text,
                hold=terms.hold,
            )
        )
        review = await approvals.wait(review, terms.hold, exchange.withdrawn)
        entries.tell_review(session, operation, review, review.state.value)
        if review.state.value == "pending":
            late = f"nobody decided within {terms.hold:g} s"
            self._turn_away(session, operation, denials.waiting(operation, decision, review, late))
        if review.state.value != "approved":
            again = self.decide(session, operation)  # a policy that denies it now says more than that it was withdrawn
            if again.verdict is Verdict.DENY:
                self._turn_away(session, operation, denials.denied(operation, again))
            self._turn_away(session, operation, denials.turned_down(operation, again, review))
        return review

    def _intend(self, session: Session, operation: Operation, decision: Decision, review: Review | None) -> Passage:
        """Record that it is about to be forwarded."""
        entries.describe(session, operation, decision, review)
        try:
            sequence = entries.append(
                self._gateway.log,
                session,
                EventName.OPERATION_INTENDED,
                entries.evidence(session, operation, decision, review.id if review else None),
                operation,
                relaxed=operation.is_pure_read,
            )
        except RecordError:
            session.open_operations.pop(operation.id, None)
            raise
        session.counts.operations += 1
        session.counts.last_verb = operation.verb
        return Passage(self._gateway, session, operation, decision, review, sequence)

    def _turn_away(self, session: Session, operation: Operation, denied: Denied) -> NoReturn:
        """Record one denial and raise it."""
        entries.describe(session, operation, denied.decision)
        data = entries.evidence(session, operation, denied.decision, denied.review)
        data |= {"why": session.masks.text(denied.why), "retry": denied.retry}
        session.open_operations.pop(operation.id, None)
        entries.append(self._gateway.log, session, EventName.OPERATION_DENIED, data, operation)
        session.counts.denied += 1
        session.recorder.event(
            "e",
            {
                "operation": operation.id,
                "status": Status.DENIED.value,
                "error": session.masks.text(f"{denied.what}: {denied.why}"),
            },
        )
        self._gateway.announce(session)
        raise denied


def _means_the_same(before: Operation, now: Operation) -> bool:
    if (before.verb, before.accesses, before.context) != (now.verb, now.accesses, now.context):
        return False
    return (before.columns, before.inferences, before.copies) == (now.columns, now.inferences, now.copies)
