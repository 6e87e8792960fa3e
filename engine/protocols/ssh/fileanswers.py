"""Answers to an SFTP client: the upstream's, with detectors applied to what is text in them, and the engine's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.model import Outcome, Status
from engine.protocols.ssh import sftp
from engine.protocols.ssh.sftp import Code, Kind, Packet
from engine.protocols.ssh.sftp_calls import told_in
from engine.protocols.ssh.sftp_fields import Malformed, Name, name_packet, names_of

if TYPE_CHECKING:
    from engine.masking.plan import Masks
    from engine.session import Session


class Answers:
    """Gathers packets for the client and sends them as one. `write` takes whole packets."""

    def __init__(self, session: Session, write: Callable[[bytes], None]) -> None:
        self._session = session
        self._write = write
        self._pieces: list[bytes | memoryview] = []
        self.flows = asyncio.Event()  # cleared while the client does not keep up
        self.flows.set()

    def __repr__(self) -> str:
        return f"<Answers {len(self._pieces)} pieces>"

    def packet(self, packet: bytes) -> None:
        """A packet of the engine's own."""
        self._pieces.append(packet)

    def status(self, id: int, code: int, message: str) -> None:
        """A STATUS of the engine's own."""
        self._pieces.append(sftp.status(id, code, message))

    def as_is(self, answer: Packet, id: int) -> None:
        """The upstream's answer under the client's identifier: content that is masked already, and what is no text."""
        self._pieces += sftp.renumbered(answer.payload, id)

    def relay(self, answer: Packet, id: int) -> int:
        """The upstream's answer with what detectors find in it replaced; how many values that were."""
        masks = self._session.masks
        if masks.is_clear(answer.payload) or answer.kind in (Kind.ATTRS, Kind.HANDLE):
            self.as_is(answer, id)
            return 0
        if answer.kind == Kind.NAME:
            names, masked = masked_names(answer, masks)
            self._pieces.append(name_packet(id, names))
            return masked
        if answer.kind == Kind.STATUS:
            code, message = told_in(answer)
            message, masked = masks.count_text(message)
            self.status(id, code, message)
            return masked
        self.status(id, Code.FAILURE, "hoopterm: there is something in the answer that may not be shown")
        return 1

    def flush(self) -> None:
        """Send what gathered."""
        if self._pieces:
            pieces, self._pieces = self._pieces, []
            self._write(b"".join(pieces))


def masked_names(answer: Packet, masks: Masks) -> tuple[list[Name], int]:
    """The entries of a NAME with recognised values replaced, and how many there were; raises ProtocolViolation."""
    try:
        names = names_of(answer)
    except Malformed as error:
        raise sftp.violation(str(error)) from None
    total, shown = 0, []
    for each in names:
        name, in_name = _masked(each.name, masks)
        line, in_line = _masked(each.line, masks)
        total += max(in_name, in_line)
        shown.append(replace(each, name=name, line=line))
    return shown, total


def _masked(text: bytes, masks: Masks) -> tuple[bytes, int]:
    masked, count = masks.count_text(text.decode(errors="surrogateescape"))
    return masked.encode(errors="surrogateescape"), count


def outcome_of(answer: Packet, verb: str, masked: int, masks: Masks) -> Outcome:
    """What an answer says became of its request."""
    if answer.kind == Kind.STATUS:
        code, message = told_in(answer)
        if code not in (Code.OK, Code.EOF):
            return Outcome(Status.FAILED, masked=masked, error=masks.text(f"{message or 'it failed'} ({code})"))
    return Outcome(Status.COMPLETED, verb, masked=masked)


def with_our_limits(answer: Packet) -> Packet:
    """The answer to limits@openssh.com, saying no more than this engine takes: packet, read and write lengths."""
    if answer.kind != Kind.EXTENDED_REPLY or len(answer.payload) < 5 + 24:
        return answer
    most = (sftp.LIMIT, sftp.LIMIT - 1024, sftp.LIMIT - 1024)
    told = [int.from_bytes(answer.payload[5 + 8 * n : 13 + 8 * n], "big") for n in range(3)]
    bounded = b"".join((min(a, b) if a else b).to_bytes(8, "big") for a, b in zip(told, most, strict=True))
    return replace(answer, payload=answer.payload[:5] + bounded + answer.payload[29:])
