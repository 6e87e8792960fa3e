"""Which column a name means: PostgreSQL's own rules (parse_relation.c, parse_expr.c) as values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.protocols.postgres.lineage.values import (
    NOTHING,
    UNKNOWN,
    Ledger,
    Output,
    Outputs,
    Value,
    row_of,
)
from engine.protocols.postgres.statement import Catalog, SessionState

NESTING_LIMIT = 200
"""How deep expressions and queries may nest, views and function bodies included; beyond it nothing is proved."""

STEPS_LIMIT = 30_000
"""How many expressions, queries and names one analysis looks at, each time it does: bodies within bodies and recursive
queries within recursive queries multiply. Beyond it nothing is proved. Constants are free."""

SYSTEM_COLUMNS = {"tableoid": "oid", "ctid": "tid", "xmin": "xid", "cmin": "cid", "xmax": "xid", "cmax": "cid"}


@dataclass(slots=True)
class Budget:
    """What is left of the steps of one analysis."""

    steps: int = STEPS_LIMIT

    def spend(self, steps: int) -> None:
        """Take so many; raises RecursionError when they are used up."""
        self.steps -= steps
        if self.steps < 0:
            raise RecursionError("more to follow than lineage does")


@dataclass(slots=True)
class Context:
    """What one analysis is about.

    `path` is the search_path on which its text is read, `session_path` the one in force when it runs. `trace_query`
    gives a query's columns; it is handed in so that expressions, which hold queries, and queries, which hold
    expressions, need not import each other.
    """

    catalog: Catalog
    path: tuple[str, ...]
    session_path: tuple[str, ...]
    ledger: Ledger
    state: SessionState | None
    trace_query: Callable[[Any, Scope], Outputs]
    budget: Budget = field(default_factory=Budget)
    depth: int = 0
    bodies: tuple[int, ...] = ()  # OIDs of the views and functions being followed

    @contextmanager
    def nested(self) -> Iterator[None]:
        """One level deeper; raises RecursionError beyond the limit."""
        if self.depth >= NESTING_LIMIT:
            raise RecursionError("nested deeper than lineage follows")
        self.budget.spend(1)
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1

    def within(self, oid: int, path: tuple[str, ...], session_path: tuple[str, ...] | None = None) -> Context:
        """For the body of a view or function: its own names, its own ledger. RecursionError when already in it."""
        if oid in self.bodies:
            raise RecursionError("a body that runs itself")
        if session_path is None:
            session_path = self.session_path
        return Context(
            self.catalog,
            path,
            session_path,
            Ledger(),
            None,
            self.trace_query,
            self.budget,
            self.depth,
            (*self.bodies, oid),
        )


@dataclass(slots=True, eq=False)
class Item:
    """One entry of a FROM clause.

    `outputs` are what `*` expands to, None when that could not be told. `otherwise` then is what any of its columns
    holds, except those in `known`, which also has columns that `*` leaves out. `schema` and `table` are those of a
    table that has no alias. `shows_columns`: its columns can be named bare; `shows_name`: they can be qualified.
    """

    name: str
    outputs: Outputs
    schema: str = ""
    table: str = ""
    type_name: str = "record"
    otherwise: Value = UNKNOWN
    known: Mapping[str, Value] = field(default_factory=dict)
    has_system_columns: bool = False
    shows_columns: bool = True
    shows_name: bool = True
    _by_name: dict[str, Value] | None = None

    def column(self, name: str) -> Value | None:
        """The column of that name; None when there is none."""
        if self._by_name is None:
            self._by_name = dict(self.known)
            for output in self.outputs or ():
                is_ambiguous = output.name in self._by_name
                self._by_name[output.name] = UNKNOWN if is_ambiguous else output.value
        if (value := self._by_name.get(name)) is not None:
            return value
        if self.outputs is None:
            return self.otherwise
        if self.has_system_columns and name in SYSTEM_COLUMNS:
            return Value(NOTHING, SYSTEM_COLUMNS[name], is_plain=True)
        return None

    @property
    def row(self) -> Value:
        """The whole row."""
        return self.otherwise if self.outputs is None else row_of(self.outputs, self.type_name)


class WithTable(Protocol):
    """A query that a WITH clause names."""

    def item(self, scope: Scope, *, is_own_level: bool) -> Item:
        """It as an entry of FROM."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The arguments of the function whose body is traced, by position and by name."""

    function: str
    positional: tuple[Value, ...]
    named: Mapping[str, Value]


@dataclass(slots=True, eq=False)
class Scope:
    """What names can mean at one query level, with the levels around it."""

    context: Context
    parent: Scope | None = None
    items: list[Item] = field(default_factory=list)
    tables: dict[str, WithTable] = field(default_factory=dict)
    parameters: Parameters | None = None

    def levels(self) -> Iterator[Scope]:
        """This level and those around it, innermost first."""
        level: Scope | None = self
        while level is not None:
            yield level
            level = level.parent

    def inner(self) -> Scope:
        """A query level inside this one."""
        return Scope(self.context, self, parameters=self.parameters)

    def seeing(self, items: list[Item]) -> Scope:
        """This level with other entries in sight: those a LATERAL item or a join condition may name."""
        return Scope(self.context, self.parent, items, self.tables, self.parameters)

    def with_table(self, name: str) -> tuple[WithTable, bool] | None:
        """The WITH query of that name, and whether it belongs to this very level."""
        for level in self.levels():
            if (table := level.tables.get(name)) is not None:
                return table, level.tables is self.tables
        return None

    def column(self, name: str) -> Value | None:
        """What a bare column name means: the innermost level that has it; None when none has."""
        for level in self.levels():
            opaque: Value | None = None
            found: list[Value] = []
            self.context.budget.spend(len(level.items))
            for item in level.items:
                if not item.shows_columns or (value := item.column(name)) is None:
                    continue
                if item.outputs is None and name not in item.known:
                    opaque = value
                else:
                    found.append(value)
            if found:
                # the server refuses ambiguity, so what is proved of it does not matter
                return found[0] if len(found) == 1 else UNKNOWN
            if opaque is not None:
                return opaque
        return None

    def relation(self, name: str, schema: str | None = None) -> Item | None:
        """The FROM entry of that name; with a schema only a table that has no alias."""
        for level in self.levels():
            for item in level.items:
                if not item.shows_name:
                    continue
                if item.name == name if schema is None else (item.schema, item.table) == (schema, name):
                    return item
        return None

    def infer(self, *values: Value) -> None:
        """These values steer the answer."""
        for value in values:
            self.context.ledger.infer(value.sources)


def expand(items: list[Item]) -> Outputs:
    """What a bare `*` gives."""
    outputs: list[Output] = []
    for item in items:
        if item.shows_columns:
            if item.outputs is None:
                return None
            outputs.extend(item.outputs)
    return tuple(outputs)
