"""Requests that went upstream, and what the answers to each do here.

An errand is what a request is about in the codec: `answer` takes each frame of its answer and returns what the client
sees of it, `fail` its error; `skip` and `lose` say that there will be none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.errors import ProtocolViolation
from engine.passage import Passage
from engine.protocols.postgres import answers as a
from engine.protocols.postgres.delivery import Delivery
from engine.protocols.postgres.denial import Fields, reworded
from engine.protocols.postgres.portals import Portal, Prepared, Proposal
from engine.protocols.postgres.statement import Statement

Completed = Callable[[Statement], None]

NEVER_RAN = "something before it in the same batch failed"


class Errand:
    """One request and its answer, which passes as it is unless a class below says more."""

    __slots__ = ()

    @property
    def passage(self) -> Passage | None:
        """The operation whose answer comes next; nothing of it may be shown before its intent is durable."""
        return None

    def answer(self, kind: int, data: bytes) -> bytes:
        """One frame of the answer; what the client gets of it."""
        return data

    def piece(self, data: bytes) -> bytes:
        """The same for a piece of a message too large to be taken whole."""
        raise ProtocolViolation("a message is too large")

    def fail(self, error: a.ErrorResponse) -> a.ErrorResponse | None:
        """It ended with this error, masked already; what the client gets, None for nothing."""
        return error

    def skip(self) -> None:
        """The server passed it over, because of an earlier error."""

    def lose(self, why: str) -> None:
        """The connection ended first."""


class Hidden(Errand):
    """A request of the engine's own, whose answer nobody sees."""

    __slots__ = ()

    def answer(self, kind: int, data: bytes) -> bytes:
        return b""


class Refused(Errand):
    """A request that was replaced by one that raises."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Fields) -> None:
        self._fields = fields

    def answer(self, kind: int, data: bytes) -> bytes:
        if kind == a.ReadyForQuery.kind:  # of the simple query that replaced one
            return data
        raise ProtocolViolation("the upstream accepted what no PostgreSQL can parse")

    def fail(self, error: a.ErrorResponse) -> a.ErrorResponse:
        return reworded(error, self._fields)


class QueryErrand(Errand):
    """A simple query of any number of statements; each has its own part of the answer."""

    __slots__ = ("_completed", "_deliveries", "_position")

    def __init__(self, deliveries: Sequence[Delivery], completed: Completed) -> None:
        self._deliveries = deliveries
        self._position = 0
        self._completed = completed

    @property
    def _delivery(self) -> Delivery | None:
        return self._deliveries[self._position] if self._position < len(self._deliveries) else None

    @property
    def passage(self) -> Passage | None:
        delivery = self._delivery
        return delivery.passage if delivery else None

    def answer(self, kind: int, data: bytes) -> bytes:
        if kind == a.ReadyForQuery.kind:
            self.skip()
            return data
        if (delivery := self._delivery) is None:
            if kind == a.EmptyQueryResponse.kind:
                return data
            raise ProtocolViolation("the upstream answered more statements than there were")
        data = stream(delivery, kind, data)
        if kind in (a.CommandComplete.kind, a.EmptyQueryResponse.kind):
            self._position += 1
            self._completed(delivery.statement)
        return data

    def piece(self, data: bytes) -> bytes:
        return self._deliveries[self._position].piece(data)

    def fail(self, error: a.ErrorResponse) -> a.ErrorResponse:
        if (delivery := self._delivery) is not None:
            delivery.failed(error)
            self._position += 1
            self.skip()
        return error

    def skip(self) -> None:
        for delivery in self._deliveries[self._position :]:
            delivery.skipped(NEVER_RAN)
        self._position = len(self._deliveries)

    def lose(self, why: str) -> None:
        for delivery in self._deliveries[self._position :]:
            delivery.lost(why)


class ParseErrand(Errand):
    """A statement on its way to be prepared."""

    __slots__ = ("_confirmed", "_proposal")

    def __init__(self, proposal: Proposal[Prepared], confirmed: Callable[[str, Prepared | None], None]) -> None:
        self._proposal = proposal
        self._confirmed = confirmed

    def answer(self, kind: int, data: bytes) -> bytes:
        self._proposal.confirm()
        self._confirmed(self._proposal.name, self._proposal.value)
        return data

    def fail(self, error: a.ErrorResponse) -> a.ErrorResponse:
        self.skip()
        return error

    def skip(self) -> None:
        self._proposal.drop()


class BindErrand(Errand):
    """A portal on its way to be made."""

    __slots__ = ("_portal", "_proposal")

    def __init__(self, proposal: Proposal[Portal], portal: Portal) -> None:
        self._proposal = proposal
        self._portal = portal

    @property
    def passage(self) -> Passage | None:
        return self._portal.delivery.passage if self._portal.delivery else None

    def answer(self, kind: int, data: bytes) -> bytes:
        if (replaced := self._proposal.confirm()) is not None:
            replaced.close()
        return data

    def fail(self, error: a.ErrorResponse) -> a.ErrorResponse:
        self._proposal.drop()
        if self._portal.delivery is not None:
            self._portal.delivery.failed(error)
        return error

    def skip(self) -> None:
        self._proposal.drop()
        if self._portal.delivery is not None:
            self._portal.delivery.skipped(NEVER_RAN)

    def lose(self, why: str) -> None:
        if self._portal.delivery is not None:
            self._portal.delivery.lost(why)


class DescribeStatementErrand(Errand):
    """What a statement takes and gives; the engine reads along."""

    __slots__ = ("_is_hidden", "_prepared")

    def __init__(self, prepared: Prepared, *, is_hidden: bool) -> None:
        self._prepared = prepared
        self._is_hidden = is_hidden

    def answer(self, kind: int, data: bytes) -> bytes:
        if kind == a.ParameterDescription.kind:
            self._prepared.types = a.ParameterDescription.decode(data).types
        return b"" if self._is_hidden else data


class DescribePortalErrand(Errand):
    """The columns of a portal's rows, from which their masking is planned."""

    __slots__ = ("_delivery", "_is_hidden")

    def __init__(self, delivery: Delivery, *, is_hidden: bool) -> None:
        self._delivery = delivery
        self._is_hidden = is_hidden

    @property
    def passage(self) -> Passage | None:
        return self._delivery.passage

    def answer(self, kind: int, data: bytes) -> bytes:
        if kind == a.RowDescription.kind:
            self._delivery.described(data)
        return b"" if self._is_hidden else data

    def fail(self, error: a.ErrorResponse) -> a.ErrorResponse:
        self._delivery.failed(error)
        return error


class ExecuteErrand(Errand):
    """Some rows of a portal, or all that is left of it."""

    __slots__ = ("_completed", "_delivery")

    def __init__(self, delivery: Delivery, completed: Completed) -> None:
        self._delivery = delivery
        self._completed = completed

    @property
    def passage(self) -> Passage | None:
        return self._delivery.passage

    def answer(self, kind: int, data: bytes) -> bytes:
        data = stream(self._delivery, kind, data)
        if kind == a.CommandComplete.kind:
            self._completed(self._delivery.statement)
        return data

    def piece(self, data: bytes) -> bytes:
        return self._delivery.piece(data)

    def fail(self, error: a.ErrorResponse) -> a.ErrorResponse:
        self._delivery.failed(error)
        return error

    def skip(self) -> None:
        self._delivery.skipped(NEVER_RAN)

    def lose(self, why: str) -> None:
        self._delivery.lost(why)


class CloseErrand(Errand):
    """A name on its way to be forgotten."""

    __slots__ = ("_confirmed", "_proposal")

    def __init__(self, proposal: Proposal[Prepared] | Proposal[Portal], confirmed: Callable[[str], None]) -> None:
        self._proposal = proposal
        self._confirmed = confirmed

    def answer(self, kind: int, data: bytes) -> bytes:
        before = self._proposal.confirm()
        if isinstance(before, Portal):
            before.close()
        self._confirmed(self._proposal.name)
        return data

    def fail(self, error: a.ErrorResponse) -> a.ErrorResponse:
        self.skip()
        return error

    def skip(self) -> None:
        self._proposal.drop()


def stream(delivery: Delivery, kind: int, data: bytes) -> bytes:
    """One frame of a statement's own answer, as the client sees it."""
    if kind == a.DataRow.kind:
        return delivery.rows(data)
    if kind == a.CopyData.kind:
        return delivery.copied(data)
    if kind == a.CommandComplete.kind:
        delivery.completed(a.CommandComplete.decode(data).tag)
    elif kind == a.EmptyQueryResponse.kind:
        delivery.completed("")
    elif kind == a.RowDescription.kind:
        delivery.described(data)
    elif kind == a.CopyOutResponse.kind:
        delivery.begins_copy(data)
    elif kind == a.CopyDone.kind:
        return delivery.ends_copy() + data
    return data
