"""The road of one submission through the pipeline, from statements to what may be forwarded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.errors import Denied, RecordError
from engine.model import Operation, Parameter
from engine.protocols.postgres.delivery import Delivery
from engine.protocols.postgres.denial import Fields, fields_of_failure
from engine.protocols.postgres.exchanges import Submission
from engine.protocols.postgres.limits import meter_of
from engine.protocols.postgres.statement import Statement

if TYPE_CHECKING:
    from engine.passage import Passage
    from engine.protocols.postgres.relay import Relay


class Refusal(Exception):
    """The submission is not to be forwarded; `fields` is the error the client gets."""

    def __init__(self, fields: Fields) -> None:
        super().__init__(fields.get("M"))
        self.fields = fields


def operation_of(relay: Relay, statement: Statement, parameters: Sequence[Parameter] = ()) -> Operation:
    """The operation that a statement of this session is."""
    return relay.analyst.operation(
        statement,
        id=relay.next_operation(),
        session=relay.session.id,
        state=relay.tracker.state,
        parameters=parameters,
        in_transaction=relay.tracker.is_in_transaction,
    )


def admit_now(relay: Relay, statement: Statement, operation: Operation) -> Delivery | None:
    """The same as `admit` for one statement that needs no waiting; None when it does."""
    try:
        passage = relay.gateway.pipeline.admit_now(relay.session, operation)
    except RecordError:
        return None  # `admit` meets the same, and refuses
    return None if passage is None else _delivery(relay, statement, passage)


async def admit(
    relay: Relay, statements: Sequence[Statement], operations: Sequence[Operation], text: str | None = None
) -> list[Delivery]:
    """Decide, wait for people and record the intents; what may be forwarded then. Raises `Refusal`.

    `text` is what the statements were read from: after waiting it is read again.
    """

    async def again() -> list[Operation]:
        assert text is not None
        statements = await relay.analyst.analyse(text, relay.tracker.state)
        return [operation_of(relay, statement) for statement in statements]

    async def estimate(operation: Operation) -> int | None:
        return await relay.analyst.estimate(operation, relay.tracker.state)

    submission = Submission(
        operations,
        tell=relay.tell,
        before_waiting=relay.press,
        again=None if text is None else again,
        estimate=estimate,
    )
    relay.submission = submission
    try:
        passages = await relay.gateway.pipeline.admit(relay.session, submission)
    except Denied as denied:
        raise Refusal(submission.refusal(denied)) from None
    except RecordError as error:
        raise Refusal(fields_of_failure(error)) from None
    finally:
        relay.submission = None
    deliveries = [_delivery(relay, statement, passage) for statement, passage in zip(statements, passages, strict=True)]
    for delivery in deliveries:
        delivery.meter = meter_of(delivery, relay.tracker)
    return deliveries


def _delivery(relay: Relay, statement: Statement, passage: Passage) -> Delivery:
    return Delivery(statement, passage, relay.described)
