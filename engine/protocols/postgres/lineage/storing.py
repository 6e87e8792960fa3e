"""What a table does by itself to a row that is stored in it: defaults, generated columns, checks and keys.

What these look up is stored beside the row, or decides whether the statement fails. A key compares what is given with
what is there, so whoever may store in a protected column that has to be unique learns which values exist.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.protocols.postgres.lineage.memory import recall
from engine.protocols.postgres.lineage.relations import closure, nodes_in, relation_item
from engine.protocols.postgres.lineage.scope import Item, Scope
from engine.protocols.postgres.lineage.values import NOTHING, UNKNOWN, Output, Outputs, Value, joined
from engine.protocols.postgres.parsing import Unreadable, parse
from engine.protocols.postgres.statement import Catalog, Relation, RelationColumn

Stored = defaultdict[str, list[Value]]
"""What a statement stores in each column of its table."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a statement does to the rows of a table: `makes` new ones, `keeps` what it does not store of old ones,
    `removes` them."""

    stored: Stored
    makes: bool = False
    keeps: bool = False
    removes: bool = False


def settle(relation: Relation, change: Change, scope: Scope) -> None:
    """Note in the ledger what a change of this table's rows makes it compare and store."""
    context = scope.context
    if relation.is_unreadable:
        context.ledger.give_up()
        return
    if relation.kind == "v":
        for base, inner in _behind(relation, change, scope):
            settle(base, inner, scope)
        return
    is_spread = change.keeps or change.removes or relation.kind == "p"
    for each in closure([relation], "children", context.catalog) if is_spread else [relation]:
        inside = Scope(context.within(each.oid, context.catalog.printed_path))
        with inside.context.nested():
            _Settlement(each, change, inside).run()
        context.ledger.add(inside.context.ledger)


def _behind(relation: Relation, change: Change, scope: Scope) -> Iterator[tuple[Relation, Change]]:
    """The tables that a view reads, one of which is changed through it."""
    context = scope.context
    parsed = parse(relation.definition or "")
    if isinstance(parsed, Unreadable):
        context.ledger.give_up()
        return
    view = relation_item(relation, scope)
    for name in nodes_in(parsed[0].node, "RangeVar"):
        base = context.catalog.relation(name.schemaname or None, name.relname, context.catalog.printed_path)
        if base is None or base.oid == relation.oid:
            continue
        stored: Stored = defaultdict(list)
        for column, values in change.stored.items():
            shown = view.column(column) or UNKNOWN
            for source in shown.sources or ():
                if (source.schema, source.table) == (base.schema, base.name):
                    stored[source.column] += values
        yield base, Change(stored, change.makes, change.keeps, change.removes)


class _Settlement:
    """One table and one change; its names are read on the catalog's own path."""

    def __init__(self, relation: Relation, change: Change, scope: Scope) -> None:
        self._relation = relation
        self._change = change
        self._scope = scope
        self._catalog = scope.context.catalog
        self._own = relation_item(relation, scope)
        self._given = frozenset(change.stored)

    def run(self) -> None:
        if not self._change.removes:
            row = self._row()
            self._generate(row)
            for check in self._relation.checks:
                is_told = bool(_names(self._catalog, check) & self._given)
                self._scope.infer(*self._evaluate(check, row if is_told or self._change.makes else self._settled()))
            self._check_domains()
            self._compare_keys()
        self._look_for_referrers()

    def _row(self) -> Item:
        """The new row: what is given, else its default, else what was there."""
        outputs = tuple(Output(column.name, self._new(column)) for column in self._relation.columns)
        return self._named(outputs)

    def _new(self, column: RelationColumn) -> Value:
        values = list(self._change.stored.get(column.name, ()))
        own = self._own.column(column.name) or UNKNOWN
        if column.default and not column.is_generated:
            given = joined(value.sources for value in self._evaluate(column.default, None))
            self._scope.context.ledger.copy(given, own.sources)
            if self._change.makes:
                values.append(Value(given))
        if (self._change.keeps and column.name not in self._given) or column.is_generated:
            values.append(own)
        return Value(joined(value.sources for value in values), column.type_name, is_plain=True)

    def _settled(self) -> Item:
        """A row that has passed the checks already, so that they tell nothing new of it."""
        outputs = (Output(column.name, Value(NOTHING, column.type_name)) for column in self._relation.columns)
        return self._named(tuple(outputs))

    def _named(self, outputs: Outputs) -> Item:
        relation = self._relation
        return Item(relation.name, outputs, relation.schema, relation.name, relation.name, has_system_columns=True)

    def _generate(self, row: Item) -> None:
        for column in self._relation.columns:
            if column.is_generated and column.default:
                own = self._own.column(column.name) or UNKNOWN
                for value in self._evaluate(column.default, row):
                    self._scope.context.ledger.copy(value.sources, own.sources)

    def _check_domains(self) -> None:
        for column in self._relation.columns:
            for value in self._change.stored.get(column.name, ()):
                infer_domain(column.type_name, value, self._scope)

    def _compare_keys(self) -> None:
        """Unique indexes and exclusion constraints, then foreign keys."""
        for key in self._relation.keys:
            if _names(self._catalog, key) & self._given:
                self._scope.infer(*self._evaluate(key, self._own))
        for columns, oid, theirs in self._relation.references:
            if self._given & set(columns):
                self._infer_columns(oid, theirs)

    def _look_for_referrers(self) -> None:
        """Whether a row may go, or its key change, hangs on the rows that refer to it."""
        for oid in self._relation.referenced_by:
            other = self._catalog.relation_by_oid(oid)
            for columns, target, theirs in other.references if other is not None else ():
                if target == self._relation.oid and (self._change.removes or self._given & set(theirs)):
                    self._infer_columns(oid, columns)

    def _infer_columns(self, oid: int, names: tuple[str, ...]) -> None:
        other = self._catalog.relation_by_oid(oid)
        item = Item("", None) if other is None else relation_item(other, self._scope)
        self._scope.infer(*(item.column(name) or UNKNOWN for name in names))

    def _evaluate(self, text: str, row: Item | None) -> list[Value]:
        return evaluate_text(text, self._scope, row)


def evaluate_text(text: str, scope: Scope, row: Item | None = None) -> list[Value]:
    """The values of the expressions of a text of the catalog, with a row's columns in sight."""
    parsed = _parsed(scope.context.catalog, text)
    if isinstance(parsed, Unreadable):
        return [UNKNOWN]
    outputs = scope.context.trace_query(
        parsed[0].node, Scope(scope.context, items=[] if row is None else [row]).inner()
    )
    return [UNKNOWN] if outputs is None else [output.value for output in outputs]


def infer_domain(type_name: str, value: Value, scope: Scope) -> None:
    """A value becomes one of a type that may have checks, its own or those of its parts: it fails or not."""
    context = scope.context
    checks = context.catalog.type_checks(type_name)
    if not checks:
        return
    inside = Scope(context.within(0, context.catalog.printed_path))
    row = Item("", (Output("value", Value(value.sources, value.type_name, is_plain=True)),))
    with inside.context.nested():
        for check in checks:
            inside.infer(*evaluate_text(check, inside, row))
    context.ledger.add(inside.context.ledger)


def _parsed(catalog: Catalog, text: str) -> Any:
    return recall(catalog, ("expression", text), lambda: parse(f"SELECT {text}"))


def _names(catalog: Catalog, text: str) -> frozenset[str]:
    """The columns that an expression names."""

    def find() -> frozenset[str]:
        parsed = _parsed(catalog, text)
        if isinstance(parsed, Unreadable):
            return frozenset()
        return frozenset(
            part.string.sval for reference in nodes_in(parsed[0].node, "ColumnRef") for part in reference.fields
        )

    return recall(catalog, ("names", text), find)
