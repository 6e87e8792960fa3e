from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import ProtocolViolation
from engine.masking.plan import MaskRule, Masks
from engine.model import Identity, Status, Target
from engine.protocols.ssh import sftp
from engine.protocols.ssh.fileanswers import Answers, masked_names, outcome_of, with_our_limits
from engine.protocols.ssh.sftp import Code, Kind, Packet
from engine.protocols.ssh.sftp_fields import Name, name_packet

CARD = b"4111 1111 1111 1111"
MASKS = Masks(
    [MaskRule("m", detect=("credit_card",))], Identity("b", "agent"), Target("w", "ssh", "127.0.0.1:22"), b"k" * 32
)


def as_packet(raw: bytes) -> Packet:
    return Packet(raw[4], int.from_bytes(raw[5:9], "big"), raw[4:])


def relayed(raw: bytes) -> tuple[bytes, int]:
    """What a client gets of an upstream's answer, and how many values were masked in it."""
    sent: list[bytes] = []
    session: Any = SimpleNamespace(masks=MASKS)
    answers = Answers(session, sent.append)
    masked = answers.relay(as_packet(raw), 9)
    answers.flush()
    return b"".join(sent), masked


def test_an_answer_without_values_is_the_same_under_the_clients_identifier() -> None:
    names = [Name(b"a", b"-rw a", bytes(4))]
    assert relayed(name_packet(3, names)) == (name_packet(9, names), 0)


def test_values_in_names_and_messages_are_masked() -> None:
    """SECURITY promise 2."""
    sent, masked = relayed(name_packet(3, [Name(CARD, b"-rw " + CARD, bytes(4))]))
    assert (sent, masked) == (name_packet(9, [Name(b"*" * 19, b"-rw " + b"*" * 19, bytes(4))]), 1)
    sent, masked = relayed(sftp.status(3, Code.FAILURE, f"no {CARD.decode()}"))
    assert (sent, masked) == (sftp.status(9, Code.FAILURE, "no " + "*" * 19), 1)


def test_a_value_where_nothing_can_be_masked_is_not_shown_at_all() -> None:
    """SECURITY promise 2."""
    sent, masked = relayed(sftp.packet(Kind.EXTENDED_REPLY, 3, sftp.string(CARD)))
    assert CARD not in sent
    assert sent[4] == Kind.STATUS
    assert masked == 1


def test_names_that_do_not_read_end_it() -> None:
    """SECURITY promise 6."""
    with pytest.raises(ProtocolViolation):
        masked_names(as_packet(sftp.packet(Kind.NAME, 1, b"\0\0\0\1")), MASKS)


@pytest.mark.parametrize(
    ("code", "status"), [(Code.OK, Status.COMPLETED), (Code.EOF, Status.COMPLETED), (Code.FAILURE, Status.FAILED)]
)
def test_a_status_says_what_became_of_it(code: Code, status: Status) -> None:
    outcome = outcome_of(as_packet(sftp.status(1, code, f"of {CARD.decode()}")), "REMOVE", 0, MASKS)
    assert outcome.status is status
    assert CARD.decode() not in str(outcome.error)


def test_a_client_is_not_told_of_longer_packets_than_are_taken() -> None:
    def limits(*values: int) -> bytes:
        return sftp.packet(Kind.EXTENDED_REPLY, 1, b"".join(value.to_bytes(8, "big") for value in values))

    told = with_our_limits(as_packet(limits(1 << 30, 1 << 30, 100, 7)))
    assert told.payload == limits(sftp.LIMIT, sftp.LIMIT - 1024, 100, 7)[4:]
