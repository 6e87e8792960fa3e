"""What a client says, byte for byte as PostgreSQL documents it."""

from __future__ import annotations

import pytest

from engine.errors import ProtocolViolation
from engine.protocols.postgres.messages import Message
from engine.protocols.postgres.requests import (
    REQUESTS,
    Bind,
    Close,
    CopyFail,
    Describe,
    Execute,
    FunctionCall,
    Parse,
    Query,
    Sync,
    Terminate,
)


@pytest.mark.parametrize(
    ("message", "data"),
    [
        (Query("a"), b"Q\0\0\0\x06a\0"),
        (Parse("n", "q", (23, 0)), b"P\0\0\0\x12n\0q\0\0\x02\0\0\0\x17\0\0\0\0"),
        (
            Bind("p", "s", (b"v", None), (1,), (0,)),
            b"B\0\0\0\x1bp\0s\0\0\x01\0\x01\0\x02\0\0\0\x01v\xff\xff\xff\xff\0\x01\0\0",
        ),
        (Describe("S", "s"), b"D\0\0\0\x07Ss\0"),
        (Close("P", ""), b"C\0\0\0\x06P\0"),
        (Execute("p", 7), b"E\0\0\0\x0ap\0\0\0\0\x07"),
        (Sync(), b"S\0\0\0\x04"),
        (Terminate(), b"X\0\0\0\x04"),
        (CopyFail("no"), b"f\0\0\0\x07no\0"),
        (FunctionCall(2089, b"rest"), b"F\0\0\0\x0c\0\0\x08\x29rest"),
    ],
)
def test_a_message_is_these_bytes_and_back(message: Message, data: bytes) -> None:
    assert message.encode() == data
    assert type(message).decode(data) == message


def test_every_type_byte_has_one_message() -> None:
    assert all(message.kind == kind for kind, message in REQUESTS.items())
    assert bytes(sorted(REQUESTS)).decode() == "BCDEFHPQSXcdf"


def test_a_statement_or_a_portal_is_described_and_nothing_else() -> None:
    with pytest.raises(ProtocolViolation, match="invalid message subtype"):
        Describe.decode(b"D\0\0\0\x06X\0")


def test_a_negative_count_is_a_violation() -> None:
    with pytest.raises(ProtocolViolation):
        Parse.decode(b"P\0\0\0\x08\0\0\xff\xff")


def test_bound_values_are_not_in_a_repr() -> None:
    assert repr(Bind("", "s", (b"secret",))) == "Bind('', 's', 1 values)"
