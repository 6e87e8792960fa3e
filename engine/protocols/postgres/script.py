"""A simple query with limits: its statements one at a time, so that a commit can be kept back.

A server commits a simple query before it says how many rows were changed. The same statements sent through the extended
protocol are one transaction up to Sync, and their answers are those of a simple query once what a client did not ask
for is left out. The last tag is held until the commit has worked.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from engine.protocols.postgres import answers as a
from engine.protocols.postgres import requests as r
from engine.protocols.postgres.copying import Copying
from engine.protocols.postgres.errands import NEVER_RAN, Errand, Hidden
from engine.protocols.postgres.limits import LimitedErrand, Meter, keep_back, meter_of, remember_cursor
from engine.protocols.postgres.messages import HEADER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.passage import Passage
    from engine.protocols.postgres.delivery import Delivery
    from engine.protocols.postgres.denial import Fields
    from engine.protocols.postgres.relay import Relay


NO_PARAMETER = {"C": "42P02", "M": "there is no parameter $1"}
"""What a simple query says of a parameter, which only the extended protocol has."""

_ABOUT_PARAMETERS = frozenset({"08P01", "42P18"})  # fewer are bound than it has; its type cannot be told


def run(relay: Relay, data: bytes, text: str, deliveries: Sequence[Delivery]) -> None:
    """Run a Query of that text statement by statement."""
    Script(relay, data, text, deliveries).begin()


class Script:
    """The statements of one Query, where they stand in its text, and how far they have come."""

    def __init__(self, relay: Relay, data: bytes, text: str, deliveries: Sequence[Delivery]) -> None:
        self._relay = relay
        self._deliveries = deliveries
        self._texts = _parts(relay, data, text, deliveries)
        self._position = 0
        self._name = f"hoopterm_{secrets.token_hex(16)}"
        self._is_over = False

    def __repr__(self) -> str:
        return f"<Script at {self._position} of {len(self._deliveries)}>"

    @property
    def delivery(self) -> Delivery:
        """The statement that runs."""
        return self._deliveries[self._position]

    def begin(self) -> None:
        """Run the first; a simple query leaves neither an unnamed statement nor an unnamed portal."""
        self._send(r.Close("P"), r.Close("S"))
        self._run()

    def completed(self, tag: bytes) -> bytes:
        """A statement is done, and may stay: on to the next, or to the commit."""
        self._send(r.Close("P", self._name), r.Close("S", self._name))
        if self.delivery is self._deliveries[-1]:
            self._end(tag)
            return b""
        self.delivery.completed(a.CommandComplete.decode(tag).tag)
        self._position += 1
        self._run()
        return tag

    def undo(self, fields: Fields) -> None:
        """A statement went too far: the upstream raises, which undoes all of it."""
        self._relay.refuse_message(fields)
        self._over()
        self._end(b"")

    def failed(self, error: a.ErrorResponse) -> a.ErrorResponse:
        """A statement failed, and with it the rest; where that is counts from the beginning of the whole text."""
        if self._is_over:
            return error
        offset = self._texts[self._position][1]
        self.delivery.failed(error)
        self._over()
        self._end(b"")
        place = error.fields.get("P", "")
        if offset and place.isdigit():
            return a.ErrorResponse({**error.fields, "P": str(int(place) + offset)})
        return error

    def skipped(self) -> None:
        """Something before it in the same batch failed: the client's own Sync ends that."""
        if not self._is_over:
            self.delivery.skipped(NEVER_RAN)
            self._over()

    def lost(self, why: str) -> None:
        """The connection ended."""
        for delivery in self._deliveries[self._position :]:
            delivery.lost(why)

    def ended(self, tag: bytes) -> bytes:
        """The transaction's end: if it was a commit, what the last statement did stays."""
        if not tag or self._is_over:
            return b""
        self._is_over = True
        self.delivery.completed(a.CommandComplete.decode(tag).tag)
        return tag

    def not_committed(self, error: a.ErrorResponse) -> None:
        """The commit failed."""
        self._is_over = True
        self.delivery.failed(error)

    def _run(self) -> None:
        relay, delivery, name = self._relay, self.delivery, self._name
        # asked again: what ran before it may have made the cursor it reads on
        meter = meter_of(delivery, relay.tracker) or Meter(delivery, None, [])
        self._send(r.Parse(name, self._texts[self._position][0]), r.Bind(name, name))
        relay.send(r.Describe("P", name), _Described(self))
        relay.forwarding(delivery)
        relay.send(r.Execute(name, meter.asked(0)), _Running(self, relay, delivery, meter))
        keep_back(relay, delivery)

    def _send(self, *messages: r.Parse | r.Bind | r.Close) -> None:
        for message in messages:
            self._relay.send(message, _Part(self))

    def _end(self, tag: bytes) -> None:
        self._relay.copying = Copying.CLOSED
        self._relay.send(r.Sync(), _End(self, tag))
        self._relay.end_batch()

    def _over(self) -> None:
        self._is_over = True
        for delivery in self._deliveries[self._position + 1 :]:
            delivery.skipped(NEVER_RAN)


def _parts(relay: Relay, data: bytes, text: str, deliveries: Sequence[Delivery]) -> list[tuple[str, int]]:
    """Each statement as it goes upstream, and how many characters of the whole text stand before it."""
    if len(deliveries) == 1:
        return [(_raw(data[HEADER:-1]), 0)]
    parts, position = [], 0
    for delivery in deliveries:
        part = delivery.statement.text
        position = max(text.find(part, position), position)
        parts.append((_raw(relay.tracker.written(part)), position))
        position += len(part)
    return parts


def _raw(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


class _Part(Hidden):
    """A message of which the client knows nothing; an error in it is its statement's."""

    __slots__ = ("_script",)

    def __init__(self, script: Script) -> None:
        self._script = script

    @property
    def passage(self) -> Passage | None:
        return self._script.delivery.passage

    def fail(self, error: a.ErrorResponse) -> a.ErrorResponse:
        if error.fields.get("C") in _ABOUT_PARAMETERS:
            error = a.ErrorResponse({**error.fields, **NO_PARAMETER})
        return self._script.failed(error)

    def skip(self) -> None:
        self._script.skipped()

    def lose(self, why: str) -> None:
        self._script.lost(why)


class _Described(_Part):
    """The columns of a statement's rows, which a simple query tells too."""

    __slots__ = ()

    def answer(self, kind: int, data: bytes) -> bytes:
        if kind != a.RowDescription.kind:
            return b""
        self._script.delivery.described(data)
        return data


class _Running(LimitedErrand):
    """A statement that runs."""

    __slots__ = ("_script",)

    def __init__(self, script: Script, relay: Relay, delivery: Delivery, meter: Meter) -> None:
        super().__init__(relay, delivery, meter)
        self._script = script

    def fail(self, error: a.ErrorResponse) -> a.ErrorResponse:
        return self._script.failed(super().fail(error))

    def skip(self) -> None:
        self._script.skipped()

    def lose(self, why: str) -> None:
        self._script.lost(why)

    def _done(self, data: bytes) -> bytes:
        tracker = self._relay.tracker
        tracker.completed(self._delivery.statement)
        remember_cursor(tracker, self._delivery)
        return self._script.completed(data)

    def _undo(self, fields: Fields) -> None:
        self._script.undo(fields)


class _End(Errand):
    """The Sync that commits, or ends what failed."""

    __slots__ = ("_script", "_tag")

    def __init__(self, script: Script, tag: bytes) -> None:
        self._script = script
        self._tag = tag

    @property
    def passage(self) -> Passage | None:
        return self._script.delivery.passage

    def answer(self, kind: int, data: bytes) -> bytes:
        return self._script.ended(self._tag) + data

    def fail(self, error: a.ErrorResponse) -> a.ErrorResponse:
        self._script.not_committed(error)
        return error

    def lose(self, why: str) -> None:
        self._script.lost(why)
