"""SQL functions are followed through their bodies, with what is known of their arguments in place of the parameters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from engine.protocols.postgres.lineage.relations import row_type
from engine.protocols.postgres.lineage.scope import Parameters, Scope
from engine.protocols.postgres.lineage.types import plain_name
from engine.protocols.postgres.lineage.values import NOTHING, UNKNOWN, Output, Outputs, Value, joined
from engine.protocols.postgres.parsing import Unreadable, parse
from engine.protocols.postgres.statement import Function


def follow_body(
    function: Function,
    arguments: Sequence[Value],
    scope: Scope,
    labels: Sequence[str] = (),
    statements: tuple[Any, ...] | None = None,
) -> Value:
    """What a SQL function yields when it is called with these arguments; `statements` stand in for its own body.

    What its body compares is the client's question where there are arguments to ask with, or where its names mean what
    they mean now: whoever can make a table's namesake asks with that. Else it is the owner's choice, as inside a view.
    """
    if statements is None:
        statements = body_statements(function.body or "")
    if statements is None:
        scope.infer(*arguments)
        return UNKNOWN
    session_path = _set_path(function)
    if session_path is None:
        session_path = scope.context.session_path
    path = scope.context.catalog.printed_path if function.is_body_printed else session_path
    context = scope.context.within(function.oid, path, session_path)
    body = Scope(context, parameters=_parameters(function, arguments, labels))
    outputs: Outputs = ()
    for statement in statements:
        outputs = context.trace_query(statement, body.inner())
    ledger = context.ledger
    is_question = bool(arguments) or not function.is_body_printed or ledger.reads_settings
    scope.context.ledger.add(ledger, inferences=is_question)
    return _result(function, outputs, scope)


@lru_cache(maxsize=512)
def body_statements(body: str) -> tuple[Any, ...] | None:
    """The parse trees of a SQL function's body, the old form or the new one (BEGIN ATOMIC, RETURN)."""
    is_new = body.lstrip()[:12].upper().startswith(("BEGIN ATOMIC", "RETURN ", "RETURN("))
    text = f"CREATE FUNCTION f() RETURNS int LANGUAGE sql {body}" if is_new else body
    parsed = parse(text)
    if isinstance(parsed, Unreadable):
        return None
    if not is_new:
        return tuple(statement.node for statement in parsed)
    if len(parsed) != 1 or parsed[0].kind != "create_function_stmt":
        return None
    return statements_of(parsed[0].node.sql_body)


def statements_of(sql_body: Any) -> tuple[Any, ...]:
    """The statements of CREATE FUNCTION's own kind of body."""
    if sql_body.WhichOneof("node") == "list":
        return tuple(item for part in sql_body.list.items for item in part.list.items)
    return (sql_body,)


def _set_path(function: Function) -> tuple[str, ...] | None:
    """The function's own SET search_path."""
    for setting in function.settings:
        name, _, value = setting.partition("=")
        if name == "search_path":
            return tuple(part.strip().strip('"').replace('""', '"') for part in value.split(",") if part.strip())
    return None


def _parameters(function: Function, arguments: Sequence[Value], labels: Sequence[str]) -> Parameters:
    declared = function.argument_types
    slots = [UNKNOWN] * len(declared)
    names = list(function.argument_names)
    for position, value in enumerate(arguments):
        label = labels[position] if position < len(labels) else ""
        slot = names.index(label) if label else position
        if function.variadic and slot >= len(declared) - 1:
            slot = len(declared) - 1
            gathered = [value] if slots[slot] is UNKNOWN else [slots[slot], value]
            slots[slot] = Value(joined(part.sources for part in gathered), plain_name(declared[slot]))
        elif slot < len(slots):
            slots[slot] = value
    named = {name: value for name, value in zip(names, slots, strict=False) if name}
    return Parameters(function.name, tuple(slots), named)


def _result(function: Function, outputs: Outputs, scope: Scope) -> Value:
    type_name = plain_name(function.returns)
    if type_name == "void":
        return Value(NOTHING, "void", may_fail=True)
    if outputs is None:
        return Value(None, type_name, may_fail=True)
    whole = Value(joined(output.value.sources for output in outputs), type_name, may_fail=True)
    names = [name for name, _ in function.result_columns]
    if not names:
        fields = row_type(None, type_name, whole, scope.context)
        names = [field.name for field in fields or ()]
    values = [output.value for output in outputs]
    if len(values) == 1 and len(names) != 1 and values[0].fields is not None:
        values = [field.value for field in values[0].fields]  # `SELECT row` where the row is what it returns
    if len(names) > 1 or function.result_columns:
        if len(names) != len(values):
            values = [whole] * len(names)
        fields = tuple(Output(name, value) for name, value in zip(names, values, strict=True))
        return Value(whole.sources, type_name, fields, may_fail=True)
    if type_name in ("record", "") and len(values) > 1:
        return Value(whole.sources, type_name, outputs, may_fail=True)
    return Value(whole.sources, type_name, values[0].fields if len(values) == 1 else None, may_fail=True)
