from __future__ import annotations

from functools import partial

import pytest

from engine.errors import ProtocolViolation, UpstreamError
from engine.protocols.ssh import sftp
from engine.protocols.ssh.sftp import Code, Kind, Packet, Wire
from engine.protocols.ssh.sftp_calls import Calls, Failed, content_of, handle_in, real_path_in
from engine.protocols.ssh.sftp_fields import Name, name_packet


class Server:
    """The other end: what was sent to it, as packets."""

    def __init__(self) -> None:
        self.wire = Wire(sftp.REQUESTS)
        self.calls = Calls(self.wire.receive_data)

    def took(self) -> list[Packet]:
        packets = []
        while (packet := self.wire.next_packet()) is not None:
            packets.append(packet)
        return packets


async def greeted() -> Server:
    server = Server()
    greeting = server.calls.greet()
    greeting.send(None)
    assert [each.kind for each in server.took()] == [Kind.INIT]
    server.calls.receive(sftp.version({}))
    greeting.close()
    return server


def as_packet(raw: bytes) -> Packet:
    return Packet(raw[4], int.from_bytes(raw[5:9], "big"), raw[4:])


async def test_a_clients_identifiers_do_not_go_upstream_and_answers_may_change_places() -> None:
    server = await greeted()
    answered: list[tuple[int, int]] = []

    def done(number: int, answer: Packet | None) -> None:
        assert answer is not None
        answered.append((number, answer.id))

    for number in (1, 2):
        server.calls.forward(as_packet(sftp.packet(Kind.READ, 7, b"%d" % number)), partial(done, number))
    server.calls.flush()
    first, second = server.took()
    assert first.id != second.id
    server.calls.receive(sftp.data(second.id, b"b") + sftp.data(first.id, b"a"))
    assert answered == [(2, second.id), (1, first.id)]


async def test_an_answer_to_nothing_that_was_asked_ends_it() -> None:
    """SECURITY promise 6."""
    server = await greeted()
    with pytest.raises(ProtocolViolation):
        server.calls.receive(sftp.status(9, Code.OK))


async def test_an_answer_comes_once() -> None:
    server = await greeted()
    server.calls.send(Kind.READ, b"", lambda _: None)
    server.calls.receive(sftp.data(0, b"a"))
    with pytest.raises(ProtocolViolation):
        server.calls.receive(sftp.data(0, b"a"))


@pytest.mark.parametrize("kind", [Kind.HANDLE, Kind.NAME, Kind.ATTRS, Kind.EXTENDED_REPLY])
async def test_an_answer_of_another_kind_than_was_asked_for_ends_it(kind: int) -> None:
    server = await greeted()
    server.calls.send(Kind.READ, b"", lambda _: None)
    with pytest.raises(ProtocolViolation):
        server.calls.receive(sftp.packet(kind, 0))


async def test_what_waits_is_told_when_the_upstream_is_gone_and_what_comes_later_too() -> None:
    server = await greeted()
    asked = server.calls.ask(Kind.STAT, b"")
    server.calls.lost()
    with pytest.raises(UpstreamError):
        await asked
    with pytest.raises(UpstreamError):
        await server.calls.ask(Kind.STAT, b"")


@pytest.mark.parametrize(
    "names", [[], [Name(b"/a", b"", bytes(4))] * 2, [Name(b"a", b"", bytes(4))], [Name(b"/a/../b", b"", bytes(4))]]
)
def test_where_a_path_leads_is_one_absolute_path(names: list[Name]) -> None:
    """SECURITY: an upstream that is hostile does not choose what is decided on."""
    with pytest.raises(ProtocolViolation):
        real_path_in(as_packet(name_packet(0, names)))


def test_a_target_that_does_not_say_is_a_failure_to_be_told() -> None:
    with pytest.raises(Failed):
        real_path_in(as_packet(sftp.status(0, Code.NO_SUCH_FILE)))


def test_content_is_as_long_as_it_says_and_no_longer_than_asked_for() -> None:
    assert content_of(as_packet(sftp.data(0, b"abc")), 3) == b"abc"
    assert content_of(as_packet(sftp.status(0, Code.EOF)), 3) == b""
    for packet in (sftp.data(0, b"abcd"), sftp.data(0, b""), sftp.packet(Kind.DATA, 0, b"\0\0\0\2abc")):
        with pytest.raises(ProtocolViolation):
            content_of(as_packet(packet), 3)
    with pytest.raises(Failed):
        content_of(as_packet(sftp.status(0, Code.FAILURE)), 3)


def test_a_handle_is_short() -> None:
    assert handle_in(as_packet(sftp.packet(Kind.HANDLE, 0, sftp.string(b"h")))) == b"h"
    with pytest.raises(ProtocolViolation):
        handle_in(as_packet(sftp.packet(Kind.HANDLE, 0, sftp.string(b"h" * 257))))
