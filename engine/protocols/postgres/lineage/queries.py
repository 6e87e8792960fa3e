"""The columns of queries: SELECT, VALUES, set operations and WITH."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.protocols.postgres.lineage.calls import operate
from engine.protocols.postgres.lineage.changes import delete, insert, merge, update
from engine.protocols.postgres.lineage.expressions import evaluate, evaluate_all, infer, kind_of, window
from engine.protocols.postgres.lineage.ranges import add_from
from engine.protocols.postgres.lineage.scope import Scope
from engine.protocols.postgres.lineage.targets import Targets, trace_targets
from engine.protocols.postgres.lineage.types import common_type
from engine.protocols.postgres.lineage.values import UNKNOWN, Output, Outputs, Sources, Value, joined
from engine.protocols.postgres.lineage.withs import add_with_tables
from engine.protocols.postgres.parsing import grammar


def trace_query(message: Any, scope: Scope) -> Outputs:
    """The columns a query gives: `scope` is its own, still empty level. A statement that is none of those which can
    stand where a query does could do anything."""
    with scope.context.nested():
        kind = kind_of(message)
        node = getattr(message, kind) if kind and message.DESCRIPTOR.name == "Node" else message
        match kind:
            case "select_stmt":
                return _select(node, scope)
            case "insert_stmt":
                return insert(node, scope)
            case "update_stmt":
                return update(node, scope)
            case "delete_stmt":
                return delete(node, scope)
            case "merge_stmt":
                return merge(node, scope)
            case "return_stmt":
                return (Output("", evaluate(node.returnval, scope)),)
            case _:
                scope.context.ledger.give_up()
                return None


def _select(node: Any, scope: Scope) -> Outputs:
    add_with_tables(node.with_clause, scope)
    if node.op != grammar.SETOP_NONE:
        return _set_operation(node, scope)
    if node.values_lists:
        outputs = _values(node, scope)
        _order(node, Targets(outputs or (), outputs), scope)
        return outputs
    add_from(node.from_clause, scope)
    infer([node.where_clause], scope)
    for definition in node.window_clause:
        window(definition.window_def, scope)
    targets = trace_targets(node.target_list, scope)
    for key in node.group_clause:
        _group(key, targets, scope)
    infer([node.having_clause], scope)
    for key in node.distinct_clause:
        if key.WhichOneof("node") is None:
            _compare(targets.outputs, scope)
        else:
            scope.infer(_key(key, targets, scope))
    _order(node, targets, scope)
    if node.HasField("into_clause"):
        scope.context.ledger.copy(flows(targets.outputs))
    return targets.outputs


def flows(outputs: Outputs) -> Sources:
    """Everything that flows into the columns of a query."""
    return None if outputs is None else joined(output.value.sources for output in outputs)


def _values(node: Any, scope: Scope) -> Outputs:
    rows = [evaluate_all(row.list.items, scope) for row in node.values_lists]
    if len({len(row) for row in rows}) > 1:
        return None
    return tuple(Output(f"column{n}", _either(column)) for n, column in enumerate(zip(*rows, strict=True), 1))


def _set_operation(node: Any, scope: Scope) -> Outputs:
    """Arms side by side; a long chain of them leans to the left, and is walked rather than nested."""
    top = node
    arms: list[Any] = []
    compares = False
    while node.op != grammar.SETOP_NONE:
        compares |= not (node.op == grammar.SETOP_UNION and node.all)
        arms.append(node.rarg)
        if not _is_bare(node.larg):
            break
        node = node.larg
    arms.append(node.larg)
    columns = [scope.context.trace_query(arm, scope.inner()) for arm in reversed(arms)]
    if compares:
        for outputs in columns:
            _compare(outputs, scope)
    merged = _side_by_side(columns)
    _order(top, Targets(merged or (), merged), scope)
    if is_into(top):
        scope.context.ledger.copy(flows(merged))
    return merged


def is_into(node: Any) -> bool:
    """Whether a query is SELECT INTO: the leftmost arm says so, for all of them."""
    while node.op != grammar.SETOP_NONE:
        node = node.larg
    return bool(node.HasField("into_clause"))


def _is_bare(node: Any) -> bool:
    """Whether an arm is a set operation without WITH, ORDER BY or LIMIT of its own."""
    return (
        node.op != grammar.SETOP_NONE
        and not node.sort_clause
        and not any(node.HasField(name) for name in ("with_clause", "limit_count", "limit_offset", "into_clause"))
    )


def _side_by_side(arms: Sequence[Outputs]) -> Outputs:
    if any(arm is None or arms[0] is None or len(arm) != len(arms[0]) for arm in arms):
        return None
    columns = zip(*(arm or () for arm in arms), strict=True)
    return tuple(Output(same[0].name, _either([output.value for output in same])) for same in columns)


def _either(values: Sequence[Value]) -> Value:
    return Value(
        joined(value.sources for value in values),
        common_type(values),
        is_plain=all(value.is_plain for value in values),
        is_stored=all(value.is_stored for value in values),
    )


def _compare(outputs: Outputs, scope: Scope) -> None:
    """Rows are compared as a whole."""
    scope.context.ledger.infer(flows(outputs))


def _group(node: Any, targets: Targets, scope: Scope) -> None:
    if node.WhichOneof("node") == "grouping_set":
        for part in node.grouping_set.content:
            _group(part, targets, scope)
        return
    if node.WhichOneof("node") == "row_expr" and node.row_expr.row_format != grammar.COERCE_EXPLICIT_CALL:
        for part in node.row_expr.args:
            _group(part, targets, scope)
        return
    name = _bare_name(node)
    if name is not None and (value := scope.column(name)) is not None:
        scope.infer(value)  # a column of FROM goes before one of the output, in GROUP BY alone
    else:
        scope.infer(_key(node, targets, scope))


def _order(node: Any, targets: Targets, scope: Scope) -> None:
    for key in node.sort_clause:
        value = _key(key.sort_by.node, targets, scope)
        scope.infer(value)
        if key.sort_by.use_op:
            scope.infer(operate([part.string.sval for part in key.sort_by.use_op], [value, value], scope))
    infer((node.limit_count, node.limit_offset), scope)


def _key(node: Any, targets: Targets, scope: Scope) -> Value:
    """What a key of ORDER BY, GROUP BY or DISTINCT ON means: an output by position or name, or an expression."""
    if node.WhichOneof("node") == "a_const" and node.a_const.WhichOneof("val") == "ival":
        position = int(node.a_const.ival.ival) - 1
        if targets.outputs is None or not 0 <= position < len(targets.outputs):
            return UNKNOWN
        return targets.outputs[position].value
    if (name := _bare_name(node)) is not None:
        for output in (*targets.named, *(targets.outputs or ())):
            if output.name == name:
                return output.value
    return evaluate(node, scope)


def _bare_name(node: Any) -> str | None:
    if node.WhichOneof("node") == "column_ref" and len(node.column_ref.fields) == 1:
        return str(node.column_ref.fields[0].string.sval)
    return None
