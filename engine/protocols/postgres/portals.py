"""The names of a session's prepared statements and portals, as the server has them.

A name is only what the server confirmed. Within one batch (up to Sync) an unconfirmed definition may be used at once,
for the server skips the use if it refused the definition. Across batches it may not: an error in the first would leave
the older definition in place, and the use would be decided as something it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from engine.protocols.postgres.delivery import Delivery
from engine.protocols.postgres.statement import PreparedStatement, Statement

T = TypeVar("T")


MAX_WEIGHT = 64 * 1024 * 1024
"""Bytes that a session's prepared statements, and its portals, may keep here, each of them."""

_OVERHEAD = 4096  # bytes that one costs whatever it says


class Unconfirmed(LookupError):
    """What the name means hangs on answers that have not come yet."""


@dataclass(eq=False, slots=True)
class Proposal(Generic[T]):
    """One definition (or, with no value, removal) of a name on its way to the server."""

    names: Names[T]
    name: str
    value: T | None
    batch: int

    def confirm(self) -> T | None:
        """The server did it; what the name meant before."""
        return self.names.confirm(self)

    def drop(self) -> None:
        """The server did not."""
        self.names.drop(self)


class Names(Generic[T]):
    """What each name means. `weight` is what all that has a name or is on its way to one keeps in memory."""

    def __init__(self, weigh: Callable[[T], int] = lambda value: 0) -> None:
        self._confirmed: dict[str, T] = {}
        self._proposed: dict[str, Proposal[T]] = {}
        self._underway: set[Proposal[T]] = set()
        self._weigh = weigh
        self.weight = 0

    @property
    def confirmed(self) -> Mapping[str, T]:
        """What the server has, live."""
        return self._confirmed

    @property
    def is_settled(self) -> bool:
        """Nothing is on its way."""
        return not self._proposed

    def propose(self, name: str, value: T | None, batch: int) -> Proposal[T]:
        """A definition that is sent now."""
        proposal = self._proposed[name] = Proposal(self, name, value, batch)
        self._underway.add(proposal)
        self._add(value)
        return proposal

    def find(self, name: str, batch: int) -> T | None:
        """What the name means to a message of this batch. Raises `Unconfirmed`."""
        proposal = self._proposed.get(name)
        if proposal is None:
            return self._confirmed.get(name)
        if proposal.batch != batch:
            raise Unconfirmed(name)
        return proposal.value

    def define(self, name: str, value: T) -> None:
        """The server has it."""
        self.forget(name)
        self._confirmed[name] = value
        self._add(value)

    def forget(self, name: str) -> T | None:
        """The server has it no more; what it was."""
        before = self._confirmed.pop(name, None)
        self._remove(before)
        return before

    def clear(self) -> list[T]:
        """The server has none of them any more; what they were."""
        gone = list(self._confirmed.values())
        self._confirmed.clear()
        for value in gone:
            self._remove(value)
        return gone

    def confirm(self, proposal: Proposal[T]) -> T | None:
        """The server did what was proposed; what the name meant before."""
        self.drop(proposal)
        before = self.forget(proposal.name)
        if proposal.value is not None:
            self.define(proposal.name, proposal.value)
        return before

    def drop(self, proposal: Proposal[T]) -> None:
        """Nothing came of it."""
        if self._proposed.get(proposal.name) is proposal:
            del self._proposed[proposal.name]
        if proposal in self._underway:
            self._underway.discard(proposal)
            self._remove(proposal.value)

    def _add(self, value: T | None) -> None:
        if value is not None:
            self.weight += self._weigh(value)

    def _remove(self, value: T | None) -> None:
        if value is not None:
            self.weight -= self._weigh(value)


@dataclass(eq=False, slots=True)
class Prepared:
    """A prepared statement of the session. `statement` is None for a text that holds none.

    `types` are its parameters' type OIDs, 0 where only the server knows them; ParameterDescription fills them in.
    """

    text: str
    statement: Statement | None
    types: tuple[int, ...] = ()

    @property
    def weight(self) -> int:
        """Bytes it keeps in memory, roughly."""
        return _OVERHEAD + len(self.text)

    @property
    def is_unread(self) -> bool:
        """Whether nobody could tell what the server made of its text: it keeps that, whatever is set later."""
        return self.statement is not None and self.statement.verb == "UNKNOWN"


@dataclass(eq=False, slots=True)
class Portal:
    """A bound statement. `delivery` is None where there is nothing to run.

    `revision` is the policy its operation was decided under; `is_described` says that its columns were asked for.
    """

    name: str
    delivery: Delivery | None
    revision: object
    is_described: bool = False
    size: int = 0  # of the Bind that made it
    moment: tuple[int, int] | None = None  # what its statement's meaning rested on when it was bound

    @property
    def weight(self) -> int:
        """Bytes it keeps in memory, roughly."""
        return _OVERHEAD + self.size

    def close(self) -> None:
        """The server has dropped it."""
        if self.delivery is not None:
            self.delivery.closed()

    def lose(self, why: str) -> None:
        """The connection has ended."""
        if self.delivery is not None:
            self.delivery.lost(why)


@dataclass(slots=True)
class SessionNames:
    """Everything of a session that has a name. SQL's own PREPARE and DECLARE make them too."""

    statements: Names[Prepared] = field(default_factory=lambda: Names(lambda prepared: prepared.weight))
    portals: Names[Portal] = field(default_factory=lambda: Names(lambda portal: portal.weight))

    @property
    def is_settled(self) -> bool:
        """Nothing is on its way."""
        return self.statements.is_settled and self.portals.is_settled


def as_prepared(prepared: PreparedStatement) -> Prepared:
    """What SQL's PREPARE made, for the protocol's Bind."""
    return Prepared(prepared.text, prepared.statement)
