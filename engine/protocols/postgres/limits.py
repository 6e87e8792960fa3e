"""Limits on rows: counted as an answer passes, and kept so that nothing past one is ever committed or shown.

The server says how many rows were changed only when a statement is done, and what comes after it may commit it: a
limited statement is followed by Flush, and nothing goes up behind it before its answer is there. Rows are asked for one
more than may be returned, so that the server itself stops; that one row is thrown away. What went too far is undone by
having the upstream raise, as for any denial.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import denials
from engine.errors import Denied, UpstreamError
from engine.model import Effect, Excess
from engine.protocols.postgres import answers as a
from engine.protocols.postgres import requests as r
from engine.protocols.postgres.copying import Copying
from engine.protocols.postgres.denial import fields_of, reworded
from engine.protocols.postgres.errands import ExecuteErrand
from engine.protocols.postgres.messages import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.protocols.postgres.delivery import Delivery
    from engine.protocols.postgres.denial import Fields
    from engine.protocols.postgres.relay import Relay
    from engine.protocols.postgres.tracking import Tracker

_CHANGES = frozenset({Effect.WRITE, Effect.DELETE, Effect.SCHEMA, Effect.OPAQUE})
_COPY_TRAILER = b"\xff\xff"
_IN_PARTS = "it is told only once all of its rows are fetched: execute it without a limit of rows"
_TOO_LARGE = "one row is too large to be counted"


@dataclass(slots=True)
class Tally:
    """Rows returned so far, of one operation or of all that read on one cursor, and how many may be."""

    most: int
    rule: str
    seen: int = 0


class Meter:
    """What one operation changes and returns, against what it may. `excess` is set once rows had to be cut."""

    __slots__ = ("_delivery", "_tallies", "changed", "excess")

    def __init__(self, delivery: Delivery, changed: int | None, tallies: list[Tally]) -> None:
        self._delivery = delivery
        self._tallies = tallies
        self.changed = changed
        self.excess: Excess | None = None

    def __repr__(self) -> str:
        return f"<Meter of {self._delivery!r}, {self._tallies}, {self.changed} changed>"

    def asked(self, wanted: int) -> int:
        """How many rows to ask the server for where the client wants so many; 0 is all."""
        if not self._tallies:
            return wanted
        most = self._tightest().most - self._tightest().seen + 1
        return min(wanted, most) if wanted > 0 else most

    def rows(self, data: bytes) -> bytes:
        """A run of DataRows, cut where it passes the limit, masked and recorded."""
        end = 0
        for start, end in _messages(data):
            if not self._may_pass():
                end = start
                break
        return self._delivery.rows(data[:end]) if end else b""

    def copied(self, data: bytes) -> bytes:
        """The same for CopyData of a COPY to the client, of which the server makes one message a row."""
        passed = []
        for start, end in _messages(data):
            message, before = data[start:end], self._delivery.delivered
            if message[HEADER:] != _COPY_TRAILER and not self._has_room():
                break
            passed.append(self._delivery.copied(message))
            if self._delivery.delivered > before + 1:
                raise UpstreamError("the upstream sent several rows of a COPY in one message")
            for tally in self._tallies:
                tally.seen += self._delivery.delivered - before
        return b"".join(passed)

    def piece(self, data: bytes) -> bytes:
        """A piece of a row too large to be looked at."""
        if self._tallies:
            raise UpstreamError(_TOO_LARGE, hint="select fewer or smaller columns")
        return self._delivery.piece(data)

    def undone(self, tag: str) -> Fields | None:
        """Whether what the server says at its end means that it is undone: the error the client gets."""
        delivery, excess = self._delivery, self.excess
        passage, limit = delivery.passage, delivery.passage.decision.limit
        if excess is None and limit is not None and self.changed is not None:
            changed = delivery.changed(tag) or 0
            if changed > self.changed:
                excess = Excess("changed", limit.changed_by, self.changed, changed)
        if excess is None:
            return None
        denied = denials.exceeded(passage.operation, passage.decision, excess)
        delivery.undone(denied, excess)
        return _as_fields(denied)

    def suspended(self) -> Fields | None:
        """The same when it stopped between rows: how many it changed is not told then, and it could be committed."""
        if self.excess is not None or self.changed is None:
            return self.undone("")
        passage = self._delivery.passage
        decision = denials.uncounted(passage.decision, _IN_PARTS)
        denied = denials.denied(passage.operation, decision)
        self._delivery.undone(denied, None)
        return fields_of(denied)

    def _tightest(self) -> Tally:
        return min(self._tallies, key=lambda tally: tally.most - tally.seen)

    def _has_room(self) -> bool:
        if self._tallies and self.excess is None:
            tally = self._tightest()
            if tally.seen >= tally.most:
                self.excess = Excess("returned", tally.rule, tally.most, tally.seen + 1)
        return self.excess is None

    def _may_pass(self) -> bool:
        if not self._has_room():
            return False
        for tally in self._tallies:
            tally.seen += 1
        return True


def meter_of(delivery: Delivery, tracker: Tracker) -> Meter | None:
    """What counts for an operation that is about to run; None where nothing limits it."""
    statement, passage = delivery.statement, delivery.passage
    limit = passage.limit
    cursor = tracker.tallies.get(statement.fetches) if statement.fetches is not None else None
    if statement.transaction is not None or (limit is None and cursor is None):
        return None
    tallies = [] if cursor is None else [cursor]
    changed = None
    if limit is not None:
        if limit.returned is not None:
            tallies.append(Tally(limit.returned, limit.returned_by, delivery.delivered))
        if not _CHANGES.isdisjoint(passage.operation.effects) and not passage.operation.is_pure_read:
            changed = limit.changed
    return Meter(delivery, changed, tallies) if tallies or changed is not None else None


class LimitedErrand(ExecuteErrand):
    """An Execute behind which nothing is sent before its answer is there."""

    __slots__ = ("_meter", "_relay")

    def __init__(self, relay: Relay, delivery: Delivery, meter: Meter) -> None:
        super().__init__(delivery, relay.tracker.completed)
        self._relay = relay
        self._meter = meter

    def answer(self, kind: int, data: bytes) -> bytes:
        meter = self._meter
        if kind == a.DataRow.kind:
            return meter.rows(data)
        if kind == a.CopyData.kind:
            return self._copied(data)
        if kind == a.CopyDone.kind and meter.excess is not None:
            return b""
        fields = None
        if kind == a.CommandComplete.kind:
            fields = meter.undone(a.CommandComplete.decode(data).tag)
        elif kind == a.PortalSuspended.kind:
            fields = meter.suspended()
        if fields is not None:
            self._undo(fields)
            return b""
        return self._done(data) if kind == a.CommandComplete.kind else super().answer(kind, data)

    def piece(self, data: bytes) -> bytes:
        return self._meter.piece(data)

    def fail(self, error: a.ErrorResponse) -> a.ErrorResponse:
        if self._meter.excess is not None and (fields := self._meter.undone("")) is not None:
            return reworded(error, fields)  # it was cancelled for that
        return super().fail(error)

    def _copied(self, data: bytes) -> bytes:
        was_cut = self._meter.excess is not None
        data = self._meter.copied(data)
        if self._meter.excess is not None and not was_cut and self._relay.cancel is not None:
            self._relay.begin(self._relay.cancel())
        return data

    def _done(self, data: bytes) -> bytes:
        data = super().answer(a.CommandComplete.kind, data)
        remember_cursor(self._relay.tracker, self._delivery)
        return data

    def _undo(self, fields: Fields) -> None:
        self._relay.refuse_message(fields)


def execute(relay: Relay, data: bytes, delivery: Delivery, meter: Meter) -> None:
    """Forward an Execute, and keep back what comes after it until it is answered."""
    message = r.Execute.decode(data)
    asked = meter.asked(message.limit)
    if asked != message.limit:
        data = r.Execute(message.portal, asked).encode()
    relay.forward(data, LimitedErrand(relay, delivery, meter))
    keep_back(relay, delivery)


def keep_back(relay: Relay, delivery: Delivery) -> None:
    """It runs now: have its answer sent, and nothing else before that is there."""
    relay.copying = Copying.NO
    relay.running(delivery.statement)
    if relay.copying is Copying.NO:
        relay.copying = Copying.CLOSED
        relay.send(r.Flush())


def remember_cursor(tracker: Tracker, delivery: Delivery) -> None:
    """A cursor was declared: what reads on it is bound by what limited its query."""
    name, limit = delivery.statement.declares, delivery.passage.limit
    if name is not None and limit is not None and limit.returned is not None:
        tracker.tallies[name] = Tally(limit.returned, limit.returned_by)


def _as_fields(denied: Denied) -> Fields:
    return {**fields_of(denied), "C": "54000"}


def _messages(data: bytes) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(data):
        end = start + 1 + int.from_bytes(data[start + 1 : start + HEADER])
        yield start, end
        start = end
