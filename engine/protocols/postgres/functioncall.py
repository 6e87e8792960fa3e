"""FunctionCall, the obsolete fast path: one function by its OID, decided like any statement that calls it.

PostgreSQL documentation, "Message Flow: Function Call". Nothing says what its arguments mean or where its result comes
from, so it is `opaque` besides `execute` on `oid.<number>`, and its result is masked like a column without an origin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.model import Access, Column, Effect, Operation, Resource
from engine.protocols.postgres import answers as a
from engine.protocols.postgres import requests as r
from engine.protocols.postgres.admission import Refusal, admit
from engine.protocols.postgres.errands import Errand
from engine.protocols.postgres.messages import HEADER
from engine.protocols.postgres.statement import Statement

if TYPE_CHECKING:
    from engine.passage import Passage
    from engine.protocols.postgres.delivery import Delivery
    from engine.protocols.postgres.exchanges import Step
    from engine.protocols.postgres.relay import Relay

_WHY = "a FunctionCall names a function by its OID alone"


class CallErrand(Errand):
    """A function on its way to be called."""

    __slots__ = ("_delivery",)

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    @property
    def passage(self) -> Passage | None:
        return self._delivery.passage

    def answer(self, kind: int, data: bytes) -> bytes:
        if kind != a.FunctionCallResponse.kind:
            return data
        value = a.FunctionCallResponse.decode(data).value
        description = a.RowDescription((a.Field("result", format=1),))
        self._delivery.described(description.encode())
        row = self._delivery.rows(a.DataRow((value,)).encode())
        self._delivery.completed("CALL")
        return a.FunctionCallResponse(a.DataRow.decode(row).values[0]).encode()

    def fail(self, error: a.ErrorResponse) -> a.ErrorResponse:
        self._delivery.failed(error)
        return error

    def skip(self) -> None:
        self._delivery.skipped("something before it in the same batch failed")

    def lose(self, why: str) -> None:
        self._delivery.lost(why)


def call(relay: Relay, data: bytes) -> Step | None:
    """A FunctionCall."""
    return _call(relay, data, r.FunctionCall.decode(data).function)


async def _call(relay: Relay, data: bytes, oid: int) -> None:
    accesses = (
        Access(Effect.EXECUTE, Resource("function", f"oid.{oid}")),
        Access(Effect.OPAQUE, Resource("function", f"oid.{oid}")),
    )
    statement = Statement("", "FUNCTION CALL", "call", accesses, columns=(Column("result", None),), why_opaque=_WHY)
    operation = Operation(
        id=relay.next_operation(),
        session=relay.session.id,
        kind="call",
        verb=statement.verb,
        text=f"FunctionCall {oid} {data[HEADER + 4 :].hex()}",
        accesses=accesses,
        copies=None,
        inferences=None,
        why_opaque=_WHY,
        uncounted=_WHY,
    )
    try:
        (delivery,) = await admit(relay, [statement], [operation])
    except Refusal as refusal:
        relay.refuse_query(refusal.fields)
        return
    relay.forward(data, CallErrand(delivery))
    relay.end_batch()
    relay.forwarding(delivery)
