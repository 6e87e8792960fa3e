"""Where every column of a statement's answer comes from, what steers it, and what is copied: the entry points.

Values in, values out: a parse tree and a catalog. What cannot be proved is None, which masking takes for protected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.model import Column, ColumnRef
from engine.protocols.postgres.lineage.calls import call_function
from engine.protocols.postgres.lineage.queries import trace_query
from engine.protocols.postgres.lineage.relations import relation_columns
from engine.protocols.postgres.lineage.scope import Context, Scope
from engine.protocols.postgres.lineage.statements import trace_statement
from engine.protocols.postgres.lineage.types import has_text, is_text
from engine.protocols.postgres.lineage.values import NOTHING, Ledger, Output, Outputs, Sources, Value, joined, told
from engine.protocols.postgres.statement import Catalog, Function, Relation, SessionState


@dataclass(frozen=True, slots=True)
class Lineage:
    """What is proved of one statement.

    `columns`: those of its answer in order, None when they could not be told or when it has none.
    `inferences` steer the answer without being in it; `copies` are stored somewhere else by it; None each
    when it could not be told.
    """

    columns: tuple[Column, ...] | None = None
    inferences: frozenset[ColumnRef] | None = None
    copies: frozenset[ColumnRef] | None = None


def analyse_lineage(node: Any, catalog: Catalog, state: SessionState) -> Lineage:
    """The lineage of one parsed statement, given as its parse tree's node."""
    context = _context(catalog, state.search_path, state)
    try:
        outputs = trace_statement(node, Scope(context))
    except RecursionError:
        return Lineage()
    ledger = context.ledger
    return Lineage(_columns(outputs), ledger.told_inferences, ledger.told_copies)


def view_columns(relation: Relation, catalog: Catalog) -> tuple[Column, ...] | None:
    """The columns of a table or view with their sources."""
    try:
        return _columns(relation_columns(relation, _context(catalog, ())))
    except RecursionError:
        return None


def origin(relation_oid: int, number: int, catalog: Catalog) -> frozenset[ColumnRef] | None:
    """The sources of a RowDescription's origin: a table's OID and a column's number; None when they are unknown.

    Number 0 of a table is its whole row; negative ones are system columns, which hold no data.
    """
    relation = catalog.relation_by_oid(relation_oid)
    columns = None if relation is None else view_columns(relation, catalog)
    if relation is None or columns is None:
        return None
    if number < 0:
        return NOTHING
    if number == 0:
        return joined(column.sources for column in columns)
    for stored, column in zip(relation.columns, columns, strict=True):
        if stored.number == number:
            return column.sources
    return None


def function_columns(
    function: Function, arguments: Sequence[Sources], catalog: Catalog, path: tuple[str, ...] = ()
) -> tuple[Column, ...] | None:
    """The columns of what a function returns when its arguments hang on these columns: one for a scalar, each part of a
    row. `path` is the caller's search_path, on which an old-style SQL body is read."""
    scope = Scope(_context(catalog, path))
    try:
        value = call_function(function, [Value(sources) for sources in arguments], scope)
    except RecursionError:
        return None
    if value.fields is not None:
        return _columns(value.fields)
    return _columns((Output(value.name or function.name, value),))


def _context(catalog: Catalog, path: tuple[str, ...], state: SessionState | None = None) -> Context:
    return Context(catalog, path, path, Ledger(), state, trace_query)


def _columns(outputs: Outputs) -> tuple[Column, ...] | None:
    return None if outputs is None else tuple(_column(output) for output in outputs)


def _column(output: Output) -> Column:
    type_name = output.value.type_name
    if type_name == "unknown":
        type_name = "text"  # a literal that nothing gave another type
    return Column(
        output.name,
        told(output.value.sources),
        is_text=is_text(type_name),
        has_text=has_text(type_name),
        type_name=type_name,
        is_derived=not output.value.is_stored,
    )
