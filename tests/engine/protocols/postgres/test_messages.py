"""Reading bodies: every way past the end is a violation, never an exception of Python's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ProtocolViolation
from engine.protocols.postgres.answers import ANSWERS
from engine.protocols.postgres.messages import Body, CopyData, CopyDone, Message, cstring
from engine.protocols.postgres.requests import REQUESTS

KINDS: list[type[Message]] = [*REQUESTS.values(), *ANSWERS.values()]


@given(st.sampled_from(KINDS), st.binary(max_size=80))
def test_a_malformed_body_is_a_violation_and_nothing_else(kind: type[Message], body: bytes) -> None:
    data = bytes((kind.kind,)) + (len(body) + 4).to_bytes(4) + body
    try:
        message = kind.decode(data)
    except ProtocolViolation:
        return
    assert kind.decode(message.encode()) == message


def test_bytes_left_over_are_a_violation() -> None:
    with pytest.raises(ProtocolViolation, match="invalid message format"):
        CopyDone.decode(b"c\x00\x00\x00\x05x")


def test_a_string_needs_its_end() -> None:
    with pytest.raises(ProtocolViolation, match="invalid string"):
        Body(b"abc").cstring()


def test_a_string_cannot_smuggle_an_end() -> None:
    with pytest.raises(ValueError, match="NUL"):
        cstring("a\0b")


def test_any_bytes_of_a_text_survive_the_round_trip() -> None:
    assert cstring(Body(b"\xff\xfe'\0").cstring()) == b"\xff\xfe'\0"


def test_data_is_not_in_a_repr() -> None:
    assert repr(CopyData(b"secret")) == "CopyData(6 bytes)"
