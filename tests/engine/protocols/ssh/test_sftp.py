from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ProtocolViolation
from engine.protocols.ssh import sftp
from engine.protocols.ssh.sftp import Code, Kind, Packet, State, Wire


def opened(transitions: sftp.Transitions = sftp.REQUESTS) -> Wire:
    """A wire whose first packet is through."""
    wire = Wire(transitions, sftp.LIMIT_AT_FIRST)
    wire.receive_data(sftp.init() if transitions is sftp.REQUESTS else sftp.version({}))
    assert wire.next_packet() is not None
    return wire


def taken(wire: Wire) -> list[Packet]:
    packets = []
    while (packet := wire.next_packet()) is not None:
        packets.append(packet)
    return packets


@given(
    st.lists(st.tuples(st.sampled_from(sorted(sftp.REPLIES)), st.integers(0, 2**32 - 1), st.binary(max_size=300))),
    st.lists(st.integers(0, 10_000)),
)
def test_packets_are_the_same_however_their_bytes_are_cut(
    sent: list[tuple[int, int, bytes]], places: list[int]
) -> None:
    stream = b"".join(sftp.packet(*each) for each in sent)
    edges = sorted({0, len(stream), *(place % (len(stream) + 1) for place in places)})
    wire, packets = opened(), []
    for start, end in itertools.pairwise(edges):
        wire.receive_data(stream[start:end])
        packets += taken(wire)
    assert [(each.kind, each.id, bytes(each.body)) for each in packets] == sent
    assert wire.pending == 0


@given(st.binary(max_size=2000))
def test_a_strangers_bytes_are_packets_or_a_violation(data: bytes) -> None:
    """SECURITY promise 6."""
    wire = Wire(sftp.REQUESTS, sftp.LIMIT_AT_FIRST)
    wire.receive_data(data)
    try:
        taken(wire)
    except ProtocolViolation:
        return
    assert wire.pending <= max(4 + sftp.LIMIT, len(data))


@pytest.mark.parametrize("length", [0, 4, sftp.LIMIT + 1, 2**31, 2**32 - 1])
def test_a_length_that_no_packet_has_is_a_violation_before_anything_is_gathered(length: int) -> None:
    """SECURITY promise 6."""
    wire = opened()
    wire.receive_data(length.to_bytes(4, "big"))
    with pytest.raises(ProtocolViolation, match="SFTP was broken"):
        wire.next_packet()


def test_before_a_version_is_told_only_little_is_taken() -> None:
    """SECURITY promise 6."""
    wire = Wire(sftp.REQUESTS, sftp.LIMIT_AT_FIRST)
    wire.receive_data((sftp.LIMIT_AT_FIRST + 1).to_bytes(4, "big"))
    with pytest.raises(ProtocolViolation):
        wire.next_packet()


@pytest.mark.parametrize("kind", [Kind.OPEN, Kind.VERSION, 77])
def test_nothing_but_the_version_may_come_first(kind: int) -> None:
    wire = Wire(sftp.REQUESTS)
    wire.receive_data(sftp.packet(kind, 1))
    with pytest.raises(ProtocolViolation):
        wire.next_packet()


@pytest.mark.parametrize("kind", [Kind.INIT, Kind.VERSION, Kind.STATUS, Kind.DATA, Kind.EXTENDED_REPLY])
def test_a_client_sends_neither_a_second_version_nor_answers(kind: int) -> None:
    wire = opened()
    wire.receive_data(sftp.packet(kind, 1))
    with pytest.raises(ProtocolViolation):
        wire.next_packet()


@pytest.mark.parametrize("kind", [Kind.OPEN, Kind.VERSION, 77])
def test_a_server_sends_nothing_but_answers(kind: int) -> None:
    wire = opened(sftp.ANSWERS)
    wire.receive_data(sftp.packet(kind, 1))
    with pytest.raises(ProtocolViolation):
        wire.next_packet()


def test_a_type_that_nobody_knows_is_left_to_be_turned_down() -> None:
    """SECURITY promise 5."""
    wire = opened()
    wire.receive_data(sftp.packet(77, 9) + sftp.packet(Kind.READ, 10))
    assert [(each.kind, each.id) for each in taken(wire)] == [(77, 9), (Kind.READ, 10)]
    assert wire.state is State.READY


def test_a_renumbered_packet_is_the_same_under_another_identifier() -> None:
    packet = sftp.packet(Kind.WRITE, 7, b"content")
    head, rest = sftp.renumbered(packet[4:], 0xAABBCCDD)
    assert head + rest == sftp.packet(Kind.WRITE, 0xAABBCCDD, b"content")


def test_a_status_has_code_message_and_language() -> None:
    assert sftp.status(3, Code.PERMISSION_DENIED, "no") == (b"\0\0\0\x15\x65\0\0\0\3\0\0\0\3\0\0\0\2no\0\0\0\2en")


def test_a_packet_shows_none_of_its_bytes() -> None:
    """SECURITY promise 2."""
    assert "4111" not in repr(Packet(Kind.DATA, 1, b"\x67\0\0\0\1\0\0\0\x044111"))
