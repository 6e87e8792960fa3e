"""File transfers: the packets of SFTP, whoever sends them, and what they ask for."""

from __future__ import annotations

import contextlib

from engine.errors import ProtocolViolation
from engine.protocols.ssh import sftp
from engine.protocols.ssh.sftp import Kind, Packet, Wire
from engine.protocols.ssh.sftp_calls import Failed, content_of, handle_in, real_path_in
from engine.protocols.ssh.sftp_fields import LAYOUTS, Malformed, announced, encoded, names_of, request_of


def _taken(wire: Wire, data: bytes) -> list[tuple[int, bytes]]:
    found = []
    wire.receive_data(data)
    while (packet := wire.next_packet()) is not None:
        found.append((packet.kind, packet.payload))
    return found


def _whole(transitions: sftp.Transitions, data: bytes) -> list[Packet]:
    """The packets in it, which are the same when it comes byte by byte."""
    found: list[tuple[int, bytes]] = []
    with contextlib.suppress(ProtocolViolation):
        found = _taken(Wire(transitions, sftp.LIMIT_AT_FIRST), data)
        wire, bytewise = Wire(transitions, sftp.LIMIT_AT_FIRST), []
        for index in range(len(data)):
            bytewise += _taken(wire, data[index : index + 1])
        assert bytewise == found
    return [Packet(kind, int.from_bytes(payload[1:5], "big"), payload) for kind, payload in found]


def requests(data: bytes) -> None:
    """What a client sends: each is decoded as it would be sent on, or malformed."""
    for packet in _whole(sftp.REQUESTS, data):
        if packet.kind in LAYOUTS or packet.kind == Kind.EXTENDED:
            with contextlib.suppress(Malformed):
                request = request_of(packet)
                if request is not None and not (request.numbers or "users-groups" in request.name):
                    assert encoded(request, packet.id)[4:] == packet.payload


def answers(data: bytes) -> None:
    """What an upstream sends."""
    for packet in _whole(sftp.ANSWERS, data):
        with contextlib.suppress(Malformed, ProtocolViolation, Failed):
            if packet.kind == Kind.VERSION:
                announced(packet)
            elif packet.kind == Kind.NAME:
                names_of(packet)
                assert real_path_in(packet).startswith(b"/")
            elif packet.kind == Kind.HANDLE:
                assert len(handle_in(packet)) <= 256
            else:
                assert len(content_of(packet, 100)) <= 100
