"""Which overloads of a function or operator a call can mean (chapter 10 of PostgreSQL's manual, weakened).

PostgreSQL picks one by types that lineage only partly knows, so every overload that could be meant is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.protocols.postgres.lineage.types import POLYMORPHIC, plain_name
from engine.protocols.postgres.lineage.values import Value
from engine.protocols.postgres.statement import Function

_CATEGORIES = {
    "string": "text varchar bpchar name char",
    "number": "int2 int4 int8 numeric float4 float8 money oid",
    "time": "date time timetz timestamp timestamptz interval",
    "bool": "bool",
    "bytes": "bytea",
    "uuid": "uuid",
    "json": "json",
    "jsonb": "jsonb",
    "xml": "xml",
    "network": "inet cidr",
    "bits": "bit varbit",
    "tsvector": "tsvector",
    "tsquery": "tsquery",
}
_CATEGORY = {name: category for category, names in _CATEGORIES.items() for name in names.split()}


def applicable(
    functions: Iterable[Function], arguments: Sequence[Value], labels: Sequence[str] = ()
) -> tuple[Function, ...]:
    """The overloads that a call with these arguments can mean."""
    named = {label for label in labels if label}
    fitting = [f for f in functions if _takes(f, len(arguments)) and named <= set(f.argument_names)]
    if len(fitting) < 2 or named:
        return tuple(fitting)
    exact = [f for f in fitting if _is_exact(f, arguments)]
    if exact:
        return tuple(exact)
    possible = [f for f in fitting if _is_possible(f, arguments)] or fitting
    native = _closest([f for f in possible if f.is_builtin], arguments)
    if not native:
        return tuple(possible)
    return (*native, *(f for f in possible if not f.is_builtin and not _needs_own_cast(f, arguments)))


def _closest(functions: Sequence[Function], arguments: Sequence[Value]) -> Sequence[Function]:
    """Those with the most arguments of exactly the declared type, when every argument's type is known."""
    if len(functions) < 2 or any(not argument.type_name for argument in arguments):
        return functions
    scores = [
        sum(plain_name(d) == a.type_name for d, a in zip(f.argument_types, arguments, strict=False)) for f in functions
    ]
    return [f for f, score in zip(functions, scores, strict=True) if score == max(scores)]


def _takes(function: Function, count: int) -> bool:
    declared = len(function.argument_types)
    least = declared - function.defaults - (1 if function.variadic else 0)
    return least <= count and (count <= declared or function.variadic)


def _is_exact(function: Function, arguments: Sequence[Value]) -> bool:
    return len(function.argument_types) == len(arguments) and all(
        argument.type_name not in ("", "unknown") and plain_name(declared) == argument.type_name
        for declared, argument in zip(function.argument_types, arguments, strict=True)
    )


def _is_possible(function: Function, arguments: Sequence[Value]) -> bool:
    """Whether no argument is of a built-in kind of type that never becomes the declared one by itself."""
    for declared, argument in zip(function.argument_types, arguments, strict=False):
        if not _can_become(argument.type_name, plain_name(declared)):
            return False
    return True


def _can_become(given: str, wanted: str) -> bool:
    if given in ("", "unknown", wanted):
        return True
    if wanted in POLYMORPHIC:
        if "range" in wanted:
            return given.endswith("range")
        return given.startswith("_") or wanted not in ("anyarray", "anycompatiblearray")
    if given.startswith("_") != wanted.startswith("_"):
        return False
    category = _CATEGORY.get(wanted)
    return category is None or category == _CATEGORY.get(given, category)


def _needs_own_cast(function: Function, arguments: Sequence[Value]) -> bool:
    """Whether a built-in type would have to become one that is not: a built-in overload that fits goes first."""
    for declared, argument in zip(function.argument_types, arguments, strict=False):
        wanted = plain_name(declared)
        if argument.type_name in _CATEGORY and wanted not in _CATEGORY and wanted not in POLYMORPHIC:
            return True
    return False
