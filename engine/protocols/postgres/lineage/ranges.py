"""The FROM clause: tables, queries, functions and joins as entries whose columns can be named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from engine.protocols.postgres.lineage.expressions import evaluate, infer
from engine.protocols.postgres.lineage.functions import function_item
from engine.protocols.postgres.lineage.relations import relation_item
from engine.protocols.postgres.lineage.scope import Item, Scope
from engine.protocols.postgres.lineage.storing import infer_domain
from engine.protocols.postgres.lineage.types import type_of
from engine.protocols.postgres.lineage.values import NOTHING, UNKNOWN, Output, Outputs, Value, combined, joined, renamed
from engine.protocols.postgres.parsing import grammar


def add_from(nodes: Iterable[Any], scope: Scope) -> None:
    """The entries of a FROM clause, left to right: a LATERAL one sees those before it."""
    items: list[Item] = []
    for node in nodes:
        items += entries(node, scope, items)[1]
    scope.items += items


def entries(node: Any, scope: Scope, beside: list[Item]) -> tuple[Item, list[Item]]:
    """The entry whose columns an item of FROM gives, and every entry that it brings into sight."""
    with scope.context.nested():
        match node.WhichOneof("node"):
            case "range_var":
                item = table_item(node.range_var, scope)
            case "range_subselect":
                item = _subquery(node.range_subselect, scope, beside)
            case "range_function":
                item = function_item(node.range_function, scope.seeing(beside))
            case "range_table_sample":
                return _sample(node.range_table_sample, scope, beside)
            case "range_table_func":
                item = _xml_table(node.range_table_func, scope.seeing(beside))
            case "json_table":
                item = _json_table(node.json_table, scope.seeing(beside))
            case "join_expr":
                return _join(node.join_expr, scope, beside)
            case _:
                scope.context.ledger.give_up()
                item = Item("", None)
    return item, [item]


def aliased(item: Item, alias: Any) -> Item:
    """The entry under its alias: the name of the table is hidden then."""
    if not alias.aliasname:
        return item
    names = [column.string.sval for column in alias.colnames]
    outputs = item.outputs and renamed(item.outputs, names)
    return replace(item, name=alias.aliasname, outputs=outputs, schema="", table="")


def table_item(node: Any, scope: Scope) -> Item:
    """A table, view or WITH query by name."""
    if not node.schemaname and (named := scope.with_table(node.relname)) is not None:
        table, is_own_level = named
        return aliased(table.item(scope, is_own_level=is_own_level), node.alias)
    context = scope.context
    relation = context.catalog.relation(node.schemaname or None, node.relname, context.path)
    if relation is None:
        return aliased(Item(node.relname, None), node.alias)
    return aliased(relation_item(relation, scope), node.alias)


def _subquery(node: Any, scope: Scope, beside: list[Item]) -> Item:
    outer = scope.seeing(beside if node.lateral else [])
    outputs = scope.context.trace_query(node.subquery, outer.inner())
    item = Item("", outputs, shows_name=bool(node.alias.aliasname))
    return aliased(item, node.alias)


def _sample(node: Any, scope: Scope, beside: list[Item]) -> tuple[Item, list[Item]]:
    infer([*node.args, node.repeatable], scope.seeing(beside))
    return entries(node.relation, scope, beside)


def _xml_table(node: Any, scope: Scope) -> Item:
    documents = [evaluate(part, scope) for part in (node.docexpr, node.rowexpr)]
    documents += [evaluate(part, scope) for part in node.namespaces]
    document = combined(documents)
    scope.infer(document)
    outputs = []
    for each in node.columns:
        column = each.range_table_func_col
        if column.for_ordinality:
            outputs.append(Output(column.colname, Value(NOTHING, "int4")))
            continue
        values = [document, evaluate(column.colexpr, scope), evaluate(column.coldefexpr, scope)]
        infer_domain(type_of(column.type_name), combined(values), scope)
        outputs.append(Output(column.colname, combined(values, type_of(column.type_name))))
    return aliased(Item("xmltable", tuple(outputs)), node.alias)


def _json_table(node: Any, scope: Scope) -> Item:
    parts = [evaluate(node.context_item, scope), *(evaluate(part, scope) for part in node.passing)]
    document = combined(parts)
    scope.infer(document)
    outputs = tuple(_json_columns(node.columns, document, scope))
    return aliased(Item("json_table", outputs), node.alias)


def _json_columns(nodes: Iterable[Any], document: Value, scope: Scope) -> Iterable[Output]:
    for each in nodes:
        column = each.json_table_column
        match column.coltype:
            case grammar.JTC_NESTED:
                yield from _json_columns(column.columns, document, scope)
            case grammar.JTC_FOR_ORDINALITY:
                yield Output(column.name, Value(NOTHING, "int4"))
            case _:
                fallbacks = [evaluate(part, scope) for part in (column.on_empty, column.on_error)]
                infer_domain(type_of(column.type_name), document, scope)
                yield Output(column.name, combined([document, *fallbacks], type_of(column.type_name)))


def _join(node: Any, scope: Scope, beside: list[Item]) -> tuple[Item, list[Item]]:
    left, left_items = entries(node.larg, scope, beside)
    right, right_items = entries(node.rarg, scope, [*beside, *left_items])
    inside = [*left_items, *right_items]
    if node.HasField("quals"):
        infer([node.quals], scope.seeing(inside))
    merged = _merged_names(node, left, right)
    if merged is None or left.outputs is None or right.outputs is None:
        item = _opaque_join(node, merged, left, right, scope)
    else:
        item = Item("", _merge(merged, left, right, scope), shows_name=False)
    brought = [] if node.alias.aliasname else inside
    for entry in brought:
        entry.shows_columns = False
    if node.join_using_alias.aliasname:
        known = item.outputs[: len(merged)] if item.outputs is not None and merged is not None else None
        brought.append(Item(node.join_using_alias.aliasname, known, shows_columns=False))
    if node.alias.aliasname:
        item = replace(aliased(item, node.alias), shows_name=True)
    return item, [*brought, item]


def _merged_names(node: Any, left: Item, right: Item) -> Sequence[str] | None:
    """The columns that USING or NATURAL merges; None when that could not be told."""
    if not node.is_natural:
        return [name.string.sval for name in node.using_clause]
    if left.outputs is None or right.outputs is None:
        return None
    theirs = {output.name for output in right.outputs}
    return [output.name for output in left.outputs if output.name in theirs]


def _merge(names: Sequence[str], left: Item, right: Item, scope: Scope) -> Outputs:
    merged = [Output(name, _merged(name, left, right, scope)) for name in names]
    sides = (*(left.outputs or ()), *(right.outputs or ()))
    return (*merged, *(output for output in sides if output.name not in names))


def _merged(name: str, left: Item, right: Item, scope: Scope) -> Value:
    sides = [side.column(name) or UNKNOWN for side in (left, right)]
    scope.infer(*sides)
    return Value(
        joined(side.sources for side in sides),
        sides[0].type_name,
        is_plain=all(side.is_plain for side in sides),
        is_stored=all(side.is_stored for side in sides),
    )


def _opaque_join(node: Any, merged: Sequence[str] | None, left: Item, right: Item, scope: Scope) -> Item:
    """A join with a side whose columns could not be told."""
    if merged is None:
        scope.infer(UNKNOWN)
        return Item("", None, shows_name=False)
    known = {name: _merged(name, left, right, scope) for name in merged}
    for side in (left, right):
        for name, value in (*side.known.items(), *(side.outputs or ())):
            known.setdefault(name, value)
    return Item("", None, known=known, shows_name=False)
