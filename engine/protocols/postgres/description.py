"""Where the columns of an answer come from: the server's own word where it has one, else the statement's lineage."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.model import Column, ColumnRef
from engine.protocols.postgres.answers import Field
from engine.protocols.postgres.lineage_types import is_text
from engine.protocols.postgres.parameters import builtin_type
from engine.protocols.postgres.statement import Statement

Origin = Callable[[int, int], frozenset[ColumnRef] | None]
"""The stored columns behind a table's OID and a column's number; None where they cannot be told."""


def columns_of(fields: Sequence[Field], statement: Statement, origin: Origin) -> tuple[Column, ...]:
    """The columns of a RowDescription with their sources; None where nothing proves them."""
    traced = statement.columns
    if traced is None or len(traced) != len(fields):
        return tuple(_column(field, None, origin) for field in fields)
    return tuple(_column(field, column, origin) for field, column in zip(fields, traced, strict=True))


def _column(field: Field, traced: Column | None, origin: Origin) -> Column:
    type_name = builtin_type(field.type) or (traced.type_name if traced is not None else "")
    return Column(field.name, _sources(field, traced, origin), is_text(type_name), type_name)


def _sources(field: Field, traced: Column | None, origin: Origin) -> frozenset[ColumnRef] | None:
    lineage = traced.sources if traced is not None else None
    if not field.table:
        return lineage
    stored = origin(field.table, field.number)
    # The server names one column where a merged one (JOIN … USING) has more; what is proved of them counts too.
    return stored if stored is None or lineage is None else stored | lineage
