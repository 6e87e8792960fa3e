"""Just enough of types for lineage: what a cast names, what holds text, and which conversions cannot fail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.protocols.postgres.analysis.names import words
from engine.protocols.postgres.lineage.values import Value
from engine.protocols.postgres.statement import Function

TEXTUAL = frozenset({"text", "varchar", "bpchar", "name", "citext", "unknown"})
"""Types whose every value is text and accepts any text."""

_WIDENINGS = frozenset(
    {
        ("int2", "int4"),
        ("int2", "int8"),
        ("int4", "int8"),
        ("int2", "numeric"),
        ("int4", "numeric"),
        ("int8", "numeric"),
        ("int2", "float8"),
        ("int4", "float8"),
        ("int8", "float8"),
        ("float4", "float8"),
        ("bool", "int4"),
        ("int4", "bool"),
        ("json", "jsonb"),
        ("jsonb", "json"),
        ("timestamptz", "date"),
        ("timestamp", "date"),
    }
)

_SPELLINGS = {
    "int": "int4",
    "integer": "int4",
    "smallint": "int2",
    "bigint": "int8",
    "boolean": "bool",
    "real": "float4",
    "double precision": "float8",
    "decimal": "numeric",
    "character varying": "varchar",
    "character": "bpchar",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time with time zone": "timetz",
    "time without time zone": "time",
}

_POLYMORPHIC_ELEMENT = frozenset({"anyelement", "anycompatible", "anynonarray", "anycompatiblenonarray", "anyenum"})
_POLYMORPHIC_ARRAY = frozenset({"anyarray", "anycompatiblearray"})
POLYMORPHIC = (
    _POLYMORPHIC_ELEMENT
    | _POLYMORPHIC_ARRAY
    | {"any", "anyrange", "anymultirange", "anycompatiblerange", "anycompatiblemultirange", "record", "_record"}
)

_WITHOUT_TEXT = words(
    """
    bool int2 int4 int8 float4 float8 numeric money oid xid xid8 cid tid date time timetz timestamp timestamptz interval
    uuid inet cidr macaddr macaddr8 bit varbit point line lseg box path polygon circle void pg_lsn
    int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange nummultirange tsmultirange
    tstzmultirange datemultirange
    """
)


def is_text(type_name: str) -> bool:
    """Whether a masked replacement in text is a value of that type."""
    return type_name in TEXTUAL


def has_text(type_name: str) -> bool:
    """Whether values of that type may hold text: all but those that are known not to."""
    return type_name.removeprefix("_") not in _WITHOUT_TEXT


def type_of(name: Any) -> str:
    """The typname a TypeName node gives, arrays with their underscore; "" for `column%TYPE`."""
    if name.pct_type or not name.names:
        return ""
    base: str = name.names[-1].string.sval
    return array_of(base) if name.array_bounds else base


def schema_of(name: Any) -> str | None:
    """The schema a TypeName node is qualified with."""
    return name.names[-2].string.sval if len(name.names) > 1 else None


def plain_name(spelling: str) -> str:
    """A type as pg_type spells it, whichever way the catalog wrote it (`integer[]` is `_int4`)."""
    base = spelling.removesuffix("[]")
    base = base.rpartition(".")[2].strip('"')
    base = _SPELLINGS.get(base, base)
    return array_of(base) if spelling.endswith("[]") else base


def array_of(type_name: str) -> str:
    """The array type of an element type; "" of an unknown one. An array of arrays is the same type."""
    return type_name if not type_name or type_name.startswith("_") else f"_{type_name}"


def element_of(type_name: str) -> str:
    """The element type of an array type, "" when it is none."""
    return type_name[1:] if type_name.startswith("_") else ""


def common_type(values: Iterable[Value]) -> str:
    """The type of alternatives; literals alone are text (PostgreSQL docs, chapter 10.5)."""
    types = {value.type_name for value in values}
    if types == {"unknown"}:
        return "text"
    types.discard("unknown")
    return types.pop() if len(types) == 1 else ""


def cannot_fail(source: str, target: str) -> bool:
    """Whether every value of the one type converts to the other."""
    return target in TEXTUAL or source == target != "" or (source, target) in _WIDENINGS


def result_type(function: Function, arguments: tuple[Value, ...]) -> str:
    """What a call returns, polymorphic types settled by the arguments; "" when it could not be told."""
    returns = plain_name(function.returns)
    if returns not in POLYMORPHIC:
        return returns
    for declared, argument in zip(function.argument_types, arguments, strict=False):
        declared = plain_name(declared)
        if not argument.type_name or argument.type_name == "unknown":
            continue
        if declared in _POLYMORPHIC_ELEMENT:
            element = argument.type_name
        elif declared in _POLYMORPHIC_ARRAY:
            element = element_of(argument.type_name)
        else:
            continue
        if returns in _POLYMORPHIC_ARRAY:
            return array_of(element)
        return element if returns in _POLYMORPHIC_ELEMENT else ""
    return ""
