"""What statements that read and change rows do: INSERT, UPDATE, DELETE, MERGE, TRUNCATE, SELECT INTO, COPY, LOCK.

As with PostgreSQL's own privileges, a column that a condition, an expression or RETURNING looks at is read, in the
changed table too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.model import Effect
from engine.protocols.postgres.analysis import tables
from engine.protocols.postgres.analysis.columns import Use, name_of, names_in
from engine.protocols.postgres.analysis.expressions import is_plain, with_tables
from engine.protocols.postgres.analysis.names import dotted, literal, options, strings
from engine.protocols.postgres.analysis.reader import Reader, Scope, Todo
from engine.protocols.postgres.analysis.where import restricts
from engine.protocols.postgres.parsing import grammar
from engine.protocols.postgres.statement import Relation

_ACCESS_SHARE = 1
_EVENTS = {
    grammar.CMD_INSERT: (Effect.WRITE, "insert"),
    grammar.CMD_UPDATE: (Effect.WRITE, "update"),
    grammar.CMD_DELETE: (Effect.DELETE, "delete"),
}


def read_insert(reader: Reader, node: Any, scope: Scope) -> Todo:
    """INSERT, ON CONFLICT included."""
    scope, todo = with_tables(reader, node.with_clause, scope)
    conflict = node.on_conflict_clause
    reader.references.derived.add("excluded")
    relation = _target(reader, node.relation, [conflict, node.returning_clause], node.returning_clause)
    if relation is not None:
        columns = [column.res_target.name for column in node.cols]
        tables.change(reader, relation, Effect.WRITE, "insert", columns)
        if conflict.action == grammar.ONCONFLICT_UPDATE:
            changed = [column.res_target.name for column in conflict.target_list] if columns else []
            tables.change(reader, relation, Effect.WRITE, "update", changed)
    return todo + _inside(node, scope, but=("relation", "with_clause", "cols"))


def read_update(reader: Reader, node: Any, scope: Scope) -> Todo:
    """UPDATE."""
    scope, todo = with_tables(reader, node.with_clause, scope)
    own = [node.where_clause, node.returning_clause, *node.target_list, *node.from_clause]
    relation = _target(reader, node.relation, own, node.returning_clause)
    if relation is not None:
        changed = [target.res_target.name for target in node.target_list]
        tables.change(reader, relation, Effect.WRITE, "update", changed)
    _restrict(reader, node, relation)
    return todo + _inside(node, scope, but=("relation", "with_clause"))


def read_delete(reader: Reader, node: Any, scope: Scope) -> Todo:
    """DELETE."""
    scope, todo = with_tables(reader, node.with_clause, scope)
    own = [node.where_clause, node.returning_clause, *node.using_clause]
    relation = _target(reader, node.relation, own, node.returning_clause)
    if relation is not None:
        tables.change(reader, relation, Effect.DELETE, "delete")
    _restrict(reader, node, relation)
    return todo + _inside(node, scope, but=("relation", "with_clause"))


def read_merge(reader: Reader, node: Any, scope: Scope) -> Todo:
    """MERGE: each of its actions counts; the condition it joins by is its WHERE."""
    scope, todo = with_tables(reader, node.with_clause, scope)
    clauses = [clause.merge_when_clause for clause in node.merge_when_clauses]
    own = [node.join_condition, node.returning_clause, *clauses]
    relation = _target(reader, node.relation, own, node.returning_clause)
    changes = {clause.command_type: clause for clause in clauses if clause.command_type in _EVENTS}
    if relation is not None:
        for command in changes:
            effect, event = _EVENTS[command]
            columns = [
                target.res_target.name
                for clause in clauses
                if clause.command_type == command
                for target in clause.target_list
            ]
            tables.change(reader, relation, effect, event, columns)
    if relation is None or changes.keys() - {grammar.CMD_INSERT}:
        reader.findings.restricted.append(_restricts(node.join_condition, node.relation, relation))
    return todo + _inside(node, scope, but=("relation", "with_clause"))


def read_truncate(reader: Reader, node: Any, scope: Scope) -> Todo:
    """TRUNCATE deletes every row, with CASCADE those of every table that refers to it."""
    waiting = [relation for name in node.relations if (relation := reader.resolve(name.range_var)) is not None]
    reached: dict[int, Relation] = {}
    while waiting:
        relation = waiting.pop()
        if relation.oid in reached:
            continue
        reached[relation.oid] = relation
        if node.behavior == grammar.DROP_CASCADE:
            others = map(reader.world.catalog.relation_by_oid, relation.referenced_by)
            waiting += (other for other in others if other is not None)
    for relation in reached.values():
        tables.change(reader, relation, Effect.DELETE, "truncate")
    if node.restart_seqs:
        reader.note(Effect.WRITE, "sequence")
    reader.findings.restricted.append(False)
    return []


def read_into(reader: Reader, node: Any, scope: Scope) -> Todo:
    """The table that SELECT INTO or CREATE TABLE AS makes."""
    create(reader, node.rel)
    return []


def create(reader: Reader, name: Any, effect: Effect = Effect.SCHEMA) -> None:
    """A relation is made under this name."""
    reader.findings.made.add(name.relname)
    reader.findings.changes_schema = True
    reader.findings.is_pure = False
    is_temporary = name.relpersistence == "t"
    schema = name.schemaname or ("pg_temp" if is_temporary else _first(reader))
    reader.note(effect, "table", dotted(schema, name.relname))


def _first(reader: Reader) -> str | None:
    """The schema in which unqualified names are made."""
    return next((schema for schema in reader.path if schema != "pg_catalog"), None)


def read_copy(reader: Reader, node: Any, scope: Scope) -> Todo:
    """COPY: of a table or a query, from or to the client, a file, or a program on the server."""
    findings = reader.findings
    if node.is_program:
        findings.note(Effect.EXECUTE, "path", node.filename)
    if node.filename:
        findings.note(Effect.FILE, "path", node.filename)
    if node.is_program or node.filename:
        findings.is_pure = False
    findings.reads_literals = True
    scope = Scope(scope.tables, True)
    if not node.HasField("relation"):
        return [(node.query, scope)]
    relation = reader.resolve(node.relation)
    columns = strings(node.attlist)
    if relation is None:
        return []
    if node.is_from:
        tables.change(reader, relation, Effect.WRITE, "insert", columns)
        if node.HasField("where_clause"):
            _read_own(reader, relation, node.relation, [node.where_clause], None)
    else:
        # of heirs COPY gives no rows, of partitions all
        tables.read(reader, Use(relation, relation.name, is_only=relation.kind != "p"), columns)
    return [(node.where_clause, scope)] if node.HasField("where_clause") else []


def copy_options(node: Any) -> dict[str, Any]:
    """The fields of a Statement that tell how COPY data looks, by name."""
    given = dict(options(node.options))
    fields: dict[str, Any] = {
        "copy_format": _option(given, "format") or "text",
        "copy_delimiter": _option(given, "delimiter"),
        "copy_null": _option(given, "null"),
        "copy_quote": _option(given, "quote"),
        "copy_escape": _option(given, "escape"),
    }
    if "header" in given:
        fields["copy_header"] = (_option(given, "header") or "true").lower() not in ("false", "off", "0")
    return fields


def _option(given: dict[str, Any], name: str) -> str | None:
    return literal(given[name]) if name in given else None


def read_return(reader: Reader, node: Any, scope: Scope) -> Todo:
    """RETURN, the whole body of an SQL function."""
    return [(node.returnval, Scope(scope.tables, True))]


def read_lock(reader: Reader, node: Any, scope: Scope) -> Todo:
    """LOCK TABLE: the mildest mode is what reading takes, any other keeps writers away."""
    effect = Effect.READ if node.mode == _ACCESS_SHARE else Effect.WRITE
    reader.findings.is_pure = False
    for name in node.relations:
        if (relation := reader.resolve(name.range_var)) is not None:
            kin = tables.descendants(reader, relation) if name.range_var.inh else []
            for one in (relation, *kin):
                reader.note(effect, "table", tables.name_of(one))
    return []


def _target(reader: Reader, name: Any, own: Iterable[Any], returning: Any) -> Relation | None:
    """The changed table; what its own clauses look at is read."""
    relation = reader.resolve(name)
    if relation is not None:
        _read_own(reader, relation, name, own, returning)
    return relation


def _read_own(reader: Reader, relation: Relation, name: Any, own: Iterable[Any], returning: Any) -> None:
    alias = name.alias.aliasname or name.relname
    outputs = [target.res_target.val for target in returning.exprs] if returning is not None else []
    reader.findings.reads_literals |= not all(map(is_plain, outputs))
    names = names_in(own)
    if any(output.WhichOneof("node") == "column_ref" and name_of(output.column_ref) == ("*",) for output in outputs):
        names.add(("*",))
    reader.references.uses.append(Use(relation, alias, is_only=not name.inh, names=names))


def _restrict(reader: Reader, node: Any, relation: Relation | None) -> None:
    is_restricted = node.HasField("where_clause") and _restricts(node.where_clause, node.relation, relation)
    reader.findings.restricted.append(is_restricted)


def _restricts(condition: Any, name: Any, relation: Relation | None) -> bool:
    columns = {column.name for column in relation.columns} if relation is not None else set()
    return restricts(condition, name.alias.aliasname or name.relname, columns | {"ctid"})


def _inside(node: Any, scope: Scope, *, but: tuple[str, ...]) -> Todo:
    return [
        (child, scope)
        for field, value in node.ListFields()
        if field.message_type is not None and field.name not in but
        for child in (value if field.is_repeated else (value,))
    ]
