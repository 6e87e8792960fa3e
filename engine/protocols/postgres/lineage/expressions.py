"""Where the value of an expression comes from, and what its evaluation gives away besides.

An expression that can fail on a value tells about that value even when its result is masked
(`1 / (ascii(email) - 97)`), and so does one that decides whether another that can fail is evaluated
(`CASE WHEN email LIKE 'a%' THEN 1/0 END`). Both count as inferences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from engine.protocols.postgres.lineage.calls import call, call_function, operate
from engine.protocols.postgres.lineage.memory import recall
from engine.protocols.postgres.lineage.references import field_of, parameter, resolve
from engine.protocols.postgres.lineage.relations import row_type
from engine.protocols.postgres.lineage.scope import Scope
from engine.protocols.postgres.lineage.storing import infer_domain
from engine.protocols.postgres.lineage.types import array_of, cannot_fail, common_type, element_of, schema_of, type_of
from engine.protocols.postgres.lineage.values import NOTHING, SETTING, UNKNOWN, Output, Value, combined, row_of
from engine.protocols.postgres.parsing import grammar

Handler = Callable[[Any, Scope], Value]

_KIND_OF: dict[str, str] = {field.message_type.name: field.name for field in grammar.Node.DESCRIPTOR.fields}


def kind_of(message: Any) -> str | None:
    """The kind of a parse tree's node, wrapped in Node or not."""
    name = message.DESCRIPTOR.name
    kind: str | None = message.WhichOneof("node") if name == "Node" else _KIND_OF.get(name)
    return kind


def evaluate(message: Any, scope: Scope) -> Value:
    """What an expression yields. Of a node that this module does not know nothing is proved."""
    kind = kind_of(message)
    if kind is None:
        return Value()
    node = getattr(message, kind) if message.DESCRIPTOR.name == "Node" else message
    if kind == "a_const":
        return _constant(node, scope)
    with scope.context.nested():
        if (handler := _HANDLERS.get(kind)) is not None:
            return handler(node, scope)
        if (fields := _CARRIERS.get(kind)) is not None:
            return _carry(kind, node, fields, scope)
    scope.context.ledger.give_up()
    return UNKNOWN


def evaluate_all(nodes: Iterable[Any], scope: Scope) -> list[Value]:
    """The values of several expressions; `t.*` and `(row).*` among them give all their parts."""
    values: list[Value] = []
    for node in nodes:
        kind = node.WhichOneof("node")
        if kind == "column_ref" and node.column_ref.fields[-1].WhichOneof("node") == "a_star":
            row = resolve(node.column_ref, scope)
        elif kind == "a_indirection" and node.a_indirection.indirection[-1].WhichOneof("node") == "a_star":
            row = _indirection(node.a_indirection, scope)
        else:
            values.append(evaluate(node, scope))
            continue
        values.extend([row] if row.fields is None else (part.value for part in row.fields))
    return values


def infer(nodes: Iterable[Any], scope: Scope) -> None:
    """These expressions steer the answer."""
    for node in nodes:
        scope.infer(evaluate(node, scope))


def star_row(node: Any, scope: Scope) -> Value:
    """The row that `t.*` or `(row).*` stands for."""
    if node.WhichOneof("node") == "column_ref":
        return resolve(node.column_ref, scope)
    return _indirection(node.a_indirection, scope)


# Fields of a node whose values flow into it, for those that need nothing more said.
_CARRIERS: dict[str, tuple[str, ...]] = {
    "a_array_expr": ("elements",),
    "boolean_test": ("arg",),
    "json_agg_constructor": (),
    "json_argument": ("val",),
    "json_array_constructor": ("exprs",),
    "json_behavior": ("expr",),
    "json_func_expr": ("context_item", "pathspec", "passing", "on_empty", "on_error"),
    "json_is_predicate": ("expr",),
    "json_object_constructor": ("exprs",),
    "json_parse_expr": ("expr",),
    "json_scalar_expr": ("expr",),
    "json_serialize_expr": ("expr",),
    "json_table_path_spec": ("string",),
    "json_value_expr": ("raw_expr",),
    "list": ("items",),
    "named_arg_expr": ("arg",),
    "null_test": ("arg",),
    "res_target": ("val",),
    "xml_expr": ("named_args", "args"),
    "xml_serialize": ("expr",),
}

_TYPES = {
    "boolean_test": "bool",
    "json_array_constructor": "json",
    "json_is_predicate": "bool",
    "json_object_constructor": "json",
    "json_parse_expr": "json",
    "json_scalar_expr": "json",
    "json_serialize_expr": "text",
    "null_test": "bool",
    "xml_expr": "xml",
    "xml_serialize": "text",
}

_CAN_FAIL = frozenset({"json_func_expr", "json_parse_expr"})
_SAFE_XML = frozenset({grammar.IS_XMLCONCAT, grammar.IS_XMLELEMENT, grammar.IS_XMLFOREST, grammar.IS_DOCUMENT})


def _carry(kind: str, node: Any, fields: tuple[str, ...], scope: Scope) -> Value:
    values: list[Value] = []
    for name in fields:
        inner = getattr(node, name)
        if node.DESCRIPTOR.fields_by_name[name].is_repeated:
            values.extend(evaluate_all(inner, scope))
        elif node.HasField(name):
            values.append(evaluate(inner, scope))
    type_name = _TYPES.get(kind, "")
    may_fail = kind in _CAN_FAIL or (kind == "xml_expr" and node.op not in _SAFE_XML)
    if kind == "a_array_expr":
        type_name = array_of(common_type(values))
        # elements that are arrays must agree in their dimensions
        may_fail = not all(value.is_plain or value.type_name.strip("_") == value.type_name != "" for value in values)
    elif kind in ("named_arg_expr", "json_value_expr", "res_target") and len(values) == 1:
        return values[0]
    if may_fail:
        scope.infer(*values)
    if "output" in node.DESCRIPTOR.fields_by_name and node.HasField("output"):
        infer_domain(type_of(node.output.type_name), combined(values), scope)
    return combined(values, type_name, may_fail=may_fail)


_LITERALS = {"ival": "int4", "fval": "numeric", "boolval": "bool", "bsval": "bit"}


def _constant(node: Any, scope: Scope) -> Value:
    kind = node.WhichOneof("val")
    type_name = _LITERALS.get(kind, "unknown")
    if kind == "fval" and node.fval.fval.isdecimal() and int(node.fval.fval) < 1 << 63:
        type_name = "int8"
    return Value(NOTHING, type_name, is_plain=True)


def _free(type_name: str) -> Handler:
    return lambda node, scope: Value(NOTHING, type_name)


def _operator(node: Any, scope: Scope) -> Value:
    names = [part.string.sval for part in node.name]
    operands = [evaluate(side, scope) for side in (node.lexpr, node.rexpr) if side.WhichOneof("node")]
    match node.kind:
        case grammar.AEXPR_OP:
            return operate(names, operands, scope)
        case grammar.AEXPR_NULLIF:
            return combined([operate(["="], operands, scope), *operands], operands[0].type_name)
        case grammar.AEXPR_DISTINCT | grammar.AEXPR_NOT_DISTINCT:
            return operate(["="], operands, scope)
        case (
            grammar.AEXPR_BETWEEN
            | grammar.AEXPR_NOT_BETWEEN
            | grammar.AEXPR_BETWEEN_SYM
            | grammar.AEXPR_NOT_BETWEEN_SYM
        ):
            return combined([operate([name], operands, scope) for name in ("<=", ">=")], "bool")
        case _:  # OP_ANY, OP_ALL, IN, LIKE, ILIKE, SIMILAR: their operator is named
            return combined([operate(names, operands, scope)], "bool")


def _cast(node: Any, scope: Scope) -> Value:
    value = evaluate(node.arg, scope)
    type_name = type_of(node.type_name)
    context = scope.context
    functions = recall(
        context.catalog,
        ("cast", type_name, context.path),
        lambda: tuple(f for f in context.catalog.cast_functions(type_name, context.path) if not f.is_builtin),
    )
    called = [call_function(function, (value,), scope) for function in functions]
    infer_domain(type_name, value, scope)
    may_fail = not (cannot_fail(value.type_name, type_name) or node.arg.WhichOneof("node") == "a_const")
    if may_fail:
        scope.infer(value)
    result = combined([value, *called], type_name, may_fail=may_fail)
    fields = row_type(schema_of(node.type_name), type_name, result, scope.context)
    if fields is None and not type_name:
        return result
    return Value(result.sources, type_name, fields, value.is_plain and not may_fail, result.may_fail)


def _bool(node: Any, scope: Scope) -> Value:
    return _guarded([evaluate(arg, scope) for arg in node.args], "bool", scope)


def _guarded(values: Sequence[Value], type_name: str, scope: Scope) -> Value:
    """Parts that are evaluated or not depending on those before them."""
    failing = [value for value in values if value.may_fail]
    if failing:
        scope.infer(*(value for value in values if len(failing) > 1 or value is not failing[0]))
    return combined(values, type_name)


def _coalesce(node: Any, scope: Scope) -> Value:
    values = [evaluate(arg, scope) for arg in node.args]
    return _guarded(values, common_type(values), scope)


def _min_max(node: Any, scope: Scope) -> Value:
    values = [evaluate(arg, scope) for arg in node.args]
    return combined(values, common_type(values))


def _case(node: Any, scope: Scope) -> Value:
    tested = [evaluate(node.arg, scope)] if node.HasField("arg") else []
    conditions = [evaluate(when.case_when.expr, scope) for when in node.args]
    if tested:
        conditions = [operate(["="], [*tested, condition], scope) for condition in conditions]
    results = [evaluate(when.case_when.result, scope) for when in node.args]
    results.append(evaluate(node.defresult, scope))
    return _guarded([*conditions, *results], common_type(results), scope)


def _collate(node: Any, scope: Scope) -> Value:
    return evaluate(node.arg, scope)


def _row(node: Any, scope: Scope) -> Value:
    values = evaluate_all(node.args, scope)
    row = row_of(tuple(Output(f"f{number}", value) for number, value in enumerate(values, 1)))
    return Value(row.sources, row.type_name, row.fields, may_fail=any(value.may_fail for value in values))


def _indirection(node: Any, scope: Scope) -> Value:
    value = evaluate(node.arg, scope)
    for step in node.indirection:
        match step.WhichOneof("node"):
            case "string":
                value = field_of(value, step.string.sval, scope)
            case "a_indices":
                value = _subscript(value, step.a_indices, scope)
            case "a_star" if value.fields is None:
                fields = row_type(None, value.type_name, value, scope.context)
                value = Value(value.sources, value.type_name, fields, may_fail=value.may_fail)
            case _:
                pass
    return value


def _subscript(value: Value, indices: Any, scope: Scope) -> Value:
    bounds = [evaluate(bound, scope) for bound in (indices.lidx, indices.uidx)]
    type_name = value.type_name
    if not indices.is_slice and type_name.startswith("_"):
        type_name = element_of(type_name)
    return combined([value, *bounds], type_name)


def _sublink(node: Any, scope: Scope) -> Value:
    outputs = scope.context.trace_query(node.subselect, scope.inner())
    if node.sub_link_type == grammar.EXISTS_SUBLINK:
        return Value(NOTHING, "bool", may_fail=True)
    if outputs is None:
        return UNKNOWN
    if node.sub_link_type == grammar.EXPR_SUBLINK:
        first = outputs[0].value if len(outputs) == 1 else row_of(outputs)
        return Value(first.sources, first.type_name, first.fields, may_fail=True)
    values = [output.value for output in outputs]
    if node.sub_link_type == grammar.ARRAY_SUBLINK:
        return combined(values, array_of(values[0].type_name), may_fail=True)
    names = [part.string.sval for part in node.oper_name] or ["="]
    compared = operate(names, [evaluate(node.testexpr, scope), combined(values)], scope)
    return combined([compared, *values], "bool", may_fail=True)


def _json_key_value(node: Any, scope: Scope) -> Value:
    key = evaluate(node.key, scope)
    scope.infer(key)  # a key that is null fails
    return combined([key, evaluate(node.value, scope)])


def _json_aggregate(node: Any, scope: Scope) -> Value:
    options = node.constructor
    infer(options.agg_order, scope)
    infer([options.agg_filter], scope)
    window(options.over, scope)
    return combined([evaluate(node.arg, scope)], "json")


def _json_array_query(node: Any, scope: Scope) -> Value:
    outputs = scope.context.trace_query(node.query, scope.inner())
    if outputs is None:
        return UNKNOWN
    return combined([output.value for output in outputs], "json")


def window(definition: Any, scope: Scope) -> None:
    """A window's partitioning, order and frame steer what is seen through it."""
    infer(definition.partition_clause, scope)
    infer(definition.order_clause, scope)
    infer((definition.start_offset, definition.end_offset), scope)


def _call(node: Any, scope: Scope) -> Value:
    names = [part.string.sval for part in node.funcname]
    arguments = [evaluate(arg, scope) for arg in node.args]
    labels = [arg.named_arg_expr.name for arg in node.args]
    order = [evaluate(key, scope) for key in node.agg_order]
    infer([node.agg_filter], scope)
    window(node.over, scope)
    if node.agg_within_group:
        arguments += order
        labels += [""] * len(order)
    else:
        scope.infer(*order)
    if node.agg_distinct:
        scope.infer(*arguments)
    is_native = len(names) == 1 or names[-2] == "pg_catalog"
    if is_native and node.agg_star and names[-1] == "count":
        return Value(NOTHING, "int8")
    if is_native and node.args and names[-1] == "current_setting":
        return _setting(node.args[0], arguments[0], scope)
    return call(names, arguments, scope, labels)


def _setting(name: Any, value: Value, scope: Scope) -> Value:
    """The server's own settings hold no data; those of a client's making can hold anything."""
    if value.is_server_setting:
        return Value(NOTHING, "text")
    while name.WhichOneof("node") == "type_cast":
        name = name.type_cast.arg
    if name.WhichOneof("node") == "a_const" and "." not in name.a_const.sval.sval:
        return Value(NOTHING, "text")
    scope.context.ledger.reads_settings = True
    return Value(frozenset({SETTING}), "text", may_fail=True)


def _sort_by(node: Any, scope: Scope) -> Value:
    value = evaluate(node.node, scope)
    return operate([part.string.sval for part in node.use_op], [value, value], scope) if node.use_op else value


_HANDLERS: dict[str, Handler] = {
    "a_const": _constant,
    "a_expr": _operator,
    "a_indirection": _indirection,
    "bool_expr": _bool,
    "case_expr": _case,
    "coalesce_expr": _coalesce,
    "collate_clause": _collate,
    "column_ref": resolve,
    "current_of_expr": _free("bool"),
    "func_call": _call,
    "grouping_func": _free("int4"),
    "json_array_agg": _json_aggregate,
    "json_array_query_constructor": _json_array_query,
    "json_key_value": _json_key_value,
    "json_object_agg": _json_aggregate,
    "merge_support_func": _free("text"),
    "min_max_expr": _min_max,
    "param_ref": parameter,
    "row_expr": _row,
    "set_to_default": _free(""),
    "sort_by": _sort_by,
    "sqlvalue_function": _free(""),
    "sub_link": _sublink,
    "type_cast": _cast,
}
