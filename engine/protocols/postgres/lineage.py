"""Where every column of a statement's answer comes from, what steers it, and what is copied: the entry points.

Values in, values out: a parse tree and a catalog. What cannot be proved is None, which masking takes for protected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.model import Column, ColumnRef
from engine.protocols.postgres.lineage_queries import trace_query
from engine.protocols.postgres.lineage_relations import relation_columns
from engine.protocols.postgres.lineage_statements import trace_statement
from engine.protocols.postgres.lineage_types import is_text
from engine.protocols.postgres.lineage_values import Ledger, Outputs, told
from engine.protocols.postgres.scope import Context, Scope
from engine.protocols.postgres.statement import Catalog, Relation, SessionState


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

    Number 0 is an expression (no origin); negative ones are system columns, which hold no data.
    """
    relation = catalog.relation_by_oid(relation_oid)
    if relation is None or number == 0:
        return None
    if number < 0:
        return frozenset()
    columns = view_columns(relation, catalog)
    for stored, column in zip(relation.columns, columns or (), strict=False):
        if stored.number == number:
            return column.sources
    return None


def _context(catalog: Catalog, path: tuple[str, ...], state: SessionState | None = None) -> Context:
    return Context(catalog, path, path, Ledger(), state, trace_query)


def _columns(outputs: Outputs) -> tuple[Column, ...] | None:
    if outputs is None:
        return None
    return tuple(
        Column(name, told(value.sources), is_text(value.type_name), _final(value.type_name)) for name, value in outputs
    )


def _final(type_name: str) -> str:
    return "text" if type_name == "unknown" else type_name
