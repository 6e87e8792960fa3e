"""What may not be changed is looked at as a pipe does, goes on as it came, and is ended by a value."""

from __future__ import annotations

import os

import pytest

from engine.errors import HooptermError
from engine.masking.guard import guard
from tests.engine.masking.test_stream import KEY, VALUE, masks

WATCHED = masks("credit_card", "private_key")


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize("value", [VALUE, KEY])
def test_a_value_ends_it_however_it_is_cut_and_whatever_was_released(size: int, value: bytes) -> None:
    data = b"\0\1\2 " + value + b" behind\0"
    for is_released in (False, True):
        stream, gone = guard(WATCHED), b""
        with pytest.raises(HooptermError, match="masked here"):
            for start in range(0, len(data), size):
                gone += stream.mask(data[start : start + size])
                if is_released:
                    gone += stream.release()
            gone += stream.finish()
        assert value not in gone
        assert data.startswith(gone)
        with pytest.raises(HooptermError):
            stream.mask(b"more")


@pytest.mark.parametrize("size", [1, 100, 40_000])
def test_everything_else_goes_on_byte_for_byte(size: int) -> None:
    data = os.urandom(5000) + b"4111 1111" + bytes(range(256)) * 200 + b"\x1b[31m 4111 "
    for is_released in (False, True):
        stream, gone = guard(WATCHED), b""
        for start in range(0, len(data), size):
            gone += stream.mask(data[start : start + size])
            if is_released:
                gone += stream.release()
                assert not stream.is_holding
                assert gone == data[: start + size]
        assert gone + stream.finish() == data


def test_one_that_is_forked_goes_on_from_the_same_state() -> None:
    stream = guard(WATCHED)
    stream.mask(b" 4111 1111 1111 11")
    other = stream.fork()
    with pytest.raises(HooptermError):
        stream.mask(b"11 x")
    assert other.mask(b"x ") == b"4111 1111 1111 11x "
