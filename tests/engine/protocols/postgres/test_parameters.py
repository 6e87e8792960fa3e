"""Bound parameters as rules and people read them."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ProtocolViolation
from engine.model import Parameter
from engine.protocols.postgres.messages import HEADER
from engine.protocols.postgres.parameters import decode, needs_types, texts, type_name
from engine.protocols.postgres.requests import Bind


def test_text_values_are_themselves_and_null_is_none() -> None:
    assert decode(Bind("", "", (b"13", None)), (23, 25)) == (Parameter("int4", "13"), Parameter("text", None))


def test_binary_values_are_decoded_by_their_type() -> None:
    values = (b"\0\0\0\x0d", b"\x01", b"\xde\xad")
    assert [p.value for p in decode(Bind("", "", values, (1,)), (23, 16, 17))] == ["13", "t", "\\xdead"]


def test_a_binary_value_of_an_unknown_type_is_hex() -> None:
    assert decode(Bind("", "", (b"\x01\x02",), (1,)), (99999,)) == (Parameter("oid 99999", "\\x0102"),)


def test_formats_may_differ_by_value() -> None:
    values = (b"7", b"\0\0\0\x0d")
    assert [p.value for p in decode(Bind("", "", values, (0, 1)), (23, 23))] == ["7", "13"]


def test_a_type_is_needed_only_for_binary_values_nobody_named() -> None:
    assert needs_types(Bind("", "", (b"1",), (1,)), (0,))
    assert needs_types(Bind("", "", (b"1",), (1,)), ())
    assert not needs_types(Bind("", "", (b"1",), (1,)), (23,))
    assert not needs_types(Bind("", "", (b"1",)), ())


def test_types_have_names() -> None:
    assert (type_name(25), type_name(0), type_name(70000)) == ("text", "unknown", "oid 70000")


@given(
    values=st.lists(st.none() | st.binary(max_size=12), max_size=5),
    formats=st.lists(st.integers(0, 1), max_size=6),
    types=st.lists(st.sampled_from([0, 20, 23, 25, 1043, 17, 999_999]), max_size=6),
    results=st.lists(st.integers(0, 1), max_size=3),
)
def test_texts_read_from_a_message_are_those_of_its_decoded_values(
    values: list[bytes | None], formats: list[int], types: list[int], results: list[int]
) -> None:
    message = Bind("", "s", tuple(values), tuple(formats), tuple(results))
    read = texts(message.encode(), HEADER + 3, types)
    if read is None:
        assert needs_types(message, types)
    else:
        assert read == [parameter.value for parameter in decode(message, types)]


@given(cut=st.integers(0, 40), junk=st.binary(max_size=4))
def test_texts_of_a_malformed_message_are_not_read(cut: int, junk: bytes) -> None:
    whole = Bind("", "s", (b"one", None, b"three"), (0,), (1, 1)).encode()
    broken = whole[: max(HEADER + 3, len(whole) - cut)] + junk
    if broken != whole:
        with contextlib.suppress(ProtocolViolation):
            Bind.decode(broken[:1] + (len(broken) - 1).to_bytes(4) + broken[HEADER:])
            return  # it reads as another message
        assert texts(broken, HEADER + 3, ()) is None
