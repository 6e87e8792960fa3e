"""One admitted operation on its way: masked, recorded and delivered chunk by chunk, then concluded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from engine import entries
from engine.audit.events import EventName
from engine.masking.plan import Plan
from engine.masking.stream import StreamMasker
from engine.model import Column, Decision, Excess, Limit, Mode, Operation, Outcome, Status
from engine.protocols.base import AnswerMasker
from engine.streams import Stream

if TYPE_CHECKING:
    from engine.approvals.request import Review
    from engine.errors import Denied
    from engine.gateway import Gateway
    from engine.session import Session


class Passage:
    """What an adapter holds of an operation the pipeline admitted.

    The answer's first byte may only be delivered once `is_durable`; the order of calls is `forwarded`, then for each
    answer `plan` and any number of `deliver`, then `conclude` exactly once.
    """

    __slots__ = (
        "_gateway",
        "_is_concluded",
        "_masked",
        "_rows",
        "_sequence",
        "decision",
        "masker",
        "operation",
        "review",
        "session",
    )

    def __init__(
        self,
        gateway: Gateway,
        session: Session,
        operation: Operation,
        decision: Decision,
        review: Review | None,
        sequence: int,
    ) -> None:
        self._gateway = gateway
        self._sequence = sequence
        self._is_concluded = False
        self._rows = self._masked = 0  # of its streams, counted so far
        self.session = session
        self.operation = operation
        self.decision = decision
        self.review = review
        self.masker: AnswerMasker | None = None

    @property
    def limit(self) -> Limit | None:
        """How many rows it may change and return; nothing is stopped on a target that is only observed."""
        return None if self.session.target.mode is Mode.OBSERVE else self.decision.limit

    @property
    def is_durable(self) -> bool:
        """Whether the intent is recorded as firmly as the policy of durability asks for."""
        return self._gateway.log.is_durable(self._sequence)

    async def durable(self) -> None:
        """Wait for that; raises `RecordError` when the record cannot be written."""
        await self._gateway.log.wait(self._sequence)

    def when_durable(self, callback: Callable[[BaseException | None], None]) -> None:
        """Call back on the loop once durable, at once if it is already, or with the error."""
        self._gateway.log.when_durable(self._sequence, callback)

    def forwarded(self) -> None:
        """The operation's bytes have gone upstream. Reads log their intent only."""
        if not self.operation.is_pure_read:
            self._log(EventName.OPERATION_FORWARDED, {"verb": self.operation.verb})

    def plan(self, columns: Sequence[Column], formats: Sequence[int] = ()) -> Plan:
        """What to do with an answer of these columns; recorded with their names. Formats are 0 text, 1 binary."""
        plan = self.session.masks.plan(columns)
        self.session.recorder.event("c", entries.header(self.operation.id, columns, formats, plan))
        return plan

    def deliver(self, chunk: bytes, kind: str = "rows") -> bytes:
        """Mask one chunk of the answer and record it as rows or as `copy`; what comes back may go to the client."""
        masker = self.masker
        if masker is None:
            raise RuntimeError("an answer without a masking plan")  # never let anything unmasked through
        before = masker.rows
        masked = masker.mask(chunk)
        if masked:
            self.session.recorder.rows(self.operation.id, masker.recorded(masked), masker.rows - before, kind)
        return masked

    def stream(self, kind: str, masker: StreamMasker, *, is_counted: bool = False) -> Stream:
        """A direction of its bytes, where the answer is no table: `kind` is stdout, stderr or input.

        Of one that is counted, lines and masked values are the session's at once, since it may go on for hours; the
        outcome has them too.
        """
        return Stream(self.session, self.operation.id, kind, masker, self._count if is_counted else None)

    def undone(self, denied: Denied, excess: Excess | None, rows: int, masked: int) -> None:
        """Record that it was denied after it had run, `rows` having been delivered: it is undone."""
        self.session.counts.denied += 1
        error = f"{denied.what}: {denied.why}"
        self.conclude(Outcome(Status.DENIED, rows=rows, masked=masked, error=error, excess=excess))

    def conclude(self, outcome: Outcome) -> None:
        """Record what became of it: a line of the recording, and for all but completed reads an event."""
        if self._is_concluded:
            return
        self._is_concluded = True
        operation, session = self.operation, self.session
        counts = session.counts
        counts.masked += outcome.masked - self._masked
        counts.rows += outcome.rows - self._rows
        session.recorder.event("e", entries.ending(operation.id, outcome))
        if outcome.status is not Status.COMPLETED:
            told = {"verb": operation.verb, "status": outcome.status.value, "error": outcome.error}
            self._log(EventName.OPERATION_FAILED, {**told, **_told(outcome.excess)})
        else:
            self._completed(outcome)
        if self.review is not None:
            self._gateway.settle(self.review, outcome)
            self._gateway.announce(session)
        self._gateway.ended(session, operation.id)

    def _completed(self, outcome: Outcome) -> None:
        """Reads log their intent only, unless a limit would have stopped them."""
        limit = self.decision.limit
        excess = limit.excess(outcome.changed or 0, outcome.rows) if limit is not None else None
        if excess is None and self.operation.is_pure_read:
            return
        told = {
            "verb": self.operation.verb,
            "tag": outcome.tag,
            "rows": outcome.rows,
            "changed": outcome.changed,
            "masked": outcome.masked,
        }
        self._log(EventName.OPERATION_COMPLETED, {**told, **_told(excess)})

    def abandon(self) -> None:
        """It is not forwarded, because its intent could not be recorded; so nothing more can be either."""
        self._is_concluded = True
        self.session.open_operations.pop(self.operation.id, None)

    def _count(self, rows: int, masked: int) -> None:
        self._rows += rows
        self._masked += masked
        self.session.counts.rows += rows
        self.session.counts.masked += masked

    def _log(self, event: EventName, data: dict[str, object]) -> None:
        entries.append(self._gateway.log, self.session, event, data, self.operation)


def _told(excess: Excess | None) -> Mapping[str, object]:
    return {"excess": asdict(excess)} if excess is not None else {}
