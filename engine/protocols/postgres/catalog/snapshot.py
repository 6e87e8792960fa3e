"""A PostgreSQL catalog in memory: what names mean, what lies behind a view, a function, an operator, a type.

A snapshot is loaded in a handful of queries (`queries.py`) through any connection: the engine's own, or for
uncommitted schema and temporary objects the client's session. What initdb made (OIDs below 16384) is loaded once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count
from string import Template
from typing import Any, Protocol, TypeVar

import msgspec

from engine.protocols.postgres.catalog import queries
from engine.protocols.postgres.catalog.stamps import dependents
from engine.protocols.postgres.statement import Function, Relation

Fetch = Callable[[str], Awaitable[Sequence[str]]]
"""Runs one query and gives its only column."""


_VERSIONS = count(1)
_TEMPORARY = re.compile(r"pg_temp(_\d+)?")


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_Object = TypeVar("_Object", bound=_Named)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a snapshot was taken. The last three change with who may use which schema."""

    server_version: int
    encoding: str
    search_path: tuple[str, ...]
    temporary_schema: str | None
    schemas: tuple[str, ...]
    rights: str | None = None
    memberships: str | None = None
    superusers: str | None = None


@dataclass(frozen=True, slots=True)
class Operator:
    """One pg_operator row, its functions as OIDs. The planner calls the estimators."""

    schema: str
    name: str
    function: int
    estimators: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Type:
    """One pg_type row: `parts` are the types it is made of, `functions` OIDs of users' functions it calls, `relation`
    is the OID of the table whose rows it holds, one by one or in arrays."""

    oid: int
    schema: str
    name: str
    kind: str
    relation: int = 0
    parts: tuple[str, ...] = ()
    functions: tuple[int, ...] = ()
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cast:
    """One cast of users' making that calls a function."""

    source: str
    target: str
    function: int
    context: str  # i implicit, a assignment, e explicit
    is_ambient: bool = False


@dataclass(frozen=True)
class Objects:
    """The rows of one load: of initdb's making, or of users'."""

    relations: tuple[Relation, ...] = ()
    functions: tuple[Function, ...] = ()
    operators: tuple[Operator, ...] = ()
    types: tuple[Type, ...] = ()
    casts: tuple[Cast, ...] = ()
    event_triggers: tuple[tuple[str, int], ...] = ()

    @cached_property
    def volatility(self) -> dict[str, str]:
        """By function name, the volatilities (`i s v`) of its overloads."""
        known: dict[str, str] = {}
        for function in self.functions:
            known[function.name] = known.get(function.name, "") + function.volatility
        return known


@dataclass(repr=False)
class Snapshot:
    """Implements `statement.Catalog` over two sets of rows."""

    builtin: Objects
    users: Objects
    surroundings: Surroundings
    printed_path: tuple[str, ...] = ()
    version: int = field(default_factory=lambda: next(_VERSIONS))

    def __post_init__(self) -> None:
        both = (self.builtin, self.users)
        self.schemas = frozenset(self.surroundings.schemas)
        self._relations = {(r.schema, r.name): r for objects in both for r in objects.relations}
        self._relations_by_oid = {r.oid: r for r in self._relations.values()}
        self._functions = _by_name(f for objects in both for f in objects.functions)
        self._functions_by_oid = {f.oid: f for objects in both for f in objects.functions}
        self._operators = _by_name(o for objects in both for o in objects.operators)
        self._types = _by_name(t for objects in both for t in objects.types)
        self._type_names = {t.oid: t.name for objects in both for t in objects.types}
        self.user_type_names = frozenset(t.name for t in self.users.types)
        self._casts: defaultdict[str, list[Cast]] = defaultdict(list)
        for cast in self.users.casts:
            for name in {cast.source, cast.target} & self.user_type_names:
                self._casts[name].append(cast)
        self.user_function_names = frozenset(f.name for f in self.users.functions)
        self.user_operator_names = frozenset(o.name for o in self.users.operators)
        self.has_materialized = any(relation.kind == "m" for relation in self.users.relations)
        self.has_unreadable = any(relation.is_unreadable for relation in self.users.relations)
        self.ambient_functions = self._of(cast.function for cast in self.users.casts if cast.is_ambient)
        self.event_trigger_functions = self._of(oid for _, oid in self.users.event_triggers)

    def __repr__(self) -> str:
        return f"<Snapshot {self.version} with {len(self.users.relations)} relations of users>"

    def relation(self, schema: str | None, name: str, path: Sequence[str]) -> Relation | None:
        """The relation a name means on this search_path (temporary ones and pg_catalog first unless listed)."""
        if schema is not None:
            return self._relations.get((self._real(schema), name))
        return next((r for s in self._search(path) if (r := self._relations.get((s, name)))), None)

    def relation_by_oid(self, oid: int) -> Relation | None:
        """The relation of that OID."""
        return self._relations_by_oid.get(oid)

    def functions(self, schema: str | None, name: str, path: Sequence[str]) -> tuple[Function, ...]:
        """Every overload visible under that name, aggregates and procedures included."""
        found = self._functions.get(name, ())
        schemas = (self._real(schema),) if schema is not None else self._function_path(path)
        return tuple(function for function in found if function.schema in schemas)

    def function_by_oid(self, oid: int) -> Function | None:
        """The function of that OID."""
        return self._functions_by_oid.get(oid)

    def operator_functions(self, schema: str | None, name: str, path: Sequence[str]) -> tuple[Function, ...]:
        """The functions behind every visible operator of that name, its estimators included."""
        found = self._operators.get(name, ())
        schemas = (self._real(schema),) if schema is not None else self._function_path(path)
        return self._of(oid for o in found if o.schema in schemas for oid in (o.function, *o.estimators))

    def cast_functions(self, type_name: str, path: Sequence[str]) -> tuple[Function, ...]:
        """User-defined functions that a cast to or from this type, its input/output or its domain checks call.

        Types of one name in several schemas count together, and so do the types it is made of.
        """
        found: list[int] = []
        for name in self._made_of(type_name):
            found += (cast.function for cast in self._casts.get(name, ()))
            found += (oid for type_ in self._types.get(name, ()) for oid in type_.functions)
        return tuple(f for f in self._of(found) if not f.is_builtin)

    def conversions(self, type_name: str) -> tuple[Function, ...]:
        """User-defined functions that may run where a value of this type is at hand, and none of its type is named."""
        casts = [(cast, name) for name in self._made_of(type_name) for cast in self._casts.get(name, ())]
        return self._of(cast.function for cast, name in casts if cast.context == "i" or cast.source == name)

    def type_checks(self, type_name: str) -> tuple[str, ...]:
        """SQL texts of the domain constraints that a value of this type has to pass."""
        return tuple(
            check for name in self._made_of(type_name) for type_ in self._types.get(name, ()) for check in type_.checks
        )

    def is_builtin_function(self, name: str) -> bool:
        """Whether initdb made functions of that name."""
        return name in self.builtin.volatility

    def is_builtin_volatile(self, name: str) -> bool:
        """Whether a built-in of that name may do more than look."""
        return "v" in self.builtin.volatility.get(name, "v")

    def knows_type(self, type_name: str) -> bool:
        """Whether some type has that name, in whatever schema."""
        return type_name in self._types

    def type_name(self, oid: int) -> str | None:
        """The name of the type of that OID."""
        return self._type_names.get(oid)

    def _made_of(self, type_name: str) -> tuple[str, ...]:
        seen = {type_name: None}
        waiting = [type_name]
        while waiting:
            for type_ in self._types.get(waiting.pop(), ()):
                waiting += (part for part in type_.parts if part not in seen)
                seen |= dict.fromkeys(type_.parts)
        return tuple(seen)

    def _of(self, oids: Iterable[int]) -> tuple[Function, ...]:
        return tuple(f for oid in dict.fromkeys(oids) if (f := self._functions_by_oid.get(oid)) is not None)

    def _real(self, schema: str) -> str:
        return self.surroundings.temporary_schema or schema if schema == "pg_temp" else schema

    def _search(self, path: Sequence[str]) -> tuple[str, ...]:
        """The schemas a bare relation name is looked for in, implicit ones included."""
        listed = tuple(self._real(schema) for schema in path)
        temporary = self.surroundings.temporary_schema
        first = () if temporary is None or temporary in listed else (temporary,)
        return (*first, *(() if "pg_catalog" in listed else ("pg_catalog",)), *listed)

    def _function_path(self, path: Sequence[str]) -> tuple[str, ...]:
        # functions and operators are never looked for among temporary objects
        return ("pg_catalog", *(schema for schema in path if not _TEMPORARY.fullmatch(schema)))


def _by_name(objects: Iterable[_Object]) -> dict[str, list[_Object]]:
    grouped: defaultdict[str, list[_Object]] = defaultdict(list)
    for item in objects:
        grouped[item.name].append(item)
    return dict(grouped)


_QUESTIONS: dict[str, tuple[Template, msgspec.json.Decoder[Any]]] = {
    "relations": (queries.RELATIONS, msgspec.json.Decoder(Relation)),
    "functions": (queries.FUNCTIONS, msgspec.json.Decoder(Function)),
    "operators": (queries.OPERATORS, msgspec.json.Decoder(Operator)),
    "types": (queries.TYPES, msgspec.json.Decoder(Type)),
    "casts": (queries.CASTS, msgspec.json.Decoder(Cast)),
    "event_triggers": (queries.EVENT_TRIGGERS, msgspec.json.Decoder(tuple[str, int])),
}
"""By the field of `Objects` that the answer becomes: the question and the shape."""


async def _load(fetch: Fetch, scopes: Mapping[str, str]) -> dict[str, tuple[Any, ...]]:
    """The objects of each kind within its scope, asked for at once."""
    asked = {name: _QUESTIONS[name][0].substitute(scope=scope) for name, scope in scopes.items()}
    found: dict[str, list[Any]] = {name: [] for name in asked}
    for answer in await fetch(queries.together(asked)):
        name, _, row = answer.partition(" ")
        found[name].append(_QUESTIONS[name][1].decode(row))
    return {name: tuple(rows) for name, rows in found.items()}


async def load_builtin(fetch: Fetch) -> Objects:
    """What initdb made."""
    made = ("relations", "functions", "operators", "types")
    return Objects(**await _load(fetch, dict.fromkeys(made, "< 16384::pg_catalog.oid")))


async def load_users(fetch: Fetch) -> Objects:
    """What has been made since."""
    return Objects(**await _load(fetch, dict.fromkeys(_QUESTIONS, ">= 16384::pg_catalog.oid")))


async def load_changes(fetch: Fetch, old: Objects, changed: Collection[int]) -> Objects | None:
    """The objects with these relations as they are now, and with those that are printed with names of theirs.

    None where more than relations is printed with them: then everything has to be loaded.
    """
    depending = {int(oid) for oid in await fetch(dependents(changed))}
    if 0 in depending:
        return None
    stale = depending.union(changed)
    listed = queries.oids(stale)
    types = queries.ROW_TYPES.substitute(oids=listed)
    now = await _load(fetch, {"relations": f"= any ({listed})", "types": types})
    return replace(
        old,
        relations=(*(relation for relation in old.relations if relation.oid not in stale), *now["relations"]),
        types=(*(type_ for type_ in old.types if type_.relation not in stale), *now["types"]),
    )


async def load_surroundings(fetch: Fetch) -> Surroundings:
    """Where this connection is."""
    (row,) = await fetch(queries.IDENTITY)
    return msgspec.json.decode(row, type=Surroundings)


NOTHING = Snapshot(Objects(), Objects(), Surroundings(0, "UTF8", (), None, ()))
"""The catalog where none can be had: no name means anything."""
