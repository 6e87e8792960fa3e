"""What the client sends, in order: looked at one message at a time, forwarded at once or after waiting.

A server passes over everything between an error and Sync; so does this, as soon as it knows of one, so that nothing is
decided or recorded that will not run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from engine.errors import ProtocolViolation
from engine.protocols.postgres import requests as r
from engine.protocols.postgres.codec import request_framing
from engine.protocols.postgres.copying import Copying
from engine.protocols.postgres.errands import Errand
from engine.protocols.postgres.exchanges import Step
from engine.protocols.postgres.extended import bind, close, describe, execute, parse
from engine.protocols.postgres.functioncall import call
from engine.protocols.postgres.simple import query

if TYPE_CHECKING:
    from engine.protocols.postgres.relay import Relay

_BACKLOG = 256 * 1024
"""Bytes of requests that may wait before the client is read no further."""

_ENDS_SKIPPING = frozenset((r.Sync.kind, r.Terminate.kind))


class Intake:
    """The way from the client to the upstream."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._framing = request_framing()
        self._is_inside_copy = False  # a piece of CopyData went up, so the rest of it must

    def __repr__(self) -> str:
        return f"<Intake {self._framing.buffered} bytes waiting>"

    def arrived(self, data: bytes) -> None:
        """Take a chunk from the client."""
        if self._framing.is_between and self._relay.lane.takes(data):
            return
        self._framing.receive_data(data)
        self.pump()

    def pump(self) -> None:
        """Take what is there, as far as that needs no waiting."""
        relay, framing = self._relay, self._framing
        if relay.tracker.changed_schema and not relay.is_waiting:
            relay.begin(relay.settle())
        while not relay.is_waiting and (frame := framing.next_frame()) is not None:
            step = self._take(*frame)
            if step is not None:
                relay.begin(step)
        relay.flush()
        if relay.is_waiting and framing.buffered > _BACKLOG:
            relay.client.pause("intake")
        else:
            relay.client.resume("intake")

    def _take(self, kind: int, data: bytes) -> Step | None:
        relay = self._relay
        if kind in _COPY:
            self._copy(kind, data)
            return None
        if relay.copying is Copying.OPEN:
            self._during_copy(kind)
            return None
        if (relay.codec.is_skipping or relay.is_refusing) and kind not in _ENDS_SKIPPING:
            return None
        return HANDLERS[kind](relay, data)

    def _copy(self, kind: int, data: bytes) -> None:
        """COPY data goes up while it is wanted; a server passes over it at any other time."""
        relay = self._relay
        is_wanted = relay.copying is Copying.OPEN
        if kind == r.CopyData.kind:
            if is_wanted or self._is_inside_copy:
                relay.pass_on(data)
                self._is_inside_copy = self._framing.is_inside
        elif is_wanted:
            relay.pass_on(data)
            relay.copying = Copying.AWAITED
            if relay.is_in_batch:  # a server passes over every Flush that it meets while it reads a COPY
                relay.send(r.Flush())

    def _during_copy(self, kind: int) -> None:
        if kind == r.Terminate.kind:
            _terminate(self._relay, b"")
        elif kind not in (r.Sync.kind, r.Flush.kind):  # those a server passes over while it reads a COPY
            raise ProtocolViolation(f"unexpected message type 0x{kind:02X} during COPY from stdin")


def _flush(relay: Relay, data: bytes) -> None:
    relay.forward(data)


def _sync(relay: Relay, data: bytes) -> None:
    relay.forward(data, Errand())
    relay.end_batch()


def _terminate(relay: Relay, data: bytes) -> None:
    relay.flush()
    relay.end("the client left")


_COPY = frozenset((r.CopyData.kind, r.CopyDone.kind, r.CopyFail.kind))

Handler = Callable[["Relay", bytes], Step | None]

HANDLERS: Mapping[int, Handler] = {
    r.Query.kind: query,
    r.FunctionCall.kind: call,
    r.Parse.kind: parse,
    r.Bind.kind: bind,
    r.Describe.kind: describe,
    r.Execute.kind: execute,
    r.Close.kind: close,
    r.Flush.kind: _flush,
    r.Sync.kind: _sync,
    r.Terminate.kind: _terminate,
}
"""What each message does; a step where it has to wait."""
