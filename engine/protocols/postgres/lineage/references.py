"""What a column reference, a parameter or a field selection means."""

from __future__ import annotations

from typing import Any

from engine.protocols.postgres.lineage.calls import call_attribute
from engine.protocols.postgres.lineage.relations import row_type
from engine.protocols.postgres.lineage.scope import Item, Scope
from engine.protocols.postgres.lineage.values import UNKNOWN, Value


def resolve(node: Any, scope: Scope) -> Value:
    """What a ColumnRef means; `t.*` is the whole row of t (transformColumnRef)."""
    names = [field.string.sval for field in node.fields if field.WhichOneof("node") == "string"]
    if len(names) < len(node.fields):
        return _resolve_row(names, scope) or UNKNOWN
    if len(names) == 1:
        return scope.column(names[0]) or _resolve_row(names, scope) or _parameter(names, scope) or UNKNOWN
    *qualifier, name = names
    item = _item(qualifier, scope)
    if item is None:
        return _parameter(names, scope) or UNKNOWN
    value = item.column(name)
    return call_attribute(name, item.row, scope) if value is None else value


def _item(names: list[str], scope: Scope) -> Item | None:
    match names:
        case [name]:
            return scope.relation(name)
        case [schema, name]:
            return scope.relation(name, schema)
        case [_database, schema, name]:
            return scope.relation(name, schema)
        case _:
            return None


def _resolve_row(names: list[str], scope: Scope) -> Value | None:
    item = _item(names, scope)
    return None if item is None else item.row


def _parameter(names: list[str], scope: Scope) -> Value | None:
    """An argument of the SQL function being traced: the last thing a name can mean (functions.c)."""
    parameters = scope.parameters
    if parameters is None:
        return None
    if len(names) > 1 and names[0] == parameters.function and names[1] in parameters.named:
        names = names[1:]
    value = parameters.named.get(names[0])
    for name in names[1:]:
        value = value and field_of(value, name, scope)
    return value


def parameter(node: Any, scope: Scope) -> Value:
    """What `$n` means: what the client sends, or an argument of the function being traced."""
    if scope.parameters is None:
        return Value(is_plain=True)
    positional = scope.parameters.positional
    return positional[node.number - 1] if 0 < node.number <= len(positional) else UNKNOWN


def field_of(value: Value, name: str, scope: Scope) -> Value:
    """`(row).name`: a part of it, or the function of that name called with it."""
    fields = value.fields or row_type(None, value.type_name, value, scope.context)
    for output in fields or ():
        if output.name == name:
            return output.value
    return call_attribute(name, value, scope)
