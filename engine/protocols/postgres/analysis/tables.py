"""What touching a table sets in motion: views, partitions, triggers, rules, policies, checks, foreign keys.

A view counts as itself and as what it reads; a table with its partitions and heirs counts as all of them, whichever
was named, since a row of one is a row of the other. Each is a pair of its own, so a rule about any of them is heard.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.model import Effect
from engine.protocols.postgres.analysis.calls import cast, run, use_type
from engine.protocols.postgres.analysis.columns import Use
from engine.protocols.postgres.analysis.names import dotted
from engine.protocols.postgres.catalog.relations import is_structure
from engine.protocols.postgres.statement import Relation

if TYPE_CHECKING:
    from engine.protocols.postgres.analysis.reader import Reader

_FIRST_USER_OID = 16384


def read(reader: Reader, use: Use, columns: tuple[str, ...]) -> None:
    """A table is read; and written, where its rows are locked."""
    relation = use.relation
    if relation.oid < _FIRST_USER_OID:
        is_harmless = is_structure(relation.schema, relation.name, columns)
        effect = Effect.HOUSEKEEPING if is_harmless else Effect.READ
        reader.note(effect, "table", name_of(relation), columns)
    elif relation.kind == "S":
        reader.note(Effect.READ, "sequence", name_of(relation))
    else:
        kin = (relation,) if use.is_only else (relation, *descendants(reader, relation))
        for one in (*kin, *ancestors(reader, relation)):
            reader.note(Effect.READ, "table", name_of(one), columns)
            _look_behind(reader, one)
    if use.is_locked:
        reader.findings.is_pure = False
        reader.note(Effect.WRITE, "table", name_of(relation))
        for base in _bases(reader, relation):
            reader.note(Effect.WRITE, "table", name_of(base))


def change(
    reader: Reader,
    relation: Relation,
    effect: Effect,
    event: str,
    columns: Iterable[str] = (),
    *,
    seen: set[tuple[int, str]] | None = None,
) -> None:
    """Rows of a table are changed: `event` is insert, update, delete or truncate."""
    seen = set() if seen is None else seen
    if (relation.oid, event) in seen:
        return
    seen.add((relation.oid, event))
    reader.findings.is_pure = False
    reader.findings.changes_rows = True
    reader.note(effect, "table", name_of(relation), columns)
    if relation.oid < _FIRST_USER_OID:
        _change_catalog(reader, relation)
        return
    _look_behind(reader, relation)
    _fire(reader, relation, event)
    for base in _bases(reader, relation):
        change(reader, base, effect, event, seen=seen)
    for heir in descendants(reader, relation):
        change(reader, heir, effect, event, columns, seen=seen)
    for ancestor in ancestors(reader, relation):
        reader.note(effect, "table", name_of(ancestor), columns)
    for when, what, oid, keys in relation.cascades:
        other = reader.world.catalog.relation_by_oid(oid)
        if when == event and other is not None and not (columns and set(keys).isdisjoint(columns)):
            change(reader, other, Effect(what), "delete" if what == "delete" else "update", seen=seen)


def name_of(relation: Relation) -> str:
    """The exact dotted name."""
    return dotted(relation.schema, relation.name)


def descendants(reader: Reader, relation: Relation) -> list[Relation]:
    """Partitions and heirs, theirs too."""
    return _related(reader, relation, downwards=True)


def ancestors(reader: Reader, relation: Relation) -> list[Relation]:
    """What it is a partition or an heir of, and so on upwards."""
    return _related(reader, relation, downwards=False)


def _related(reader: Reader, relation: Relation, *, downwards: bool) -> list[Relation]:
    found: dict[int, Relation] = {}
    waiting = list(relation.children if downwards else relation.parents)
    while waiting:
        oid = waiting.pop()
        other = reader.world.catalog.relation_by_oid(oid)
        if other is not None and oid not in found:
            found[oid] = other
            waiting += other.children if downwards else other.parents
    return list(found.values())


def _look_behind(reader: Reader, relation: Relation) -> None:
    """Count what a view stands on, and the functions that policies and implicit casts call."""
    if relation.is_unreadable:
        reader.findings.unknown.add(name_of(relation))  # the session itself may be able to tell
        reader.findings.opaque(
            "another transaction is changing it right now, so what lies behind it cannot be told",
            "table",
            name_of(relation),
        )
    if relation.definition is not None:
        key = ("view", relation.oid)
        reader.findings.merge(reader.behind(key, relation.definition, reader.world.catalog.printed_path))
    for policy in relation.policies if relation.row_security else ():
        reader.functions_behind(policy)
    for column in relation.columns:
        if column.type_name in reader.world.catalog.user_type_names:
            use_type(reader, column.type_name)


def _fire(reader: Reader, relation: Relation, event: str) -> None:
    """Count what runs when rows of a table change."""
    catalog = reader.world.catalog
    for when, oid in relation.triggers:
        function = catalog.function_by_oid(oid)
        if when == event and function is not None:
            run(reader, function, is_direct=False)
    for number, rule in enumerate(relation.rules):
        reader.findings.merge(reader.behind(("rule", relation.oid, number), rule, catalog.printed_path))
    if event in ("insert", "update"):
        compute(reader, relation)


def compute(reader: Reader, relation: Relation) -> None:
    """Count what storing rows computes: checks, index and partition expressions, defaults, generated columns."""
    for check in relation.checks:
        reader.functions_behind(check)
    for column in relation.columns:
        if column.default is not None:
            reader.functions_behind(column.default)
        if column.type_name in reader.world.catalog.user_type_names:
            cast(reader, column.type_name)


def _bases(reader: Reader, relation: Relation) -> list[Relation]:
    """The table whose rows change when those of a view do: it stands alone in the view's FROM clause."""
    if relation.kind != "v" or relation.definition is None:
        return []
    catalog = reader.world.catalog
    named = (
        catalog.relation(name.schemaname or None, name.relname, catalog.printed_path)
        for name in reader.tables_of(relation.definition)
    )
    return [base for base in named if base is not None]


def _change_catalog(reader: Reader, relation: Relation) -> None:
    # UPDATE pg_settings is SET by another name; any other catalog is the schema itself, owners and rights included
    if relation.name == "pg_settings":
        reader.findings.changes_settings = True
        reader.note(Effect.SESSION, "setting")
    else:
        reader.findings.changes_schema = True
        reader.note(Effect.SCHEMA, "table", name_of(relation))
        reader.note(Effect.PRIVILEGE, "table", name_of(relation))
