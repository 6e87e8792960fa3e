"""What a server says, byte for byte as PostgreSQL documents it."""

from __future__ import annotations

import pytest

from engine.errors import ProtocolViolation
from engine.protocols.postgres import answers as a
from engine.protocols.postgres.messages import Message


@pytest.mark.parametrize(
    ("message", "data"),
    [
        (a.ParseComplete(), b"1\0\0\0\x04"),
        (a.CommandComplete("SELECT 1"), b"C\0\0\0\x0dSELECT 1\0"),
        (a.DataRow((b"v", None)), b"D\0\0\0\x0f\0\x02\0\0\0\x01v\xff\xff\xff\xff"),
        (a.ErrorResponse({"S": "ERROR", "C": "42501"}), b"E\0\0\0\x13SERROR\0C42501\0\0"),
        (a.ErrorResponse({"\xff": "any byte names a field"}), b"E\0\0\0\x1d\xffany byte names a field\0\0"),
        (a.ParameterStatus("a", "b"), b"S\0\0\0\x08a\0b\0"),
        (a.NotificationResponse(7, "c", "p"), b"A\0\0\0\x0c\0\0\0\x07c\0p\0"),
        (a.ReadyForQuery("T"), b"Z\0\0\0\x05T"),
        (a.CopyOutResponse(1, (1, 1)), b"H\0\0\0\x0b\x01\0\x02\0\x01\0\x01"),
        (a.ParameterDescription((25,)), b"t\0\0\0\x0a\0\x01\0\0\0\x19"),
        (a.FunctionCallResponse(None), b"V\0\0\0\x08\xff\xff\xff\xff"),
        (a.BackendKeyData(7, b"key!"), b"K\0\0\0\x0c\0\0\0\x07key!"),
        (
            a.RowDescription((a.Field("n", 16384, 2, 25, -1, -1, 1),)),
            b"T\0\0\0\x1a\0\x01n\0\0\0\x40\0\0\x02\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\x01",
        ),
    ],
)
def test_a_message_is_these_bytes_and_back(message: Message, data: bytes) -> None:
    assert message.encode() == data
    assert type(message).decode(data) == message


def test_every_type_byte_has_one_message() -> None:
    assert all(message.kind == kind for kind, message in a.ANSWERS.items())


def test_an_unknown_transaction_status_is_a_violation() -> None:
    with pytest.raises(ProtocolViolation, match="invalid transaction status"):
        a.ReadyForQuery.decode(b"Z\0\0\0\x05?")


def test_a_cancel_key_is_not_in_a_repr() -> None:
    assert repr(a.BackendKeyData(7, b"secret")) == "BackendKeyData(7)"
