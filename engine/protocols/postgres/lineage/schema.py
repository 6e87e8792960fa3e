"""Schema changes that would take a column out of its mask's sight, or ask about its values.

A mask names columns, so whatever gives their values another name (renaming, moving to another schema, detaching a
partition) is a copy; what is checked against the rows that are there (constraints, unique indexes, policies) is an
inference, because it fails or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from engine.model import ColumnRef
from engine.protocols.postgres.lineage.bodies import body_statements, follow_body, statements_of
from engine.protocols.postgres.lineage.calls import call_function
from engine.protocols.postgres.lineage.expressions import evaluate, infer
from engine.protocols.postgres.lineage.relations import nodes_in, relation_item
from engine.protocols.postgres.lineage.scope import Item, Parameters, Scope
from engine.protocols.postgres.lineage.storing import infer_domain
from engine.protocols.postgres.lineage.types import type_of
from engine.protocols.postgres.lineage.values import UNKNOWN, Ledger, Output, Sources, Value, joined
from engine.protocols.postgres.parsing import grammar
from engine.protocols.postgres.statement import Function

_TABLES = frozenset({grammar.OBJECT_TABLE, grammar.OBJECT_VIEW, grammar.OBJECT_MATVIEW, grammar.OBJECT_FOREIGN_TABLE})


def _item(node: Any, scope: Scope) -> Item:
    """The relation a statement names; one that is not known could hold anything."""
    context = scope.context
    relation = context.catalog.relation(node.schemaname or None, node.relname, context.path)
    return Item(node.relname, None) if relation is None else relation_item(relation, scope)


def _rename(node: Any, scope: Scope) -> None:
    ledger = scope.context.ledger
    if node.rename_type == grammar.OBJECT_SCHEMA:
        ledger.copy(None)
    elif node.rename_type == grammar.OBJECT_COLUMN:
        ledger.copy((_item(node.relation, scope).column(node.subname) or UNKNOWN).sources)
    elif node.rename_type in _TABLES:
        ledger.copy(_item(node.relation, scope).row.sources)


def _set_schema(node: Any, scope: Scope) -> None:
    if node.object_type == grammar.OBJECT_EXTENSION:
        scope.context.ledger.copy(None)
    elif node.object_type in _TABLES:
        scope.context.ledger.copy(_item(node.relation, scope).row.sources)


def _alter_table(node: Any, scope: Scope) -> None:
    if node.objtype not in _TABLES:
        return
    table = _item(node.relation, scope)
    inside = scope.seeing([table])
    for each in node.cmds:
        _alter(each.alter_table_cmd, table, inside, is_only=not node.relation.inh)


def _alter(command: Any, table: Item, scope: Scope, *, is_only: bool) -> None:
    ledger = scope.context.ledger
    column = getattr(command, "def").column_def
    own = table.column(command.name) or UNKNOWN
    match command.subtype:
        case grammar.AT_AlterColumnType:
            scope.infer(own)  # the conversion can fail
            value = evaluate(column.raw_default, scope)
            scope.infer(value)
            ledger.copy(value.sources, own.sources)
        case grammar.AT_AddConstraint:
            _constrain([getattr(command, "def")], scope)
        case grammar.AT_AddColumn:
            _constrain(column.constraints, scope)
            for each in column.constraints:  # every row gets its value now
                if each.constraint.contype in (grammar.CONSTR_DEFAULT, grammar.CONSTR_GENERATED):
                    _fill(each.constraint.raw_expr, scope)
        case grammar.AT_SetExpression:
            _fill(getattr(command, "def"), scope)
        case grammar.AT_DropExpression:
            ledger.copy(own.sources, frozenset({ColumnRef(table.schema, table.table, command.name)}))
        case grammar.AT_DropColumn if is_only:
            ledger.copy(own.sources)  # the columns of its children stay, and lose their parent's mask
        case grammar.AT_AttachPartition:  # its rows must fit the bounds
            scope.infer(_item(getattr(command, "def").partition_cmd.name, scope).row)
        case grammar.AT_DropInherit:
            ledger.copy(table.row.sources)
        case grammar.AT_DetachPartition:
            ledger.copy(_item(getattr(command, "def").partition_cmd.name, scope).row.sources)
        case grammar.AT_GenericOptions:
            ledger.copy(None)  # where a foreign table's rows come from
        case _:
            pass


def _fill(expression: Any, scope: Scope) -> None:
    """Every row gets the value of this expression. What it names of its own row a generated column is known to hold."""
    own = joined(evaluate(reference, scope).sources for reference in nodes_in(expression, "ColumnRef"))
    scope.context.ledger.copy(evaluate(expression, scope).sources, own)


def _constrain(nodes: Iterable[Any], scope: Scope) -> None:
    for node in nodes:
        constraint = node.constraint
        infer((constraint.raw_expr, constraint.where_clause), scope)
        for key in (*constraint.keys, *constraint.fk_attrs):
            scope.infer(scope.column(key.string.sval) or UNKNOWN)
        for pair in constraint.exclusions:  # an index element and the operator that no two rows may meet
            element = pair.list.items[0].index_elem
            scope.infer((scope.column(element.name) or UNKNOWN) if element.name else evaluate(element.expr, scope))
        if constraint.contype == grammar.CONSTR_FOREIGN:
            other = _item(constraint.pktable, scope)
            keys = [other.column(key.string.sval) or UNKNOWN for key in constraint.pk_attrs]
            scope.infer(*(keys or [other.row]))


def _index(node: Any, scope: Scope) -> None:
    inside = scope.seeing([_item(node.relation, scope)])
    infer([node.where_clause], inside)
    elements = [*node.index_params, *node.index_including_params]
    for each in elements:
        if each.index_elem.name:
            # rows may be read in the order of an index that has all the columns asked for
            if node.unique or len(elements) > 1:
                inside.infer(inside.column(each.index_elem.name) or UNKNOWN)
        else:
            infer([each.index_elem.expr], inside)


def _cluster(node: Any, scope: Scope) -> None:
    """Rows are put in the order of an index, and read in that order afterwards."""
    scope.infer(_item(node.relation, scope).row if node.HasField("relation") else UNKNOWN)


def _create_domain(node: Any, scope: Scope) -> None:
    """Its checks run wherever a value of it is made, without anybody naming them."""
    value = Item("", (Output("value", Value(is_plain=True)),))
    for each in node.constraints:
        infer([each.constraint.raw_expr], scope.seeing([value]))


def _policy(node: Any, scope: Scope) -> None:
    infer((node.qual, node.with_check), scope.seeing([_item(node.table, scope)]))


def _create_function(node: Any, scope: Scope) -> None:
    """A SQL body is followed whenever it is called; in any other language it is code that nobody can follow.

    What a body of the new form compares is decided once and for all, here.
    """
    options = {option.def_elem.defname: option.def_elem.arg for option in node.options}
    language = options["language"].string.sval.lower() if "language" in options else "sql"
    context = scope.context
    if language != "sql":
        context.ledger.copy(None)
        return
    body = statements_of(node.sql_body) if node.HasField("sql_body") else _body(options)
    for name in (name for statement in body for name in nodes_in(statement, "TypeName")):
        infer_domain(type_of(name), Value(is_plain=True), scope)  # a constant meets its type's checks already now
    if node.HasField("sql_body"):
        _ask(node, body, scope)
    if node.replace:
        names = [part.string.sval for part in node.funcname]
        for old in context.catalog.functions(names[-2] if len(names) > 1 else None, names[-1], context.path):
            _replace(old, body, scope)


def _ask(node: Any, body: tuple[Any, ...], scope: Scope) -> None:
    """Count what a body compares, whatever its arguments."""
    names = [each.function_parameter.name for each in node.parameters]
    slots = tuple(Value(is_plain=True) for _ in names)
    name = node.funcname[-1].string.sval
    parameters = Parameters(name, slots, {each: slot for each, slot in zip(names, slots, strict=True) if each})
    context = replace(scope.context, ledger=Ledger())
    for statement in body:
        context.trace_query(statement, Scope(context, parameters=parameters).inner())
    ledger = context.ledger
    scope.context.ledger.add(Ledger(ledger.inferences, untold_inferences=ledger.untold_inferences))


def _body(options: dict[str, Any]) -> tuple[Any, ...]:
    text = options["as"].list.items[0].string.sval if "as" in options else ""
    return body_statements(text) or ()


def _replace(old: Function, body: tuple[Any, ...], scope: Scope) -> None:
    """What calls a function by its OID (a domain, an index, a generated column) is named nowhere when it does: the new
    body may not look at more than the old one. Nor may it look at less where a materialized view keeps what the old one
    gave, and would be read by the new one."""
    ledger = scope.context.ledger
    arguments = [Value()] * len(old.argument_types)
    before = _looks_at(lambda inner: call_function(old, arguments, inner), scope)
    new = replace(old, is_body_printed=False)  # its names are read on the session's path
    after = _looks_at(lambda inner: follow_body(new, arguments, inner, statements=body), scope)
    if before is not None:
        ledger.copy(after, before)
    if scope.context.catalog.has_materialized:
        ledger.copy(before)


def _looks_at(call: Callable[[Scope], Value], scope: Scope) -> Sources:
    """The columns that a call gives or compares."""
    context = replace(scope.context, ledger=Ledger())
    value = call(Scope(context))
    return joined((value.sources, context.ledger.told_inferences, context.ledger.told_copies))


def _alter_domain(node: Any, scope: Scope) -> None:
    if node.subtype in ("C", "V"):  # a constraint is checked against every column of the domain
        scope.context.ledger.infer(None)


SCHEMA_STATEMENTS: dict[str, Callable[[Any, Scope], None]] = {
    "alter_domain_stmt": _alter_domain,
    "alter_object_schema_stmt": _set_schema,
    "alter_policy_stmt": _policy,
    "alter_table_stmt": _alter_table,
    "cluster_stmt": _cluster,
    "create_domain_stmt": _create_domain,
    "create_function_stmt": _create_function,
    "create_policy_stmt": _policy,
    "index_stmt": _index,
    "rename_stmt": _rename,
}
