"""INSERT, UPDATE, DELETE and MERGE: which values are stored where, and what RETURNING shows of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from engine.protocols.postgres.lineage.expressions import evaluate, infer
from engine.protocols.postgres.lineage.ranges import add_from, entries
from engine.protocols.postgres.lineage.relations import relation_item
from engine.protocols.postgres.lineage.scope import Item, Scope
from engine.protocols.postgres.lineage.storing import Change, Stored, settle
from engine.protocols.postgres.lineage.targets import trace_targets
from engine.protocols.postgres.lineage.values import UNKNOWN, Output, Outputs, Value, joined
from engine.protocols.postgres.lineage.withs import add_with_tables
from engine.protocols.postgres.parsing import grammar


def insert(node: Any, scope: Scope) -> Outputs:
    """INSERT: its columns are those of RETURNING."""
    add_with_tables(node.with_clause, scope)
    target = _target(node.relation, scope)
    outputs: Outputs = ()
    if node.HasField("select_stmt"):
        outputs = scope.context.trace_query(node.select_stmt, scope.inner())
    stored: Stored = defaultdict(list)
    names = [column.res_target.name for column in node.cols]
    for column in node.cols:
        _infer_path(column.res_target, scope)
    if outputs is None:
        scope.context.ledger.copy(None)
        target = _unsure(target)
    else:
        _store_row(names, [output.value for output in outputs], target, stored, scope)
    if node.HasField("on_conflict_clause"):
        inserted = names or [output.name for output in target.outputs or ()]
        _on_conflict(node.on_conflict_clause, inserted, target, stored, scope)
    _settle(node.relation, Change(stored, makes=True, keeps=node.HasField("on_conflict_clause")), scope)
    return _returning(node.returning_clause, target, [], stored, scope)


def update(node: Any, scope: Scope) -> Outputs:
    """UPDATE: its columns are those of RETURNING."""
    add_with_tables(node.with_clause, scope)
    target = _target(node.relation, scope)
    add_from(node.from_clause, scope)
    others = list(scope.items)
    scope.items.insert(0, target)
    infer([node.where_clause], scope)
    stored: Stored = defaultdict(list)
    _assign(node.target_list, target, stored, scope)
    _settle(node.relation, Change(stored, keeps=True), scope)
    return _returning(node.returning_clause, target, others, stored, scope)


def delete(node: Any, scope: Scope) -> Outputs:
    """DELETE: its columns are those of RETURNING."""
    add_with_tables(node.with_clause, scope)
    target = _target(node.relation, scope)
    add_from(node.using_clause, scope)
    others = list(scope.items)
    scope.items.insert(0, target)
    infer([node.where_clause], scope)
    _settle(node.relation, Change(defaultdict(list), removes=True), scope)
    return _returning(node.returning_clause, target, others, defaultdict(list), scope)


def merge(node: Any, scope: Scope) -> Outputs:
    """MERGE: its columns are those of RETURNING, the source's before the target's."""
    add_with_tables(node.with_clause, scope)
    target = _target(node.relation, scope)
    source = entries(node.source_relation, scope, [])[1]
    scope.items += [*source, target]
    infer([node.join_condition], scope)
    stored: Stored = defaultdict(list)
    for each in node.merge_when_clauses:
        when = each.merge_when_clause
        infer([when.condition], scope)
        if when.command_type == grammar.CMD_UPDATE:
            _assign(when.target_list, target, stored, scope)
        elif when.command_type == grammar.CMD_INSERT:
            names = [column.res_target.name for column in when.target_list]
            _store_row(names, [evaluate(value, scope) for value in when.values], target, stored, scope)
    _settle(node.relation, Change(stored, makes=True, keeps=True), scope)
    _settle(node.relation, Change(defaultdict(list), removes=True), scope)
    return _returning(node.returning_clause, target, source, stored, scope, is_source_first=True)


def copy_in(node: Any, scope: Scope) -> None:
    """COPY FROM: the client's values go into the columns listed, its condition says which rows do."""
    target = _target(node.relation, scope)
    infer([node.where_clause], scope.seeing([Item(target.name, None, otherwise=Value())]))
    names = [name.string.sval for name in node.attlist] or [output.name for output in target.outputs or ()]
    stored: Stored = defaultdict(list, {name: [Value(type_name="text")] for name in names})
    _settle(node.relation, Change(stored, makes=True), scope)


def _settle(name: Any, change: Change, scope: Scope) -> None:
    relation = scope.context.catalog.relation(name.schemaname or None, name.relname, scope.context.path)
    if relation is not None:
        settle(relation, change, scope)


def _target(node: Any, scope: Scope) -> Item:
    """The changed table; a WITH query is never meant."""
    context = scope.context
    name = node.alias.aliasname or node.relname
    relation = context.catalog.relation(node.schemaname or None, node.relname, context.path)
    if relation is None:
        return Item(name, None)
    item = relation_item(relation, scope)
    if relation.rules or (relation.kind == "v" and relation.triggers):
        item = _unsure(item)  # a rule or an INSTEAD OF trigger decides what comes back
    if relation.schema == "pg_catalog":
        context.ledger.give_up()  # a column may have another name afterwards, a view another definition
    if any(rule.startswith("CREATE RULE") for rule in relation.rules):
        context.ledger.copy(None)  # and what is stored where
    if node.alias.aliasname:
        item.name, item.schema, item.table = name, "", ""
    return item


def _unsure(item: Item) -> Item:
    outputs = item.outputs and tuple(Output(output.name, UNKNOWN) for output in item.outputs)
    return Item(item.name, outputs, item.schema, item.table, item.type_name, has_system_columns=item.has_system_columns)


def _infer_path(target: Any, scope: Scope) -> None:
    """`SET a[i] = …`: where in the column it goes."""
    for step in target.indirection:
        infer((step.a_indices.lidx, step.a_indices.uidx), scope)


def _store(name: str, value: Value, target: Item, stored: Stored, scope: Scope) -> None:
    stored[name].append(value)
    own = target.column(name)
    scope.context.ledger.copy(value.sources, own.sources if own is not None else None)


def _store_row(names: Sequence[str], values: Sequence[Value], target: Item, stored: Stored, scope: Scope) -> None:
    """Values by position, into the named columns or the first ones of the table."""
    if not names and target.outputs is not None:
        names = [output.name for output in target.outputs]
    for position, value in enumerate(values):
        if position < len(names):
            _store(names[position], value, target, stored, scope)
        else:
            scope.context.ledger.copy(value.sources)


def _assign(nodes: Iterable[Any], target: Item, stored: Stored, scope: Scope) -> None:
    """SET: each column's new value."""
    row: Value = UNKNOWN
    for node in nodes:
        assignment = node.res_target
        _infer_path(assignment, scope)
        if assignment.val.WhichOneof("node") != "multi_assign_ref":
            _store(assignment.name, evaluate(assignment.val, scope), target, stored, scope)
            continue
        reference = assignment.val.multi_assign_ref
        if reference.colno == 1:
            row = evaluate(reference.source, scope)
        parts = row.fields or ()
        is_told = len(parts) == reference.ncolumns
        value = parts[reference.colno - 1].value if is_told else Value(row.sources)
        _store(assignment.name, value, target, stored, scope)


def _on_conflict(node: Any, inserted: Sequence[str], target: Item, stored: Stored, scope: Scope) -> None:
    """Whether a row is there already steers what happens, by the columns of the index that tells."""
    at_target = scope.seeing([target])
    excluded_outputs = tuple(
        Output(output.name, output.value.but(joined(value.sources for value in stored.get(output.name, ()))))
        for output in target.outputs or ()
    )
    excluded = Item("excluded", None if target.outputs is None else excluded_outputs)
    for element in node.infer.index_elems:
        part = element.index_elem
        at_target.infer(at_target.column(part.name) or UNKNOWN if part.name else evaluate(part.expr, at_target))
    if not node.infer.index_elems:
        at_target.infer(*(at_target.column(name) or UNKNOWN for name in inserted))
    infer([node.infer.where_clause], at_target)
    both = scope.seeing([target, excluded])
    infer([node.where_clause], both)
    _assign(node.target_list, target, stored, both)


def _returning(
    clause: Any,
    target: Item,
    others: Sequence[Item],
    stored: Stored,
    scope: Scope,
    *,
    is_source_first: bool = False,
) -> Outputs:
    """What RETURNING shows: the row before and after, whatever was joined to it."""
    if not clause.exprs:
        return ()
    after = target
    if target.outputs is not None:
        outputs = tuple(
            Output(output.name, output.value.but(joined(value.sources for value in stored.get(output.name, ()))))
            for output in target.outputs
        )
        after = _row_named(target, target.name, outputs)
    items = [*others, after] if is_source_first else [after, *others]
    names = {"old": "old", "new": "new"}
    for option in clause.options:
        given = option.returning_option
        names["old" if given.option == grammar.RETURNING_OPTION_OLD else "new"] = given.value
    taken = {item.name for item in items if item.shows_name}
    for row, name in ((target, names["old"]), (after, names["new"])):
        if name not in taken:
            item = _row_named(row, name, row.outputs)
            item.schema = item.table = ""
            item.shows_columns = False
            items.append(item)
    return trace_targets(clause.exprs, scope.seeing(items)).outputs


def _row_named(item: Item, name: str, outputs: Outputs) -> Item:
    return Item(name, outputs, item.schema, item.table, item.type_name, has_system_columns=item.has_system_columns)
