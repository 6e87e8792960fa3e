"""What the columns of tables, views and row types hold.

What a view or a row-security policy compares (WHERE, joins) is its owner's choice and no inference of whoever reads it,
unless it reads a setting, which the reader may have chosen. Its columns carry the sources of what they show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from engine.model import ColumnRef
from engine.protocols.postgres.analysis.names import descendants
from engine.protocols.postgres.lineage.builtins import HIDING_RELATIONS
from engine.protocols.postgres.lineage.memory import recall
from engine.protocols.postgres.lineage.scope import Context, Item, Scope
from engine.protocols.postgres.lineage.values import NOTHING, UNKNOWN, Ledger, Output, Outputs, Sources, Value, joined
from engine.protocols.postgres.parsing import Unreadable, parse
from engine.protocols.postgres.statement import Catalog, Relation, RelationColumn

_VIEWS = "vm"


def relation_columns(relation: Relation, context: Context) -> tuple[Output, ...]:
    """The columns of a relation and where they come from; notes in the ledger what reading it does besides."""
    key = ("relation", relation.oid, context.session_path)
    outputs, ledger = recall(context.catalog, key, lambda: _trace(relation, context))
    context.ledger.add(ledger, inferences=ledger.reads_settings)
    return outputs


def relation_item(relation: Relation, scope: Scope) -> Item:
    """A stored relation as an entry of FROM."""
    return Item(
        relation.name,
        relation_columns(relation, scope.context),
        relation.schema,
        relation.name,
        relation.name,
        has_system_columns=relation.kind not in "v",
    )


def _trace(relation: Relation, context: Context) -> tuple[tuple[Output, ...], Ledger]:
    ledger = Ledger()
    if relation.kind in _VIEWS:
        values = _view_values(relation, context, ledger)
    elif relation.kind == "t" or relation.is_unreadable:
        values = [UNKNOWN] * len(relation.columns)  # TOAST has parts of any column of its table
    else:
        values = [_stored(relation, column, context) for column in relation.columns]
    hiding = HIDING_RELATIONS.get(relation.name, NOTHING)
    outputs = tuple(
        Output(column.name, Value(None, column.type_name) if column.name in hiding else value)
        for column, value in zip(relation.columns, values, strict=True)
    )
    if (relation.schema, relation.name) == ("pg_catalog", "pg_settings"):
        outputs = tuple(
            Output(name, replace(value, is_server_setting=True) if name == "name" else value) for name, value in outputs
        )
    _read_policies(relation, outputs, context, ledger)
    return outputs, ledger


def _read_policies(relation: Relation, outputs: tuple[Output, ...], context: Context, ledger: Ledger) -> None:
    """Row security compares at its owner's choice too; what matters is whether it reads settings."""
    for policy in relation.policies if relation.row_security else ():
        inside = context.within(relation.oid, context.catalog.printed_path)
        table = Item(relation.name, outputs, has_system_columns=True)
        parsed = parse(f"SELECT WHERE {policy}")
        if isinstance(parsed, Unreadable):
            ledger.give_up()
            continue
        level = Scope(inside, items=[table])
        with inside.nested():
            inside.trace_query(parsed[0].node, level.inner())
        if inside.ledger.reads_settings:
            ledger.add(inside.ledger)


def _view_values(relation: Relation, context: Context, ledger: Ledger) -> list[Value]:
    outputs = _definition(relation, context, ledger)
    if outputs is None or len(outputs) != len(relation.columns):
        outputs = tuple(Output(column.name, UNKNOWN) for column in relation.columns)
    values = []
    for column, (_, value) in zip(relation.columns, outputs, strict=True):
        own = frozenset({ColumnRef(relation.schema, relation.name, column.name)})
        values.append(
            Value(
                joined((value.sources, own)), column.type_name, value.fields, value.is_plain, is_stored=value.is_stored
            )
        )
    return values


def _definition(relation: Relation, context: Context, ledger: Ledger) -> Outputs:
    parsed = parse(relation.definition or "")
    if isinstance(parsed, Unreadable) or len(parsed) != 1:
        return None
    inside = context.within(relation.oid, context.catalog.printed_path)
    with inside.nested():
        outputs = inside.trace_query(parsed[0].node, Scope(inside))
    ledger.add(inside.ledger)
    return outputs


def _stored(relation: Relation, column: RelationColumn, context: Context) -> Value:
    sources = stored_sources(relation, column.name, context.catalog)
    if not column.is_generated:
        return Value(sources, column.type_name, is_plain=True, is_stored=True)
    return Value(joined((sources, _called(relation, column, context))), column.type_name)


def _called(relation: Relation, column: RelationColumn, context: Context) -> Sources:
    """What the functions that a generated column calls look up by themselves."""
    parsed = parse(f"SELECT {column.default}")
    if isinstance(parsed, Unreadable):
        return None
    inside = context.within(relation.oid, context.catalog.printed_path)
    row = Item(relation.name, tuple(Output(each.name, Value(NOTHING, each.type_name)) for each in relation.columns))
    with inside.nested():
        outputs = inside.trace_query(parsed[0].node, Scope(inside, items=[row]).inner())
    return None if outputs is None else joined(output.value.sources for output in outputs)


def stored_sources(relation: Relation, name: str, catalog: Catalog) -> Sources:
    """The stored columns that one column of a table is: itself, the same column of the tables it is a partition or
    child of and of those that are part of it, and whatever it is generated from."""
    names = {name} | _generated_from(relation.column(name))
    return frozenset(
        ColumnRef(member.schema, member.name, each)
        for member in _family(relation, catalog)
        for each in names
        if member is relation or member.column(each) is not None
    )


def _family(relation: Relation, catalog: Catalog) -> Iterator[Relation]:
    """The table, its descendants, and every ancestor of any of them."""
    below = closure([relation], "children", catalog)
    return iter(closure(below, "parents", catalog))


def closure(relations: list[Relation], link: str, catalog: Catalog) -> list[Relation]:
    """The relations and all that they lead to by `parents` or `children`."""
    gathered = {relation.oid: relation for relation in relations}
    waiting = list(relations)
    while waiting:
        for oid in getattr(waiting.pop(), link):
            if oid not in gathered and (relative := catalog.relation_by_oid(oid)) is not None:
                gathered[oid] = relative
                waiting.append(relative)
    return list(gathered.values())


def _generated_from(column: RelationColumn | None) -> set[str]:
    """The columns that a generated column's expression names; a plain default can name none."""
    if column is None or not column.default:
        return set()
    parsed = parse(f"SELECT {column.default}")
    if isinstance(parsed, Unreadable):
        return set()
    return {reference.fields[-1].string.sval for reference in nodes_in(parsed[0].node, "ColumnRef")}


def nodes_in(message: Any, kind: str) -> Iterator[Any]:
    """Every node of that kind in a parse tree."""
    return (node for node in descendants(message) if node.DESCRIPTOR.name == kind)


def row_type(schema: str | None, type_name: str, whole: Value, context: Context) -> Outputs:
    """The parts of a row of that type, each holding what the whole holds; None when it is no row type."""
    if not type_name or type_name in ("record", "unknown") or type_name.startswith("_"):
        return None
    relation = context.catalog.relation(schema, type_name, context.path)
    if relation is None or relation.kind == "S":
        return None
    return tuple(Output(column.name, Value(whole.sources, column.type_name)) for column in relation.columns)
