"""The simple query protocol: one string, decided whole before any byte of it goes upstream.

PostgreSQL documentation, "Message Flow: Simple Query" and "Multiple Statements in a Simple Query".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.errors import ProtocolViolation
from engine.protocols.postgres import script
from engine.protocols.postgres.admission import Refusal, admit, admit_now, operation_of
from engine.protocols.postgres.denial import error_fields
from engine.protocols.postgres.errands import QueryErrand
from engine.protocols.postgres.messages import HEADER
from engine.protocols.postgres.portals import MAX_WEIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.protocols.postgres.delivery import Delivery
    from engine.protocols.postgres.denial import Fields
    from engine.protocols.postgres.exchanges import Step
    from engine.protocols.postgres.portals import Names
    from engine.protocols.postgres.relay import Relay
    from engine.protocols.postgres.statement import Statement

UNTOLD = error_fields(
    "25P02",
    "current transaction is aborted, commands ignored until end of transaction block",
    "what this string would mean after the transaction's end cannot be told before it",
    "send ROLLBACK by itself first",
)


TOO_MUCH = error_fields(
    "54000",
    "too many or too large prepared statements or portals",
    f"together they may take {MAX_WEIGHT >> 20} MB of a session",
    "close those that are no longer needed",
)


def query(relay: Relay, data: bytes) -> Step | None:
    """A Query."""
    text = data[HEADER:-1]
    if data[-1:] != b"\0" or b"\0" in text:
        raise ProtocolViolation("invalid string in message")
    try:
        query = relay.tracker.read(text)
    except UnicodeError as error:
        relay.refuse_query(unreadable(relay, error))
        return None
    if relay.is_settled:
        statements = relay.analyst.known(query, relay.tracker.state)
        if statements is not None and len(statements) == 1:
            delivery = admit_now(relay, statements[0], operation_of(relay, statements[0]))
            if delivery is not None:
                _forward(relay, data, [delivery])
                relay.lane.learn_query(query, delivery)
                return None
    return _query(relay, data, query)


async def _query(relay: Relay, data: bytes, text: str) -> None:
    try:
        statements = await analysed(relay, text)
        deliveries = await admit(relay, statements, [operation_of(relay, statement) for statement in statements], text)
    except Refusal as refusal:
        relay.refuse_query(refusal.fields)
    else:
        if any(delivery.meter is not None for delivery in deliveries) and not relay.is_over:
            script.run(relay, data, text, deliveries)
        else:
            _forward(relay, data, deliveries)


async def analysed(relay: Relay, text: str) -> Sequence[Statement]:
    """The statements of a text, in the state the session will be in when it runs. Raises `Refusal`."""
    if not relay.is_settled:
        await relay.settle()
    statements = await relay.analyst.analyse(text, relay.tracker.state)
    if not relay.names.is_settled and any(map(_uses_a_name, statements)):
        await relay.answered()
        statements = await relay.analyst.analyse(text, relay.tracker.state)
    if any(statement.prepares_as is not None for statement in statements):
        await make_room(relay, relay.names.statements, len(text))
    is_aborted = not relay.is_settled
    if is_aborted and len(statements) > 1 and any(statement.transaction for statement in statements):
        raise Refusal(UNTOLD)
    return statements


def _uses_a_name(statement: Statement) -> bool:
    """Whether it runs what goes by a name in this session."""
    return statement.executes is not None or statement.verb in ("FETCH", "MOVE")


async def make_room(relay: Relay, names: Names[Any], size: int) -> None:
    """Wait for what is on its way, where so much more may be too much. Raises `Refusal`."""
    if names.weight + size > MAX_WEIGHT:
        await relay.answered()
        if names.weight + size > MAX_WEIGHT:
            raise Refusal(TOO_MUCH)


def unreadable(relay: Relay, error: UnicodeError) -> Fields:
    """The error for a text whose bytes say nothing certain."""
    encoding = relay.tracker.state.client_encoding
    if isinstance(error, UnicodeDecodeError):
        return error_fields("22021", f'invalid byte sequence for encoding "{encoding}"')
    return error_fields("0A000", str(error), "", "set client_encoding to UTF8")


def _forward(relay: Relay, data: bytes, deliveries: Sequence[Delivery]) -> None:
    if relay.is_over:
        for delivery in deliveries:
            delivery.lost("the session ended before it was forwarded")
        return
    relay.forward(data, QueryErrand(deliveries, relay.tracker.completed))
    relay.end_batch()
    for delivery in deliveries:
        relay.forwarding(delivery)
        relay.running(delivery.statement)
