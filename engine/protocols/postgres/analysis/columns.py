"""Which columns of a table a statement may read, judged by name so that no scoping rule can be got wrong.

Every column reference of the statement counts for every table that has a column of that name and goes by that
qualifier: an upper bound. A star, a whole row, or a table whose columns are renamed counts as the whole table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from engine.protocols.postgres.analysis.names import descendants
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
    is_unclear: bool = False  # too many joins to follow: every table counts as read whole

    def columns(self) -> Iterable[tuple[Use, tuple[str, ...]]]:
        """What of each table is read: columns in the table's order, empty for the whole of it."""
        known = {use.alias for use in self.uses} | self.derived | self.joins.keys()
        sorted_names = _Sorted(self.names, known)
        joined: defaultdict[str, set[str]] = defaultdict(set)
        for join, inside in self.joins.items():
            for alias in inside:
                joined[alias].add(join)
        for use in self.uses:
            names = sorted_names if use.names is None else _Sorted(use.names, known)
            columns = () if self.is_unclear else self._of(use, names, {use.alias, *joined.get(use.alias, ())})
            if columns is not None:
                yield use, columns

    def _of(self, use: Use, names: _Sorted, own: set[str]) -> tuple[str, ...] | None:
        if use.alias in self.whole or (use.is_renamed and (names.bare or names.by_qualifier)):
            return ()
        columns = {column.name for column in use.relation.columns}
        bare = names.bare | names.strange
        qualified = {last for qualifier in own for last in names.by_qualifier.get(qualifier, ())}
        if "*" in bare or not own.isdisjoint(names.last - columns):
            return ()  # every column, or the row itself
        if qualified - columns - _SYSTEM_COLUMNS:
            return ()  # a star, or a function of the row
        found = columns & (bare | qualified)
        if not found:
            return () if use.names is None else None
        return tuple(column.name for column in use.relation.columns if column.name in found)


class _Sorted:
    """References by what they can concern: anything, the tables of one qualifier, or no table that is known."""

    def __init__(self, names: Iterable[Name], known: set[str]) -> None:
        self.bare: set[str] = set()
        self.strange: set[str] = set()
        self.last: set[str] = set()
        self.by_qualifier: defaultdict[str, set[str]] = defaultdict(set)
        for *qualifiers, last in names:
            self.last.add(last)
            if not qualifiers:
                self.bare.add(last)
            elif known.isdisjoint(qualifiers):
                self.strange.update(qualifiers, (last,))
            for place, qualifier in enumerate(qualifiers):
                self.by_qualifier[qualifier].update((last, *qualifiers[place + 1 :]) if last != "*" else ("*",))


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
