"""Bound parameters as rules and people read them."""

from __future__ import annotations

from engine.model import Parameter
from engine.protocols.postgres.parameters import decode, needs_types, type_name
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
