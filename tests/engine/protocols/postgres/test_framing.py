"""Bytes into messages, however they were cut; hostile lengths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ProtocolViolation
from engine.protocols.postgres.framing import PIECE, Frame, Framing

ROW, WORD, STREAM = ord("D"), ord("C"), ord("d")
LIMITS = {ROW: 1000, WORD: 100, STREAM: 1 << 30}


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + (len(body) + 4).to_bytes(4) + body


def frames(framing: Framing) -> list[Frame]:
    found = []
    while (frame := framing.next_frame()) is not None:
        found.append(frame)
    return found


@given(st.lists(st.tuples(st.sampled_from([ROW, WORD]), st.binary(max_size=60))), st.data())
def test_messages_are_the_same_however_they_are_cut(messages: list[tuple[int, bytes]], data: st.DataObject) -> None:
    stream = b"".join(message(kind, body) for kind, body in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    framing = Framing(LIMITS)
    found: list[Frame] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        framing.receive_data(stream[start:end])
        found += frames(framing)
    assert found == [(kind, message(kind, body)) for kind, body in messages]
    assert framing.buffered == 0


@given(st.lists(st.tuples(st.sampled_from([ROW, WORD]), st.binary(max_size=60))), st.data())
def test_a_run_is_one_slice_and_loses_nothing(messages: list[tuple[int, bytes]], data: st.DataObject) -> None:
    stream = b"".join(message(kind, body) for kind, body in messages)
    cut = data.draw(st.integers(0, len(stream)))
    framing = Framing(LIMITS, runs=(ROW,))
    found: list[Frame] = []
    for piece in (stream[:cut], stream[cut:]):
        framing.receive_data(piece)
        found += frames(framing)
    assert b"".join(bytes_ for _, bytes_ in found) == stream
    assert all(run[0] == kind for kind, run in found)


def test_messages_behind_one_another_come_as_one_run() -> None:
    framing = Framing(LIMITS, runs=(ROW,))
    framing.receive_data(message(ROW, b"1") + message(ROW, b"2") + message(WORD, b"3") + message(ROW, b"4"))
    assert [kind for kind, _ in frames(framing)] == [ROW, WORD, ROW]


@pytest.mark.parametrize("length", [0, 1, 3, 105, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_a_length_no_message_has_is_refused(length: int) -> None:
    """CVE-2026-6668, CVE-2026-107348, CVE-2026-6664."""
    framing = Framing(LIMITS)
    framing.receive_data(bytes((WORD,)) + length.to_bytes(4))
    with pytest.raises(ProtocolViolation, match="invalid message length"):
        framing.next_frame()


def test_a_hostile_length_inside_a_run_is_refused_too() -> None:
    framing = Framing(LIMITS, runs=(ROW,))
    framing.receive_data(message(ROW, b"1") + bytes((ROW,)) + b"\xff\xff\xff\xff")
    assert framing.next_frame() == (ROW, message(ROW, b"1"))
    with pytest.raises(ProtocolViolation):
        framing.next_frame()


def test_an_unknown_type_is_refused_before_its_body_arrives() -> None:
    framing = Framing(LIMITS)
    framing.receive_data(b"!\x00\x00\x00\x09")
    with pytest.raises(ProtocolViolation, match="invalid message type 33"):
        framing.next_frame()


def test_a_large_message_comes_in_pieces_where_that_is_wanted() -> None:
    framing = Framing(LIMITS, pieces={STREAM: PIECE})
    stream = message(STREAM, b"x" * 300_000) + message(WORD, b"end")
    found: list[Frame] = []
    for start in range(0, len(stream), 10_000):
        framing.receive_data(stream[start : start + 10_000])
        assert framing.buffered <= PIECE + 10_000
        found += frames(framing)
    assert b"".join(piece for _, piece in found) == stream
    assert len(found) > 3
    assert not framing.is_inside
    assert not framing.is_piece


def test_it_says_when_it_is_inside_a_message() -> None:
    framing = Framing(LIMITS, pieces={STREAM: PIECE})
    framing.receive_data(message(STREAM, b"x" * (PIECE + 10))[:-1])
    assert framing.next_frame() is not None
    assert framing.is_inside
    assert framing.is_piece
    assert repr(framing) == "<Framing 0 bytes, inside a message>"
    framing.receive_data(b"x")
    assert framing.next_frame() == (STREAM, b"x")
    assert not framing.is_inside
