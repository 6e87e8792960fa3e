"""The fast lane: a statement the session has sent before, alone on the wire, answered in one piece.

Most of what passes is that, and nothing about it has to be found out: `Pipeline.follow` admits it by its precedent, its
bytes go up as they came, and its answer comes down as it is (or with its rows masked). At the first thing that is not
as simple (an error, a notice, a second chunk, another message of the client) the lane hands over to the codec and its
errands, as if they had had the statement from the start.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from engine.errors import HooptermError, RecordError
from engine.protocols.postgres import answers as a
from engine.protocols.postgres import requests as r
from engine.protocols.postgres.delivery import Delivery
from engine.protocols.postgres.errands import (
    BindErrand,
    DescribePortalErrand,
    Errand,
    ExecuteErrand,
    QueryErrand,
)
from engine.protocols.postgres.messages import HEADER
from engine.protocols.postgres.parameters import decode, texts
from engine.protocols.postgres.portals import Portal, Prepared
from engine.protocols.postgres.rows import RowMasker
from engine.protocols.postgres.shapes import is_faithful, queries_of, shape

if TYPE_CHECKING:
    from engine.precedent import Followed, Precedent
    from engine.protocols.postgres.relay import Relay
    from engine.protocols.postgres.statement import Statement

Key = TypeVar("Key")

_MOST = 128  # precedents of one session
_LONGEST = 8 << 10  # bytes of a request that may take the lane
_DESCRIBE = r.Describe("P", "").encode()
_EXECUTE = r.Execute("", 0).encode()
_SYNC = r.Sync().encode()
_RUN = _EXECUTE + _SYNC
_BEHIND_BIND = (_RUN, _DESCRIBE + _RUN)
_BOUND = a.BindComplete().encode()
_READY = {status: a.ReadyForQuery(status).encode() for status in "IT"}
_READY_SIZE = len(_READY["I"])
_ROW = a.DataRow.kind
_LENGTH = struct.Struct("!I").unpack_from
_LEAST_ROW = 6  # what the length of a DataRow says at least: itself and the number of columns


class _Known:
    """A statement whose precedent is known; `queries` are those of its shape, where it was learned by that."""

    __slots__ = ("precedent", "queries", "statement")

    def __init__(self, statement: Statement, precedent: Precedent) -> None:
        self.statement = statement
        self.precedent = precedent
        self.queries: re.Pattern[bytes] | None = None


class _Open:
    """What is on the lane: a Query, or a Bind with what followed it, as the client sent it."""

    __slots__ = ("data", "followed", "held", "is_described", "known")

    def __init__(self, known: _Known, followed: Followed, data: bytes, is_described: bool) -> None:
        self.known = known
        self.followed = followed
        self.data = data
        self.is_described = is_described  # by the client's own wish
        self.held = b""  # its answer, while its intent is not durable


class Lane:
    """One session's fast lane; at most one statement is on it.

    It remembers statements by their exact text where a literal may matter, else by shape, or by normalised text; bound
    ones by what was prepared. The one last seen is tried first.
    """

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._moment: tuple[int, int] | None = None
        self._exact: dict[str, _Known] = {}
        self._shapes: dict[bytes, _Known] = {}
        self._normalised: dict[str, _Known] = {}
        self._prepared: dict[Prepared, _Known] = {}
        self._last: _Known | None = None  # of the shapes
        self._open: _Open | None = None

    def __repr__(self) -> str:
        return f"<Lane {'busy' if self.is_busy else 'free'}>"

    @property
    def is_busy(self) -> bool:
        """Whether a statement is on it."""
        return self._open is not None

    # ── upwards ──

    def takes(self, data: bytes) -> bool:
        """Whether what the client sent goes up by the lane, which it then has."""
        if self._open is not None:
            self.hand_over()
            return False
        if not HEADER < len(data) <= _LONGEST or not self._is_free():
            return False
        if data[0] == r.Query.kind:
            return self._takes_query(data)
        return data[0] == r.Bind.kind and self._takes_bind(data)

    def learn_query(self, text: str, delivery: Delivery) -> None:
        """Remember a statement of a Query that was admitted without waiting."""
        if (known := self._known(delivery)) is None:
            return
        reads_literals = delivery.statement.reads_literals
        normalised = None if reads_literals else self._normalised_of(text)
        if normalised is None:
            _keep(self._exact, text, known)
        elif (seen := shape(text.encode())) is not None and is_faithful(seen, normalised):
            known.queries = queries_of(seen)
            _keep(self._shapes, seen, known)
        else:
            _keep(self._normalised, normalised, known)

    def learn_bind(self, prepared: Prepared, delivery: Delivery) -> None:
        """Remember a prepared statement that was bound and admitted without waiting."""
        if prepared not in self._prepared and (known := self._known(delivery)) is not None:
            _keep(self._prepared, prepared, known)

    def _known(self, delivery: Delivery) -> _Known | None:
        relay, statement = self._relay, delivery.statement
        does_more = relay.tracker.may_change(statement) or statement.transaction or statement.copy_direction
        if does_more or statement.executes is not None or statement.verb in ("FETCH", "MOVE"):
            return None
        precedent = relay.gateway.pipeline.precedent(relay.session, delivery.passage)
        return None if precedent is None else _Known(statement, precedent)

    def _is_free(self) -> bool:
        """Whether nothing at all is under way, and what is remembered still means what it did."""
        relay = self._relay
        if not relay.is_quiet:
            return False
        moment = relay.analyst.moment(relay.tracker.state)
        if moment != self._moment:
            self._moment = moment
            self._exact.clear()
            self._shapes.clear()
            self._normalised.clear()
            self._prepared.clear()
            self._last = None
        return moment is not None

    def _takes_query(self, data: bytes) -> bool:
        if _LENGTH(data, 1)[0] + 1 != len(data):
            return False
        known = self._last
        if known is not None and known.queries is not None and known.queries.fullmatch(data, HEADER):
            return self._admit(known, data, data, data[HEADER:-1].decode("ascii"), (), True)
        if data[-1] or not data.isascii():
            return False
        encoded = data[HEADER:-1]
        text = encoded.decode("ascii")
        known = self._exact.get(text)
        if known is None and (known := self._shapes.get(shape(encoded) or b"")) is not None:
            self._last = known
        if known is None and self._normalised:
            known = self._normalised.get(self._normalised_of(text) or "")
        return known is not None and self._admit(known, data, data, text, (), True)

    def _normalised_of(self, text: str) -> str | None:
        return self._relay.analyst.normalised(text, self._relay.tracker.state)

    def _takes_bind(self, data: bytes) -> bool:
        """Bind, perhaps Describe, Execute and Sync, all of the unnamed portal."""
        relay, end = self._relay, 1 + _LENGTH(data, 1)[0]
        rest = data[end:]
        if relay.tracker.status != "I" or data[HEADER] or rest not in _BEHIND_BIND:
            return False
        statements, name_end = relay.names.statements, data.find(0, HEADER + 1)
        prepared = statements.confirmed.get(data[HEADER + 1 : name_end].decode("utf-8", "surrogateescape"))
        known = self._prepared.get(prepared) if prepared is not None and statements.is_settled else None
        if known is None or prepared is None:
            return False
        bind = data[:end]
        if (values := texts(bind, name_end + 1, prepared.types)) is None:
            return False
        upwards = data if (is_described := rest != _RUN) else bind + _DESCRIBE + _RUN
        return self._admit(known, data, upwards, prepared.text, values, is_described)

    def _admit(
        self,
        known: _Known,
        data: bytes,
        upwards: bytes,
        text: str,
        values: Sequence[str | None],
        is_described: bool,
    ) -> bool:
        relay = self._relay
        if not known.precedent.holds(relay.session):
            self._moment = None  # a new policy: nothing learned stands
            return False
        try:
            followed = relay.gateway.pipeline.follow(
                relay.session, known.precedent, relay.next_operation(), text, values
            )
        except RecordError:
            return False  # the general way meets the same, and refuses
        if followed is None:
            return False
        self._open = _Open(known, followed, data, is_described)
        relay.upstream.write(upwards)
        return True

    # ── downwards ──

    def answers(self, data: bytes) -> bool:
        """Whether the lane deals with what the upstream sent; if not, it has handed over."""
        under_way, relay = self._open, self._relay
        assert under_way is not None
        if under_way.held:
            self.hand_over()
            relay.downstream.arrived(under_way.held)
            return relay.is_over
        log, sequence = relay.gateway.log, under_way.followed.sequence
        if not log.is_durable(sequence):
            under_way.held = data
            log.when_durable(sequence, partial(self._recorded, under_way))
            return True
        return self._deliver(under_way, data)

    def _recorded(self, under_way: _Open, error: BaseException | None) -> None:
        relay = self._relay
        if self._open is not under_way or relay.is_over:
            return
        if error is not None:
            relay.fail(error if isinstance(error, HooptermError) else RecordError("the record cannot be written"))
        else:
            relay.guard(self._resume, under_way.held)

    def _resume(self, data: bytes) -> None:
        if (under_way := self._open) is not None and not self._deliver(under_way, data):
            self._relay.downstream.arrived(data)

    def _deliver(self, under_way: _Open, data: bytes) -> bool:
        """Give the client a whole answer; False, and all handed over, where it is not one of the simple kind."""
        try:
            is_simple = self._is_delivered(under_way, data)
        except (IndexError, struct.error):  # a message ends where the chunk does not
            is_simple = False
        if not is_simple:
            self.hand_over()
        return is_simple

    def _is_delivered(self, under_way: _Open, data: bytes) -> bool:
        relay, known = self._relay, under_way.known
        end = len(data) - _READY_SIZE
        if data[end:] != _READY.get(relay.tracker.status):
            return False
        start = 0
        if under_way.data[0] == r.Bind.kind:
            if not data.startswith(_BOUND):
                return False
            start = len(_BOUND)
        if data[start] != a.RowDescription.kind:
            return False
        first = start + 1 + _LENGTH(data, start + 1)[0]
        position, rows = first, 0
        while data[position] == _ROW:
            (length,) = _LENGTH(data, position + 1)
            if length < _LEAST_ROW:
                return False
            position += 1 + length
            rows += 1
        if data[position] != a.CommandComplete.kind:
            return False
        if position + 1 + _LENGTH(data, position + 1)[0] != end:
            return False
        description = data[start:first]
        answer = known.precedent.answers.get(description)
        if answer is None:
            answer = known.precedent.answer(description, *relay.described(description, known.statement))
        cells, tag, masked = data[first:position], data[position + HEADER : end - 1], 0
        if answer.may_change(cells):
            masker = RowMasker(answer.plan)
            cells, masked = masker.mask(cells), masker.masked
        self._open = None
        under_way.followed.conclude(answer, rows, cells, tag, masked)
        if masked or not under_way.is_described:
            before = data[:first] if under_way.is_described else data[:start]
            data = b"".join((before, cells, data[position:]))
        relay.client.write(data)
        return True

    # ── out of the lane ──

    def hand_over(self) -> None:
        """Let the codec and its errands have what is on the lane, as if it had gone the general way."""
        if (under_way := self._open) is None:
            return
        self._open = None
        relay, followed, data = self._relay, under_way.followed, under_way.data
        statement = replace(under_way.known.statement, text=followed.text)
        if data[0] == r.Query.kind:
            delivery = Delivery(statement, followed.passage(), relay.described)
            relay.codec.forward(data, QueryErrand([delivery], relay.tracker.completed))
        else:
            bind = data[: 1 + int.from_bytes(data[1:HEADER])]
            message = r.Bind.decode(bind)
            types = relay.names.statements.confirmed[message.statement].types
            delivery = Delivery(statement, followed.passage(decode(message, types)), relay.described)
            revision = relay.session.revision
            portal = Portal("", delivery, revision, is_described=True, size=len(bind), moment=self._moment)
            proposal = relay.names.portals.propose("", portal, relay.batch)
            relay.codec.forward(bind, BindErrand(proposal, portal))
            relay.codec.forward(_DESCRIBE, DescribePortalErrand(delivery, is_hidden=not under_way.is_described))
            relay.codec.forward(_EXECUTE, ExecuteErrand(delivery, relay.tracker.completed))
            relay.codec.forward(_SYNC, Errand())
        relay.end_batch()


def _keep(where: dict[Key, _Known], key: Key, known: _Known) -> None:
    if len(where) >= _MOST:
        where.pop(next(iter(where)))
    where[key] = known
