"""What the analysis of SQL hands to the adapter, and the session state it reads: values only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from engine.model import Access, Column, ColumnRef

if TYPE_CHECKING:
    from engine.protocols.postgres.catalog.stamps import Stamps

Row = tuple[str | None, ...]
Probe = Callable[[str], Awaitable[Sequence[Row]]]
"""Runs one harmless catalog query on the client's own upstream session, hidden from the client; text cells.

Raises `LookupError` when the session cannot be asked right now (failed transaction, COPY under way)."""


@dataclass(frozen=True, slots=True)
class PreparedStatement:
    """A named statement of the session: made by Parse or by SQL's PREPARE."""

    text: str
    statement: Statement
    type_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnCatalog:
    """The schema as one session sees it, uncommitted changes and temporary objects included.

    `version` is the state's when it was last `compared` with the session, by its `stamps`; `announced` how many
    changes of the schema had been heard of then.
    """

    version: int
    catalog: Catalog
    stamps: Stamps
    compared: float
    announced: int = 0


@dataclass(slots=True)
class SessionState:
    """What parsing and name resolution depend on, as the upstream session really has it.

    `search_path` is resolved: `"$user"` replaced, in order, without the implicit pg_catalog. `version` counts changes
    of anything here that analysis may depend on, so that it can be part of a cache key.
    """

    database: str
    role: str
    search_path: tuple[str, ...] = ("public",)
    standard_conforming_strings: bool = True
    client_encoding: str = "UTF8"
    server_version: int = 180000  # as server_version_num
    has_uncommitted_schema: bool = False  # DDL of this session is not committed yet, or temporary objects exist
    prepared: Mapping[str, PreparedStatement] = field(default_factory=dict)
    cursors: Mapping[str, tuple[Column, ...] | None] = field(default_factory=dict)
    cursor_texts: Mapping[str, str] = field(default_factory=dict)  # the DECLARE of each, for what its functions do now
    version: int = 0
    probe: Probe | None = None
    settings_may_revert: bool = True  # the end of the transaction may undo a SET, so names after it cannot be told yet
    own_catalog: OwnCatalog | None = field(default=None, repr=False)  # kept here by the analysis, for nobody else


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement, analysed.

    `text` is its own part of the submitted string. Fields that `engine.model.Operation` has too mean the same.
    `prepares`/`deallocates`/`executes` name SQL-level prepared statements, `declares`/`closes` cursors ("" in
    deallocates or closes means all of them). `changes_schema` asks for a catalog refresh once it has completed,
    `changes_settings` for a fresh look at search_path, role and the parse settings, `transaction` is one of begin,
    commit, rollback, savepoint or None. `fetches` names the cursor it reads on. `reads_literals` says that its decision
    may hang on a literal, so only the exact text may key a cache.
    """

    text: str
    verb: str
    kind: str = "statement"
    accesses: tuple[Access, ...] = ()
    has_where: bool = False
    is_pure_read: bool = False
    columns: tuple[Column, ...] | None = None
    inferences: frozenset[ColumnRef] | None = frozenset()
    copies: frozenset[ColumnRef] | None = frozenset()
    parameter_types: tuple[str, ...] = ()
    changes_schema: bool = False
    changes_settings: bool = False
    transaction: str | None = None
    copy_direction: str | None = None  # in | out
    copy_format: str = "text"  # text | csv | binary
    copy_delimiter: str | None = None
    copy_null: str | None = None
    copy_quote: str | None = None
    copy_escape: str | None = None
    copy_header: bool = False
    prepares: PreparedStatement | None = None
    prepares_as: str | None = None
    executes: str | None = None
    deallocates: str | None = None
    declares: str | None = None
    closes: str | None = None
    fetches: str | None = None
    reads_literals: bool = True
    why_opaque: str | None = None
    uncounted: str | None = None

    def __repr__(self) -> str:
        return f"<Statement {self.verb} {len(self.accesses)} accesses>"


@dataclass(frozen=True, slots=True)
class RelationColumn:
    """One live column of a relation. `number` is attnum, `type_name` as pg_type.typname."""

    name: str
    number: int
    type_oid: int
    type_name: str
    default: str | None = None  # SQL text of its default or generation expression
    is_generated: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """One table, view, sequence … as pg_class.relkind has it (`r v m p f S c t`).

    `definition` is a view's SELECT as pg_get_viewdef prints it. `rules`, `policies`: SQL expressions or actions
    that run on use; `triggers`: OIDs of the functions they call with the events (`insert`, `update`, `delete`,
    `truncate`) that fire them. `checks`: SQL text of check constraints and index expressions. `keys`: the columns and
    expressions of each unique index and exclusion constraint, as one SQL list. `references`: its foreign keys, as
    (columns here, OID, columns there). `cascades`: what a foreign key does elsewhere, as (event here, effect there,
    OID, key columns here). SQL texts are to be read on the catalog's `printed_path`. `is_unreadable`: another
    transaction is changing it right now, its SQL texts are missing.
    """

    oid: int
    schema: str
    name: str
    kind: str
    columns: tuple[RelationColumn, ...]
    definition: str | None = None
    triggers: tuple[tuple[str, int], ...] = ()
    rules: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    row_security: bool = False
    parents: tuple[int, ...] = ()  # inheritance and partitioning
    children: tuple[int, ...] = ()
    is_temporary: bool = False
    cascades: tuple[tuple[str, str, int, tuple[str, ...]], ...] = ()
    referenced_by: tuple[int, ...] = ()  # foreign keys
    keys: tuple[str, ...] = ()
    references: tuple[tuple[tuple[str, ...], int, tuple[str, ...]], ...] = ()
    is_unreadable: bool = False

    def column(self, name: str) -> RelationColumn | None:
        """The column of that exact name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class Function:
    """One pg_proc row.

    `body` is SQL text for language sql, to be read on the catalog's `printed_path` if `is_body_printed` (BEGIN ATOMIC),
    else on the caller's search_path or the one among its `settings` (`name=value`); for language internal it is the
    built-in's name. `support`: OIDs of the functions behind an aggregate. `takes_row`: an argument may be a whole row.
    """

    oid: int
    schema: str
    name: str
    kind: str  # f p a w
    language: str
    volatility: str  # i s v
    argument_types: tuple[str, ...]
    argument_names: tuple[str, ...] = ()
    variadic: bool = False
    returns: str = ""
    returns_set: bool = False
    result_columns: tuple[tuple[str, str], ...] = ()  # OUT/TABLE columns: name, type
    body: str | None = None
    is_builtin: bool = False  # oid below 16384 and in pg_catalog or information_schema
    security_definer: bool = False
    is_body_printed: bool = False
    settings: tuple[str, ...] = ()
    defaults: int = 0
    argument_defaults: str | None = None  # SQL texts, comma separated
    takes_row: bool = False
    support: tuple[int, ...] | None = None
    extension: str | None = None


class Catalog(Protocol):
    """What name resolution asks. Implementations answer from memory; `version` changes when any answer may."""

    version: int
    printed_path: tuple[str, ...]
    """The search_path on which the SQL texts of this catalog have to be read."""
    has_materialized: bool
    """Whether there are materialized views: they keep what a definition gave, whatever becomes of it."""

    def relation(self, schema: str | None, name: str, path: Sequence[str]) -> Relation | None:
        """The relation a name means on this search_path (pg_catalog implicitly first unless listed)."""

    def relation_by_oid(self, oid: int) -> Relation | None:
        """The relation of that OID."""

    def functions(self, schema: str | None, name: str, path: Sequence[str]) -> tuple[Function, ...]:
        """Every overload visible under that name, aggregates and procedures included."""

    def function_by_oid(self, oid: int) -> Function | None:
        """The function of that OID."""

    def operator_functions(self, schema: str | None, name: str, path: Sequence[str]) -> tuple[Function, ...]:
        """The functions behind every visible operator of that name."""

    def cast_functions(self, type_name: str, path: Sequence[str]) -> tuple[Function, ...]:
        """User-defined functions that a cast to or from this type, its input/output or its domain checks call."""

    def type_checks(self, type_name: str) -> tuple[str, ...]:
        """SQL texts of the domain constraints that a value of this type has to pass."""
