"""Which columns of a table a statement may read, judged by name so that no scoping rule can be got wrong.

Every column reference of the statement counts for every table that has a column of that name and goes by that
qualifier: an upper bound. A star, a whole row, or a table whose columns are renamed counts as the whole table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from engine.protocols.postgres.analysis_names import descendants
from engine.protocols.postgres.statement import Relation

Name = tuple[str, ...]

_SYSTEM_COLUMNS = frozenset({"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"})


@dataclass(slots=True)
class Use:
    """One mention of a table in FROM or USING, or as a target whose columns are read.

    `names`: only these references are meant (a target's own clauses), and where none of them is a column of the
    table nothing of it is read; None means any reference of the statement.
    """

    relation: Relation
    alias: str
    is_renamed: bool = False  # `AS t(a, b)`
    is_only: bool = False
    is_locked: bool = False
    names: set[Name] | None = None


@dataclass(slots=True)
class References:
    """The tables and column references of one statement."""

    uses: list[Use] = field(default_factory=list)
    names: set[Name] = field(default_factory=set)  # a star is the part "*"
    whole: set[str] = field(default_factory=set)  # qualifiers under which every column is read
    joins: dict[str, set[str]] = field(default_factory=dict)  # alias of a join → qualifiers inside
    derived: set[str] = field(default_factory=set)  # aliases of subqueries, CTEs and functions

    def columns(self, use: Use) -> tuple[str, ...] | None:
        """The columns read, in the table's order; empty for the whole of it, None where none is referred to."""
        if use.alias in self.whole:
            return ()
        known = {column.name for column in use.relation.columns}
        aliases = {other.alias for other in self.uses} | self.derived | self.joins.keys()
        names = self.names if use.names is None else use.names
        if use.is_renamed and names:
            return ()
        found: set[str] = set()
        for parts in names:
            last = parts[-1]
            if last not in known and (last == use.alias or self._joined(use, last)):
                return ()  # a whole row
            qualifiers = parts[:-1]
            is_own = use.alias in qualifiers or any(self._joined(use, qualifier) for qualifier in qualifiers)
            if qualifiers and not is_own and not aliases.isdisjoint(qualifiers):
                continue
            if last == "*" or (is_own and last not in known | _SYSTEM_COLUMNS):
                return ()
            found.update(known.intersection(parts))
        if not found:
            return () if use.names is None else None
        return tuple(column.name for column in use.relation.columns if column.name in found)

    def _joined(self, use: Use, qualifier: str) -> bool:
        return qualifier in self.joins and use.alias in self.joins[qualifier]


def name_of(reference: Any) -> Name:
    """The parts of a ColumnRef."""
    return tuple(
        node.string.sval if node.WhichOneof("node") == "string" else "*"
        for node in reference.fields
        if node.WhichOneof("node") in ("string", "a_star")
    )


def names_in(messages: Iterable[Any]) -> set[Name]:
    """The qualified and bare column references inside these, bare stars aside."""
    names = {
        name_of(inner) for message in messages for inner in descendants(message) if inner.DESCRIPTOR.name == "ColumnRef"
    }
    return names - {("*",), ()}
