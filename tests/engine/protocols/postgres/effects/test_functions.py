"""What calling a function that is not written in SQL means."""

from __future__ import annotations

import pytest

from engine.model import Effect
from engine.protocols.postgres.effects.functions import Trusted, effect_of, fits, is_harmless_builtin
from engine.protocols.postgres.statement import Function


def function(**fields: object) -> Function:
    values: dict[str, object] = {
        "oid": 20_000, "schema": "public", "name": "f", "kind": "f", "language": "c", "volatility": "i",
        "argument_types": ("int4", "int4"),
    }  # fmt: skip
    return Function(**{**values, **fields})  # type: ignore[arg-type]  # named as the fields are


@pytest.mark.parametrize(("fields", "arity", "variadic", "expected"), [
    ({}, 2, False, True), ({}, 1, False, False), ({}, 3, False, False), ({"defaults": 1}, 1, False, True),
    ({"variadic": True}, 5, False, True), ({"variadic": True}, 1, False, True), ({"variadic": True}, 0, False, False),
    ({"variadic": True}, 2, True, True), ({"variadic": True}, 5, True, False),
])  # fmt: skip
def test_an_overload_fits_by_the_number_of_arguments(
    fields: dict[str, object], arity: int, variadic: bool, expected: bool
) -> None:
    assert fits(function(**fields), arity, variadic) is expected


@pytest.mark.parametrize(("fields", "effects"), [
    ({"is_builtin": True, "language": "internal", "name": "lower", "schema": "pg_catalog"}, None),
    ({"is_builtin": True, "language": "internal", "name": "pg_read_file"}, {Effect.FILE}),
    ({"is_builtin": True, "language": "internal", "name": "not_reviewed"}, {Effect.OPAQUE}),
    ({"is_builtin": True, "language": "plpgsql", "name": "lower"}, {Effect.OPAQUE}),
    ({"language": "internal", "body": "pg_read_file"}, {Effect.FILE}),
    ({"language": "internal", "body": "range_constructor2", "name": "span"}, None),
    ({"language": "internal", "body": "multirange_constructor1", "name": "spans"}, None),
    ({"language": "internal", "body": None}, {Effect.OPAQUE}),
    ({"language": "plpgsql", "volatility": "i"}, {Effect.OPAQUE}),
    ({"language": "c"}, {Effect.OPAQUE}),
    ({"language": "c", "extension": "pg_trgm", "name": "similarity"}, None),
    ({"language": "plpgsql", "extension": "pg_trgm"}, {Effect.OPAQUE}),
    ({"language": "c", "extension": "tablefunc", "name": "crosstab"}, {Effect.OPAQUE}),
    ({"language": "c", "extension": "dblink", "name": "dblink"}, {Effect.OPAQUE, Effect.NETWORK}),
    ({"language": "c", "extension": "adminpack"}, {Effect.OPAQUE, Effect.FILE}),
])  # fmt: skip
def test_what_a_function_does(fields: dict[str, object], effects: set[Effect] | None) -> None:
    """`dblink` reaches the network; a label such as IMMUTABLE is a claim, not a proof."""
    found = effect_of(function(**fields), 2)
    assert (None if found is None else set(found.effects)) == effects


@pytest.mark.parametrize(("glob", "name", "trusted"), [
    ("reports.*", "reports.monthly", True), ("reports.*", "reports_old.monthly", False),
    ("*.monthly", "a.monthly", True),
    ("reports.*", "Reports.monthly", False), ("reports.m*y", "reports.monthly", True), ("**", "a.b", True),
    ("reports.monthly", "reports.monthly2", False), ("reports.*", "x.reports.monthly", False), ("*", "a.b", False),
    ("public.st_*", "public.st_area", True), ("public.st.*", "public.stxarea", False),
])  # fmt: skip
def test_trust_is_given_by_exact_names(glob: str, name: str, trusted: bool) -> None:
    schema, _, bare = name.rpartition(".")
    assert (function(schema=schema, name=bare) in Trusted([glob])) is (trusted and "." not in schema)


def test_a_name_with_dots_in_it_does_not_borrow_trust() -> None:
    assert function(schema="public", name="x.y") not in Trusted(["public.*"])
    assert function(schema="reports.x", name="y") not in Trusted(["reports.*"])


def test_a_built_in_that_is_harmless_only_in_some_calls_is_not_taken_for_harmless() -> None:
    assert is_harmless_builtin("lower")
    assert not is_harmless_builtin("ts_rewrite")
    assert not is_harmless_builtin("pg_read_file")
    assert not is_harmless_builtin("never heard of")
