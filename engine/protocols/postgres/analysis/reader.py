"""Reads a parse tree: walks all of it, whatever the kind of statement, and notes what is touched and called.

A walk never recurses over the tree, so no depth hurts it; it recurses only from a statement into what lies behind a
name (a view, a function's body), which is read once and remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.model import Effect
from engine.protocols.postgres.analysis import tables
from engine.protocols.postgres.analysis.columns import References
from engine.protocols.postgres.analysis.findings import Findings
from engine.protocols.postgres.analysis.names import children, dotted
from engine.protocols.postgres.catalog.snapshot import Snapshot
from engine.protocols.postgres.effects.functions import Trusted
from engine.protocols.postgres.parsing import ParsedStatement, Unreadable, parse
from engine.protocols.postgres.statement import Relation, SessionState

DEEPEST = 24
MOST_TEXTS = 1000
MOST_TABLES = 2000
"""How far views may stand on views and functions call functions, and how many texts may stand behind one statement,
before it cannot be told any more. So many tables may one statement name."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where in a statement a node stands: which names are not tables there, and whether tables are read there."""

    tables: frozenset[str] = frozenset()
    is_query: bool = False
    setting: str | None = None  # what pg_settings.name is in every row there


Todo = list[tuple[Any, Scope]]
Visitor = Callable[["Reader", Any, Scope], Todo | None]
"""Notes what a message means and says what to walk next; None is everything inside it, in the same scope."""


@dataclass(slots=True)
class World:
    """What a text is read against. `behind` remembers what lies behind names, for as long as the catalog lasts."""

    catalog: Snapshot
    state: SessionState
    path: tuple[str, ...]
    trusted: Trusted
    visitors: dict[str, Visitor]
    behind: dict[tuple[Any, ...], Findings | None] = field(default_factory=dict)
    depth: int = 0
    cycles: int = 0  # how often something was found to stand on itself
    texts: int = 0


@dataclass(slots=True)
class Reader:
    """Reads one statement, or one text that a statement uses, with names resolved on `path`.

    `running` is the search_path in force when it runs, on which the bodies of the functions it calls are read: a text
    that the catalog printed has its names on another.
    """

    world: World
    path: tuple[str, ...]
    running: tuple[str, ...]
    findings: Findings = field(default_factory=Findings)
    references: References = field(default_factory=References)
    locked: list[set[str]] = field(default_factory=list)  # of each locking clause, the names it says; none is all
    joins_followed: int = 0
    projections: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)  # name(row): perhaps a column

    def walk(self, todo: Todo) -> None:
        """Read everything given, and everything inside it."""
        visitors = self.world.visitors
        while todo:
            message, scope = todo.pop()
            visit = visitors.get(message.DESCRIPTOR.name)
            found = visit(self, message, scope) if visit is not None else None
            if found is None:
                todo.extend((child, scope) for child in children(message))
            else:
                todo.extend(found)

    def read(self, message: Any, scope: Scope | None = None) -> Findings:
        """Read a statement or an expression to its end."""
        self.walk([(message, scope or Scope())])
        return self.finish()

    def finish(self) -> Findings:
        """Count the tables that were found, now that all references to their columns are."""
        for name, row in self.projections:
            self._project(name, row)
        for use, columns in self.references.columns():
            use.is_locked = any(not names or use.alias in names for names in self.locked)
            tables.read(self, use, columns)
        return self.findings

    def _project(self, name: str, row: tuple[str, ...]) -> None:
        # email(customers) is customers.email, unless it is a function nobody knows
        uses = [use for use in self.references.uses if use.alias in row]
        if not any(use.relation.column(name) for use in uses) and self.references.derived.isdisjoint(row):
            self.unknown_function(name)

    def unknown_function(self, name: str) -> None:
        """A function that the catalog does not have."""
        self.findings.unknown.add(f"{name}()")
        self.findings.opaque(f"function {name} is not known in the catalog", "function", name)

    def nested(self, message: Any, scope: Scope) -> Findings:
        """The findings of a statement inside this one, by themselves."""
        return Reader(self.world, self.path, self.running).read(message, scope)

    def resolve(self, name: Any) -> Relation | None:
        """The relation a RangeVar means; an unknown one is opaque."""
        schema, bare = name.schemaname or None, name.relname
        self.findings.names.add(bare)
        if name.catalogname and name.catalogname != self.world.state.database:
            self.findings.opaque(f"{name.catalogname} is another database", "table", dotted(schema, bare))
            return None
        if len(self.references.uses) >= MOST_TABLES:
            self.findings.opaque("it names more tables than can be followed")
            return None
        relation = self.world.catalog.relation(schema, bare, self.path)
        if relation is None:
            self.findings.unknown.add(dotted(schema, bare))
            self.findings.opaque(
                f"relation {dotted(schema, bare)} is not known in the catalog", "table", dotted(schema, bare)
            )
        return relation

    # ── what lies behind a name ──

    def behind(
        self, key: tuple[Any, ...], text: str, path: tuple[str, ...], running: tuple[str, ...] | None = None
    ) -> Findings:
        """The findings of an SQL text that stands behind a name, read once; cycles end where they began."""
        world = self.world
        running = self.running if running is None else running
        key = (*key, path, running)
        if key in world.behind:
            known = world.behind[key]
            world.cycles += known is None
            return known or Findings()
        if world.depth >= DEEPEST or world.texts >= MOST_TEXTS:
            found = Findings()
            found.opaque("more stands behind it than can be followed")
            return found
        world.behind[key] = None
        world.depth += 1
        world.texts += 1
        cycles = world.cycles
        try:
            found = self._read_text(text, path, running, is_wrapped=key[0] in ("rule", "atomic"))
        finally:
            world.depth -= 1
            del world.behind[key]
        is_whole = world.depth == 0 or cycles == world.cycles  # inside a cycle some of it was left out
        if is_whole and key[0] != "prepared":
            world.behind[key] = found
        return found

    def functions_behind(self, expressions: str) -> None:
        """Count the functions that expressions printed by the catalog call; partitions share theirs."""
        text = f"select {expressions}"
        found = self.behind(("expressions", text), text, self.world.catalog.printed_path)
        self.findings.merge(found.of_functions())

    def _read_text(self, text: str, path: tuple[str, ...], running: tuple[str, ...], *, is_wrapped: bool) -> Findings:
        parsed = parse(text)
        found = Findings()
        if isinstance(parsed, Unreadable):
            found.opaque(f"the SQL text behind a name cannot be parsed ({parsed.why})")
            return found
        for statement in parsed:
            reader = Reader(self.world, path, running)
            if is_wrapped:  # in the CREATE statement it was printed as: what it does is inside
                scope = Scope(is_query=True)
                reader.walk([(part, scope) for part in _wrapped(statement.node)])
                found.merge(reader.finish())
            else:
                found.merge(reader.read(statement.node))
        found.reads_literals = False
        return found

    def tables_of(self, text: str) -> Sequence[Any]:
        """The RangeVars that the FROM clause of a printed query names directly."""
        parsed = parse(text)
        if isinstance(parsed, Unreadable) or len(parsed) != 1 or parsed[0].kind != "select_stmt":
            return ()
        return [node.range_var for node in parsed[0].node.from_clause if node.WhichOneof("node") == "range_var"]

    def note(self, effect: Effect, kind: str, name: str = "", columns: Iterable[str] | None = None) -> None:
        """Add a pair to the findings."""
        self.findings.note(effect, kind, name, columns)


def _wrapped(node: Any) -> Iterable[Any]:
    """What runs of a CREATE RULE, TRIGGER or FUNCTION."""
    match node.DESCRIPTOR.name:
        case "RuleStmt":
            return (*node.actions, node.where_clause)
        case "CreateTrigStmt":
            return (node.when_clause,)
        case _:
            return (node.sql_body,)


def read_statement(world: World, statement: ParsedStatement) -> Findings:
    """Everything one parsed statement does."""
    return Reader(world, world.path, world.path).read(statement.node)
