"""Functions in FROM: what columns they give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from engine.protocols.postgres.lineage.expressions import evaluate
from engine.protocols.postgres.lineage.names import figure_name
from engine.protocols.postgres.lineage.scope import Item, Scope
from engine.protocols.postgres.lineage.storing import infer_domain
from engine.protocols.postgres.lineage.types import type_of
from engine.protocols.postgres.lineage.values import NOTHING, Output, Outputs, Value, renamed


def function_item(node: Any, scope: Scope) -> Item:
    """One function, or ROWS FROM several, as an entry of FROM."""
    calls = list(_calls(node))
    alias = node.alias.aliasname
    gathered: list[Output] | None = []
    otherwise = Value()
    for call, definitions in calls:
        value = evaluate(call, scope)
        otherwise = otherwise.but(value.sources)
        name = value.name or (alias if alias and len(calls) == 1 else figure_name(call) or "")
        definitions = node.coldeflist or definitions
        for part in definitions:
            infer_domain(type_of(part.column_def.type_name), value, scope)
        outputs = _columns(value, name, definitions)
        gathered = None if gathered is None or outputs is None else [*gathered, *outputs]
    if gathered is not None and node.ordinality:
        gathered.append(Output("ordinality", Value(NOTHING, "int8")))
    names = [column.string.sval for column in node.alias.colnames]
    outputs = None if gathered is None else renamed(tuple(gathered), names)
    return Item(alias or figure_name(calls[0][0]) or "", outputs, otherwise=otherwise)


def _calls(node: Any) -> Iterator[tuple[Any, Sequence[Any]]]:
    """Each function with its column definitions; `unnest(a, b)` is two of them (transformRangeFunction)."""
    for part in node.functions:
        function, definitions = part.list.items[0], part.list.items[1].list.items
        call = function.func_call
        is_unnest = len(call.funcname) == 1 and call.funcname[0].string.sval == "unnest"
        if is_unnest and len(call.args) > 1 and not definitions and not call.func_variadic:
            for argument in call.args:
                alone = type(function)()
                alone.func_call.funcname.extend(call.funcname)
                alone.func_call.args.append(argument)
                yield alone, ()
        else:
            yield function, definitions


def _columns(value: Value, name: str, definitions: Sequence[Any]) -> Outputs:
    if definitions:
        columns = (part.column_def for part in definitions)
        return tuple(Output(column.colname, Value(value.sources, type_of(column.type_name))) for column in columns)
    if value.fields is not None:
        return value.fields
    if value.type_name in ("", "record"):
        return None
    return (Output(name, value),)
