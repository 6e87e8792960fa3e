"""Where the columns of an announced answer come from: what the server says of them, and what the statement proves.

The server names a stored column as the origin of an output that is nothing but that column, whatever the aliases; of
anything else the lineage has to tell. Where both speak, both count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engine.model import Column, ColumnRef
from engine.protocols.postgres.catalog.snapshot import Snapshot
from engine.protocols.postgres.lineage.tracing import origin
from engine.protocols.postgres.lineage.types import has_text, is_text

_TABLES = frozenset("rpf")


class Field(Protocol):
    """One column of a RowDescription."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def table(self) -> int:
        """The OID of its table, zero where it is no plain column."""

    @property
    def number(self) -> int:
        """Its attribute number there."""

    @property
    def type(self) -> int:
        """The OID of its type."""


def describe(fields: Sequence[Field], columns: Sequence[Column] | None, catalog: Snapshot | None) -> tuple[Column, ...]:
    """The columns of an answer. Sources are None, so protected, where neither the server nor the lineage tells."""
    known = columns if columns is not None and len(columns) == len(fields) else None
    return tuple(_column(field, None if known is None else known[place], catalog) for place, field in enumerate(fields))


def _column(field: Field, column: Column | None, catalog: Snapshot | None) -> Column:
    type_name = catalog.type_name(field.type) if catalog is not None else None
    type_name = type_name or (column.type_name if column is not None else "unknown")
    return Column(
        field.name,
        _sources(field, column, catalog),
        is_text(type_name),
        has_text(type_name),
        type_name,
        is_derived=not _is_stored(field, column, catalog),
    )


def _is_stored(field: Field, column: Column | None, catalog: Snapshot | None) -> bool:
    """Whether it is a table's own column. The server knows, but takes a view's columns for stored."""
    if column is not None and not column.is_derived:
        return True
    relation = catalog.relation_by_oid(field.table) if catalog is not None and field.number > 0 else None
    if relation is None or relation.kind not in _TABLES:
        return False
    return any(stored.number == field.number and not stored.is_generated for stored in relation.columns)


def _sources(field: Field, column: Column | None, catalog: Snapshot | None) -> frozenset[ColumnRef] | None:
    proved = column.sources if column is not None else None
    if field.table == 0:
        return proved
    said = origin(field.table, field.number, catalog) if catalog is not None else None
    if said is None or proved is None:
        return said
    return said | proved
