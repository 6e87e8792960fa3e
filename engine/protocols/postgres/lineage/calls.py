"""Where the result of a function or operator comes from."""

from __future__ import annotations

from collections.abc import Sequence

from engine.protocols.postgres.lineage import builtins
from engine.protocols.postgres.lineage.bodies import follow_body
from engine.protocols.postgres.lineage.memory import recall
from engine.protocols.postgres.lineage.overloads import applicable
from engine.protocols.postgres.lineage.relations import row_type
from engine.protocols.postgres.lineage.scope import Context, Scope
from engine.protocols.postgres.lineage.storing import infer_domain
from engine.protocols.postgres.lineage.types import TEXTUAL, plain_name, result_type
from engine.protocols.postgres.lineage.values import NOTHING, UNKNOWN, Output, Outputs, Value, combined, joined
from engine.protocols.postgres.statement import Function


def call(names: Sequence[str], arguments: Sequence[Value], scope: Scope, labels: Sequence[str] = ()) -> Value:
    """A function called by name; `labels` are the names of named arguments, "" of positional ones."""
    schema, name = _split(names)
    catalog = scope.context.catalog
    functions = applicable(catalog.functions(schema, name, scope.context.path), arguments, labels)
    if functions:
        return _either([call_function(function, arguments, scope, labels) for function in functions])
    if schema is None and len(arguments) == 1:
        for output in arguments[0].fields or ():
            if output.name == name:  # `email(c)` is `c.email`
                return output.value
    scope.context.ledger.runs_user_code = True
    scope.context.ledger.give_up()
    return UNKNOWN


def call_attribute(name: str, row: Value, scope: Scope) -> Value:
    """`row.name` where the row has no such column: the function of that name, called with it.

    Where there is no such function either it is a part of a row whose parts are not known."""
    catalog = scope.context.catalog
    functions = applicable(catalog.functions(None, name, scope.context.path), (row,), ())
    called = [call_function(function, (row,), scope) for function in functions]
    return combined([row, *called], called[0].type_name if called else "")


def call_function(function: Function, arguments: Sequence[Value], scope: Scope, labels: Sequence[str] = ()) -> Value:
    """One function called."""
    if function.returns_set:
        scope.infer(*arguments)  # how many rows there are
    if function.is_builtin:
        if function.language == "sql" and any(value.fields for value in arguments):
            return follow_body(function, arguments, scope, labels)  # information_schema's, of rows of pg_attribute
        return _call_builtin(function, arguments, scope)
    scope.context.ledger.runs_user_code = True
    for declared, argument in zip(function.argument_types, arguments, strict=False):
        infer_domain(plain_name(declared), argument, scope)
    if function.language == "sql" and function.kind in "fp" and function.body is not None:
        return follow_body(function, arguments, scope, labels)
    scope.infer(*arguments)
    if function.support is not None:
        return _shaped(function, _aggregate(function, arguments, scope), arguments, scope)
    if function.returns_set:
        scope.infer(UNKNOWN)
    if function.volatility == "v":
        _store(arguments, scope)
    if function.language in ("c", "internal") and function.kind == "f" and function.volatility == "i":
        # made by a superuser, who declares that it is a function of its arguments alone
        return _shaped(function, combined(arguments, may_fail=True), arguments, scope)
    return _shaped(function, Value(None, may_fail=True), arguments, scope)


def _aggregate(function: Function, arguments: Sequence[Value], scope: Scope) -> Value:
    """An aggregate of somebody's making: what its parts make of its arguments and of one another's results."""
    state = combined(arguments, may_fail=True)
    values = [state]
    for oid in function.support or ():
        part = scope.context.catalog.function_by_oid(oid)
        if part is None:
            return Value(None, may_fail=True)
        values.append(call_function(part, [state] * len(part.argument_types), scope))
    return combined(values, may_fail=True)


def _call_builtin(function: Function, arguments: Sequence[Value], scope: Scope) -> Value:
    name = function.name
    if name in builtins.AGGREGATES_THAT_COUNT:
        scope.infer(*(value for value in arguments if not value.is_plain))
        return Value(NOTHING, "int8")
    risky = builtins.risky_arguments(name, arguments)
    scope.infer(*risky)
    if function.volatility == "v" and name not in builtins.WITHOUT_SIDE_EFFECT:
        _store(arguments, scope)
    if name == "pg_typeof":
        return Value(NOTHING, "regtype")
    may_fail = bool(risky) or function.returns_set or function.volatility == "v"
    if builtins.depends_on_arguments_only(function):
        return _shaped(function, combined(arguments, may_fail=may_fail), arguments, scope)
    return _shaped(function, Value(None, may_fail=True), arguments, scope)


def _store(arguments: Sequence[Value], scope: Scope) -> None:
    for value in arguments:
        scope.context.ledger.copy(value.sources)


def _shaped(function: Function, value: Value, arguments: Sequence[Value], scope: Scope) -> Value:
    """A result in the type and with the parts that its function declares."""
    type_name = result_type(function, tuple(arguments))
    declared = function.result_columns
    if len(declared) > 1:
        hiding = builtins.HIDING_COLUMNS.get(function.name, NOTHING)
        parts = tuple(
            Output(name, UNKNOWN if name in hiding else Value(value.sources, plain_name(kind)))
            for name, kind in declared
        )
        return Value(joined(part.sources for _, part in parts), "record", parts, may_fail=value.may_fail)
    fields = row_type(None, type_name, value, scope.context) or _row_of_argument(function, arguments, value)
    name = declared[0][0] if declared else ""
    return Value(value.sources, type_name, fields, may_fail=value.may_fail, name=name)


def _row_of_argument(function: Function, arguments: Sequence[Value], value: Value) -> Outputs:
    """`json_populate_record(row, json)` and its kind give rows shaped like their first argument."""
    if plain_name(function.returns) != "anyelement" or not arguments or arguments[0].fields is None:
        return None
    return tuple(Output(name, Value(value.sources, part.type_name)) for name, part in arguments[0].fields)


def operate(names: Sequence[str], operands: Sequence[Value], scope: Scope) -> Value:
    """An operator applied."""
    schema, name = _split(names)
    context = scope.context
    functions, has_owned = _operators(schema, name, context)
    meant = applicable(functions, operands) if has_owned else ()
    called = [_operate_owned(function, operands, scope) for function in meant if not function.is_builtin]
    risky = builtins.risky_operands(name, operands)
    scope.infer(*risky)
    result = combined([*operands, *called], _operator_type(name, operands), may_fail=bool(risky))
    return result if functions else UNKNOWN


def _operators(schema: str | None, name: str, context: Context) -> tuple[tuple[Function, ...], bool]:
    """The functions of the operators of that name, and whether any is not built in."""

    def find() -> tuple[tuple[Function, ...], bool]:
        functions = context.catalog.operator_functions(schema, name, context.path)
        return functions, not all(function.is_builtin for function in functions)

    return recall(context.catalog, ("operator", schema, name, context.path), find)


def _operate_owned(function: Function, operands: Sequence[Value], scope: Scope) -> Value:
    if function.language in ("c", "internal") and function.volatility != "v":
        return combined(operands)  # an extension's operator: its operands are all it has
    return call_function(function, operands, scope)


def _operator_type(name: str, operands: Sequence[Value]) -> str:
    if builtins.is_boolean(name):
        return "bool"
    types = {value.type_name for value in operands}
    if name == "||" and types & (TEXTUAL - {"unknown"}):
        return "text"
    if name in ("->>", "#>>"):
        return "text"
    if name in ("->", "#>"):
        return operands[0].type_name
    return types.pop() if len(types) == 1 else ""


def _split(names: Sequence[str]) -> tuple[str | None, str]:
    return (names[-2] if len(names) > 1 else None), names[-1]


def _either(values: Sequence[Value]) -> Value:
    """What one of several overloads yields, without knowing which."""
    if len(values) == 1:
        return values[0]
    types = {value.type_name for value in values}
    union = combined(values, types.pop() if len(types) == 1 else "")
    shapes = {None if value.fields is None else tuple(name for name, _ in value.fields) for value in values}
    if len(shapes) > 1 or None in shapes:
        return union
    parts = zip(*(value.fields or () for value in values), strict=True)
    fields = tuple(Output(same[0].name, combined((o.value for o in same), same[0].value.type_name)) for same in parts)
    return Value(union.sources, union.type_name, fields, may_fail=union.may_fail)
