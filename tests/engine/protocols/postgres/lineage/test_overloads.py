"""Which overloads a call can mean."""

from __future__ import annotations

from engine.protocols.postgres.lineage.overloads import applicable
from engine.protocols.postgres.lineage.values import Value
from engine.protocols.postgres.statement import Function

_TEXT, _NUMBER, _UNTOLD = Value(type_name="text"), Value(type_name="int4"), Value()


def _function(oid: int, *types: str, is_builtin: bool = True, defaults: int = 0, variadic: bool = False) -> Function:
    return Function(
        oid,
        "pg_catalog" if is_builtin else "public",
        "f",
        "f",
        "sql",
        "v",
        types,
        argument_names=tuple(f"p{number}" for number in range(len(types))),
        is_builtin=is_builtin,
        defaults=defaults,
        variadic=variadic,
    )


def _oids(functions: tuple[Function, ...]) -> list[int]:
    return [function.oid for function in functions]


def test_an_overload_of_exactly_these_types_is_meant_alone() -> None:
    assert _oids(applicable([_function(1, "text"), _function(2, "int4", is_builtin=False)], [_NUMBER])) == [2]


def test_every_overload_is_kept_when_the_types_are_not_told() -> None:
    assert _oids(applicable([_function(1, "text"), _function(2, "int4", is_builtin=False)], [_UNTOLD])) == [1, 2]


def test_overloads_take_as_many_arguments_as_they_have_less_their_defaults() -> None:
    functions = [_function(1, "text", "text", defaults=1), _function(2, "text", "_text", variadic=True)]
    assert _oids(applicable(functions, [_TEXT])) == [1, 2]
    assert _oids(applicable(functions, [_TEXT] * 5)) == [2]
    assert _oids(applicable(functions, [])) == []


def test_named_arguments_have_to_exist() -> None:
    assert _oids(applicable([_function(1, "text")], [_TEXT], ["p0"])) == [1]
    assert _oids(applicable([_function(1, "text")], [_TEXT], ["other"])) == []


def test_a_built_in_overload_goes_before_one_that_needs_a_cast_of_its_owners_making() -> None:
    functions = [_function(1, "text"), _function(2, "citext", is_builtin=False)]
    assert _oids(applicable(functions, [Value(type_name="varchar")])) == [1]
    assert _oids(applicable(functions, [Value(type_name="citext")])) == [2]


def test_arrays_do_not_become_scalars() -> None:
    functions = [_function(1, "anyarray"), _function(2, "tsvector"), _function(3, "anymultirange")]
    assert _oids(applicable(functions, [Value(type_name="_text")])) == [1]
