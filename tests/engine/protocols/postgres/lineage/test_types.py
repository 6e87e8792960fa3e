"""Just enough of types."""

from __future__ import annotations

from engine.protocols.postgres.lineage.types import (
    cannot_fail,
    common_type,
    has_text,
    is_text,
    plain_name,
    result_type,
)
from engine.protocols.postgres.lineage.values import Value
from engine.protocols.postgres.statement import Function


def test_types_are_named_as_pg_type_names_them() -> None:
    assert plain_name("integer[]") == "_int4"
    assert plain_name("timestamp with time zone") == "timestamptz"
    assert plain_name('elsewhere."Mood"') == "Mood"


def test_alternatives_have_the_type_they_share_and_literals_alone_are_text() -> None:
    text, literal, number = Value(type_name="text"), Value(type_name="unknown"), Value(type_name="int4")
    assert common_type([text, literal]) == "text"
    assert common_type([literal, literal]) == "text"
    assert common_type([text, number]) == ""


def test_polymorphic_results_are_settled_by_the_arguments() -> None:
    def function(returns: str, *arguments: str) -> Function:
        return Function(1, "pg_catalog", "f", "f", "internal", "i", arguments, returns=returns)

    texts = (Value(type_name="_text"),)
    assert result_type(function("anyelement", "anyarray"), texts) == "text"
    assert result_type(function("anyarray", "anyelement"), (Value(type_name="int4"),)) == "_int4"
    assert result_type(function("anyelement", "anyarray"), (Value(),)) == ""
    assert result_type(function("int8", "any"), texts) == "int8"


def test_conversions_to_text_and_to_wider_numbers_cannot_fail() -> None:
    assert cannot_fail("jsonb", "text")
    assert cannot_fail("int4", "int8")
    assert not cannot_fail("text", "int4")
    assert not cannot_fail("", "date")


def test_only_types_known_to_be_text_take_text_and_only_those_known_to_hold_none_have_none() -> None:
    assert is_text("varchar")
    assert not is_text("jsonb")
    assert not is_text("")
    assert has_text("jsonb")
    assert has_text("_text")
    assert has_text("")
    assert not has_text("_int4")
