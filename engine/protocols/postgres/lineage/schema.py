"""Schema changes that would take a column out of its mask's sight, or ask about its values.

A mask names columns, so whatever gives their values another name (renaming, moving to another schema, detaching a
partition) is a copy; what is checked against the rows that are there (constraints, unique indexes, policies) is an
inference, because it fails or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from engine.model import ColumnRef
from engine.protocols.postgres.lineage.calls import call_function
from engine.protocols.postgres.lineage.expressions import evaluate, infer
from engine.protocols.postgres.lineage.ranges import relation_item
from engine.protocols.postgres.lineage.scope import Item, Scope
from engine.protocols.postgres.lineage.values import UNKNOWN, Value, joined
from engine.protocols.postgres.parsing import grammar

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
            for each in column.constraints:  # every row gets its default now
                if each.constraint.contype == grammar.CONSTR_DEFAULT:
                    ledger.copy(evaluate(each.constraint.raw_expr, scope).sources)
        case grammar.AT_DropExpression:
            ledger.copy(own.sources, frozenset({ColumnRef(table.schema, table.table, command.name)}))
        case grammar.AT_DropColumn if is_only:
            ledger.copy(own.sources)  # the columns of its children stay, and lose their parent's mask
        case grammar.AT_DropInherit:
            ledger.copy(table.row.sources)
        case grammar.AT_DetachPartition:
            ledger.copy(_item(getattr(command, "def").partition_cmd.name, scope).row.sources)
        case grammar.AT_GenericOptions:
            ledger.copy(None)  # where a foreign table's rows come from
        case _:
            pass


def _constrain(nodes: Iterable[Any], scope: Scope) -> None:
    for node in nodes:
        constraint = node.constraint
        infer((constraint.raw_expr, constraint.where_clause), scope)
        for key in (*constraint.keys, *constraint.fk_attrs):
            scope.infer(scope.column(key.string.sval) or UNKNOWN)
        if constraint.contype == grammar.CONSTR_FOREIGN:
            other = _item(constraint.pktable, scope)
            keys = [other.column(key.string.sval) or UNKNOWN for key in constraint.pk_attrs]
            scope.infer(*(keys or [other.row]))


def _index(node: Any, scope: Scope) -> None:
    inside = scope.seeing([_item(node.relation, scope)])
    infer([node.where_clause], inside)
    for each in node.index_params:
        if each.index_elem.name:
            if node.unique:
                inside.infer(inside.column(each.index_elem.name) or UNKNOWN)
        else:
            infer([each.index_elem.expr], inside)


def _policy(node: Any, scope: Scope) -> None:
    infer((node.qual, node.with_check), scope.seeing([_item(node.table, scope)]))


def _create_function(node: Any, scope: Scope) -> None:
    """A SQL body is followed whenever it is called; in any other language it is code that nobody can follow."""
    languages = {
        option.def_elem.arg.string.sval.lower() for option in node.options if option.def_elem.defname == "language"
    }
    context = scope.context
    if languages - {"sql"}:
        context.ledger.copy(None)
    elif node.replace and context.catalog.has_materialized:
        # a materialized view keeps what the old body gave, and would be read by the new one
        names = [part.string.sval for part in node.funcname]
        for old in context.catalog.functions(names[-2] if len(names) > 1 else None, names[-1], context.path):
            value = call_function(old, [Value()] * len(old.argument_types), scope)
            context.ledger.copy(joined((value.sources, *(part.value.sources for part in value.fields or ()))))


def _alter_domain(node: Any, scope: Scope) -> None:
    if node.subtype in ("C", "V"):  # a constraint is checked against every column of the domain
        scope.context.ledger.infer(None)


SCHEMA_STATEMENTS: dict[str, Callable[[Any, Scope], None]] = {
    "alter_domain_stmt": _alter_domain,
    "alter_object_schema_stmt": _set_schema,
    "alter_policy_stmt": _policy,
    "alter_table_stmt": _alter_table,
    "create_function_stmt": _create_function,
    "create_policy_stmt": _policy,
    "index_stmt": _index,
    "rename_stmt": _rename,
}
