"""What the upstream sends: each frame to the errand it answers, and what is left of it to the client.

An answer whose intent is not durable yet stays where it is, and all behind it with it: the record comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import HooptermError, ProtocolViolation, RecordError, UpstreamError
from engine.protocols.postgres import answers as a
from engine.protocols.postgres.errands import Errand, Hidden
from engine.protocols.postgres.reports import mask_report

if TYPE_CHECKING:
    from engine.passage import Passage
    from engine.protocols.postgres.relay import Relay

_BACKLOG = 256 * 1024
"""Bytes of answers that may wait for the record before the upstream is read no further."""


class Downstream:
    """The way from the upstream to the client."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._durable: Passage | None = None  # the last one known to be
        self._is_waiting = False
        self._out: list[bytes] = []
        self._special = {
            a.ErrorResponse.kind: self._error,
            a.NoticeResponse.kind: self._notice,
            a.ParameterStatus.kind: self._setting,
            a.NotificationResponse.kind: self._notification,
            a.ReadyForQuery.kind: self._ready,
            a.CopyInResponse.kind: self._copy_in,
        }

    def __repr__(self) -> str:
        return f"<Downstream {'waiting for the record' if self._is_waiting else 'flowing'}>"

    def arrived(self, data: bytes) -> None:
        """Take a chunk from the upstream."""
        relay = self._relay
        if relay.lane.is_busy and relay.lane.answers(data):
            return
        relay.codec.receive_data(data)
        if not self._is_waiting:
            self._drain()
        elif relay.codec.framing.buffered > _BACKLOG:
            relay.upstream.pause("record")

    def _drain(self) -> None:
        relay, codec = self._relay, self._relay.codec
        framing, special, out = codec.framing, self._special, self._out
        try:
            while framing.buffered and self._may_show(codec.about) and (event := codec.next_event()) is not None:
                kind, data, errand = event
                if (handle := special.get(kind)) is not None:
                    data = handle(errand, data)
                elif errand is not None:
                    data = errand.piece(data) if framing.is_piece else errand.answer(kind, data)
                if data:
                    out.append(data)
        except ProtocolViolation as error:
            raise UpstreamError("the upstream broke its protocol", f"{error.what} {error.why}".strip()) from None
        finally:
            self._write()
        if codec.is_idle:
            relay.all_answered()
        relay.intake.pump()

    def _write(self) -> None:
        if out := self._out:
            self._relay.client.write(out[0] if len(out) == 1 else b"".join(out))
            out.clear()

    def _may_show(self, errand: Errand | None) -> bool:
        """Whether the next answer may be shown; if not, it goes on once its intent is durable."""
        passage = errand.passage if errand is not None else None
        if passage is None or passage is self._durable:
            return True
        if not passage.is_durable:
            self._is_waiting = True
            passage.when_durable(self._recorded)
            return not self._is_waiting
        self._durable = passage
        return True

    def _recorded(self, error: BaseException | None) -> None:
        self._is_waiting = False
        if self._relay.is_over:
            return
        if error is not None:
            self._relay.fail(error if isinstance(error, HooptermError) else RecordError("the record cannot be written"))
            return
        self._relay.upstream.resume("record")
        self._relay.guard(self._drain)

    def _error(self, errand: Errand | None, data: bytes) -> bytes:
        relay = self._relay
        fields = a.ErrorResponse.decode(data).fields
        passage = errand.passage if errand is not None else None
        error: a.ErrorResponse | None = a.ErrorResponse(
            mask_report(fields, relay.session.masks, passage.operation if passage is not None else None)
        )
        assert error is not None
        is_last = error.fields.get("V", error.fields.get("S")) in ("FATAL", "PANIC")
        if errand is not None:
            error = errand.fail(error)
        for skipped in relay.codec.take_skipped():
            skipped.skip()
        if relay.codec.is_skipping and relay.submission is not None:
            relay.submission.withdraw()  # it would never run
        words = error.encode() if error is not None else b""
        if is_last:
            self._out.append(words)
            self._write()
            relay.end("the upstream ended the session")
            return b""
        return words

    def _notice(self, errand: Errand | None, data: bytes) -> bytes:
        if isinstance(errand, Hidden):
            return b""
        passage = errand.passage if errand is not None else None
        session = self._relay.session
        fields = mask_report(
            a.NoticeResponse.decode(data).fields, session.masks, passage.operation if passage is not None else None
        )
        session.recorder.event(
            "n",
            {
                "operation": passage.operation.id if passage is not None else None,
                "severity": fields.get("V", fields.get("S", "")),
                "message": fields.get("M", ""),
            },
        )
        return a.NoticeResponse(fields).encode()

    def _setting(self, errand: Errand | None, data: bytes) -> bytes:
        status = a.ParameterStatus.decode(data)
        self._relay.tracker.reported(status.name, status.value)
        return a.ParameterStatus(status.name, self._relay.session.masks.text(status.value)).encode()

    def _notification(self, errand: Errand | None, data: bytes) -> bytes:
        heard = a.NotificationResponse.decode(data)
        masked = self._relay.session.masks.text(heard.payload)
        return a.NotificationResponse(heard.pid, heard.channel, masked).encode()

    def _ready(self, errand: Errand | None, data: bytes) -> bytes:
        relay = self._relay
        status = a.ReadyForQuery.decode(data).status
        if errand is not None:
            data = errand.answer(a.ReadyForQuery.kind, data)
        if status == "I":
            for portal in relay.names.portals.clear():
                portal.close()
        relay.tracker.ready(status)
        return data

    def _copy_in(self, errand: Errand | None, data: bytes) -> bytes:
        self._relay.wants_copy()
        return data
