"""What statements about the schema do: which object they name, and what their expressions call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from engine.model import Effect, Resource
from engine.protocols.postgres import analysis_calls as calls
from engine.protocols.postgres import analysis_tables as tables
from engine.protocols.postgres.analysis_names import (
    children,
    descendants,
    dotted,
    literal,
    options,
    role,
    split_name,
    strings,
)
from engine.protocols.postgres.analysis_reader import Reader, Scope, Todo, Visitor
from engine.protocols.postgres.effects_rows import create
from engine.protocols.postgres.parsing import grammar

Named = Callable[[Reader, Any], Iterator[Resource]]

_KINDS = {
    **dict.fromkeys(
        ("TABLE", "VIEW", "MATVIEW", "FOREIGN_TABLE", "INDEX", "COLUMN", "TABCONSTRAINT", "RULE", "TRIGGER", "POLICY"),
        "table",
    ),
    **dict.fromkeys(("FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE"), "function"),
    **dict.fromkeys(("TYPE", "DOMAIN", "DOMCONSTRAINT", "ATTRIBUTE"), "type"),
    "SEQUENCE": "sequence",
    "SCHEMA": "schema",
    "ROLE": "role",
    "DATABASE": "database",
    "FOREIGN_SERVER": "host",
    "PARAMETER_ACL": "setting",
}
_ON_A_TABLE = frozenset({"COLUMN", "TABCONSTRAINT", "RULE", "TRIGGER", "POLICY", "ATTRIBUTE"})
"""Kinds of object whose last name part is their own, and the rest their table's."""


def alters(*effects: Effect, named: Named, fires: bool = True, computes: bool = True) -> Visitor:
    """A statement with these effects on what it names; it may call event triggers, and functions in expressions."""

    def read(reader: Reader, node: Any, scope: Scope) -> Todo:
        resources = list(named(reader, node)) or [Resource("statement", "")]
        for effect in effects:
            for resource in resources:
                reader.note(effect, resource.kind, resource.name)
        _make(reader, node, resources)
        changes_schema(reader, fires=fires)
        return [(child, scope) for child in children(node)] if computes else []

    return read


def _make(reader: Reader, node: Any, resources: Iterable[Resource]) -> None:
    """Note which names mean something else afterwards."""
    findings = reader.findings
    for resource in resources:
        if resource.kind in ("table", "sequence", "function") and resource.name:
            findings.made.add(resource.name.rpartition(".")[2].strip('"'))
        else:
            findings.makes_anything = True
    if node.DESCRIPTOR.name == "RenameStmt":
        findings.made.add(node.newname)


def changes_schema(reader: Reader, *, fires: bool = True) -> None:
    """The schema is another one afterwards; event triggers run on it."""
    reader.findings.is_pure = False
    reader.findings.changes_schema = True
    if fires:
        for function in reader.world.catalog.event_trigger_functions:
            calls.run(reader, function, is_direct=False)


# ── what they name ──


def relation(field: str = "relation", kind: str = "table") -> Named:
    """The relation in a field, by the exact name if it exists, else as it will be made."""

    def named(reader: Reader, node: Any) -> Iterator[Resource]:
        yield exact(reader, getattr(node, field), kind)

    return named


def exact(reader: Reader, name: Any, kind: str = "table") -> Resource:
    """A RangeVar's resource."""
    found = reader.world.catalog.relation(name.schemaname or None, name.relname, reader.path)
    if found is not None:
        return Resource("sequence" if found.kind == "S" else kind, tables.name_of(found))
    if name.relpersistence == "t" and not name.schemaname:
        return Resource(kind, dotted("pg_temp", name.relname))
    return Resource(kind, dotted(name.schemaname or next(iter(reader.path), None), name.relname))


def relations(field: str) -> Named:
    """The relations in a list; without any, all there are."""

    def named(reader: Reader, node: Any) -> Iterator[Resource]:
        for item in getattr(node, field):
            name = item.vacuum_relation.relation if item.WhichOneof("node") == "vacuum_relation" else item.range_var
            yield exact(reader, name)

    return named


def perhaps(field: str) -> Named:
    """The relation in a field that may be empty."""

    def named(reader: Reader, node: Any) -> Iterator[Resource]:
        if node.HasField(field):
            yield exact(reader, getattr(node, field))

    return named


def text(field: str, kind: str) -> Named:
    """A bare name in a field."""

    def named(reader: Reader, node: Any) -> Iterator[Resource]:
        yield Resource(kind, getattr(node, field))

    return named


def parts(field: str, kind: str) -> Named:
    """A dotted name in a field."""

    def named(reader: Reader, node: Any) -> Iterator[Resource]:
        schema, name = split_name(strings(getattr(node, field)))
        yield Resource(kind, dotted(schema or next(iter(reader.path), None), name))

    return named


def roles(*fields: str) -> Named:
    """Roles in fields, one or a list in each."""

    def named(reader: Reader, node: Any) -> Iterator[Resource]:
        for field in fields:
            value = getattr(node, field)
            if isinstance(value, str):
                yield Resource("role", value)
            elif hasattr(value, "rolename"):
                yield Resource("role", role(value))
            else:
                for item in value:
                    is_grant = item.WhichOneof("node") == "access_priv"
                    yield Resource("role", item.access_priv.priv_name if is_grant else role(item.role_spec))

    return named


def objects(field: str, kind_field: str) -> Named:
    """Objects of a kind that another field tells, as DROP, COMMENT or GRANT name them."""

    def named(reader: Reader, node: Any) -> Iterator[Resource]:
        kind = grammar.ObjectType.Name(getattr(node, kind_field)).removeprefix("OBJECT_")
        if getattr(node, "targtype", None) == grammar.ACL_TARGET_ALL_IN_SCHEMA:
            kind = "SCHEMA"
        value = getattr(node, field)
        items = [value] if hasattr(value, "WhichOneof") else list(value)
        for item in items:
            yield _object(reader, item, kind)

    return named


def _object(reader: Reader, item: Any, kind: str) -> Resource:
    resource_kind = _KINDS.get(kind, "statement")
    match item.WhichOneof("node"):
        case "range_var":
            return exact(reader, item.range_var, resource_kind)
        case "object_with_args":
            names = strings(item.object_with_args.objname)
        case "type_name":
            names = strings(item.type_name.names)
        case "list":
            names = strings(item.list.items)
        case "string":
            names = (item.string.sval,)
        case "role_spec":
            names = (role(item.role_spec),)
        case _:
            return Resource(resource_kind, "")
    if kind in _ON_A_TABLE and len(names) > 1:
        names = names[:-1]
    if not names:
        return Resource(resource_kind, "")
    schema, name = split_name(names)
    if resource_kind in ("table", "sequence"):
        found = reader.world.catalog.relation(schema, name, reader.path)
        if found is not None:
            return Resource(resource_kind, tables.name_of(found))
    if resource_kind in ("schema", "role", "database", "host", "setting"):
        return Resource(resource_kind, name)
    return Resource(resource_kind, dotted(schema or next(iter(reader.path), None), name))


def function(reader: Reader, node: Any) -> Iterator[Resource]:
    """The function that an ALTER FUNCTION names."""
    schema, name = split_name(strings(node.func.objname))
    yield Resource("function", dotted(schema or next(iter(reader.path), None), name))


def defined(reader: Reader, node: Any) -> Iterator[Resource]:
    """What CREATE AGGREGATE, OPERATOR, TYPE … makes."""
    kind = _KINDS.get(grammar.ObjectType.Name(node.kind).removeprefix("OBJECT_"), "statement")
    schema, name = split_name(strings(node.defnames))
    yield Resource(kind, dotted(schema or next(iter(reader.path), None), name))


def everything(reader: Reader, node: Any) -> Iterator[Resource]:
    """Nothing in particular."""
    yield Resource("statement", "")


def database(reader: Reader, node: Any) -> Iterator[Resource]:
    """The database itself."""
    yield Resource("database", reader.world.state.database)


def owned(reader: Reader, node: Any) -> Iterator[Resource]:
    """What an ALTER … RENAME or SET SCHEMA is about: a relation, or an object with a name."""
    if node.HasField("relation"):
        yield exact(reader, node.relation)
        return
    kind = grammar.ObjectType.Name(node.rename_type if hasattr(node, "rename_type") else node.object_type)
    yield _object(reader, node.object, kind.removeprefix("OBJECT_"))


# ── statements that need more than a name ──


def read_alter_table(reader: Reader, node: Any, scope: Scope) -> Todo:
    """ALTER TABLE; who owns it and which policies hold are privileges."""
    resource = exact(reader, node.relation)
    reader.note(Effect.SCHEMA, resource.kind, resource.name)
    _make(reader, node, [resource])
    privileged = (
        grammar.AT_ChangeOwner,
        grammar.AT_EnableRowSecurity,
        grammar.AT_DisableRowSecurity,
        grammar.AT_ForceRowSecurity,
        grammar.AT_NoForceRowSecurity,
    )
    if any(command.alter_table_cmd.subtype in privileged for command in node.cmds):
        reader.note(Effect.PRIVILEGE, resource.kind, resource.name)
    changes_schema(reader)
    _touch_others(reader, node, node.relation)
    found = reader.world.catalog.relation(node.relation.schemaname or None, node.relation.relname, reader.path)
    if found is not None:
        tables.compute(reader, found)
    return [(command, scope) for command in node.cmds]


def _touch_others(reader: Reader, node: Any, own: Any) -> None:
    """Count the tables that a table is made a partition, an heir, or a reference of: their schema changes too."""
    liked = [message.relation for message in descendants(node) if message.DESCRIPTOR.name == "TableLikeClause"]
    for message in descendants(node):
        if message.DESCRIPTOR.name == "RangeVar" and message != own:
            resource = exact(reader, message)
            effect = Effect.HOUSEKEEPING if message in liked else Effect.SCHEMA
            reader.note(effect, resource.kind, resource.name)
            _make(reader, node, [resource])


def read_create(reader: Reader, node: Any, scope: Scope) -> Todo:
    """CREATE TABLE."""
    create(reader, node.relation)
    changes_schema(reader)
    _touch_others(reader, node, node.relation)
    return [(child, scope) for child in children(node)]


def read_create_as(reader: Reader, node: Any, scope: Scope) -> Todo:
    """CREATE TABLE AS and CREATE MATERIALIZED VIEW store what their query reads."""
    create(reader, node.into.rel)
    changes_schema(reader)
    return [(node.query, scope)]


def read_create_view(reader: Reader, node: Any, scope: Scope) -> Todo:
    """CREATE VIEW shows what its query reads to whoever may look at the view."""
    create(reader, node.view)
    changes_schema(reader)
    return [(node.query, scope)]


def read_refresh(reader: Reader, node: Any, scope: Scope) -> Todo:
    """REFRESH MATERIALIZED VIEW runs its query and stores the rows."""
    if (found := reader.resolve(node.relation)) is not None:
        tables.change(reader, found, Effect.WRITE, "refresh")
    return []


def read_create_function(reader: Reader, node: Any, scope: Scope) -> Todo:
    """CREATE FUNCTION runs nothing yet: calls of it will count as its body. One that runs as its owner lends rights."""
    schema, name = split_name(strings(node.funcname))
    resource = dotted(schema or next(iter(reader.path), None), name)
    reader.findings.made.add(name)
    reader.note(Effect.SCHEMA, "function", resource)
    given = dict(options(node.options))
    if "security" in given and literal(given["security"]) not in ("off", "0"):
        reader.note(Effect.PRIVILEGE, "function", resource)
    if (literal(given["language"]) if "language" in given else "sql") not in ("sql", "plpgsql"):
        reader.note(Effect.EXECUTE, "function", resource)
    changes_schema(reader)
    return [(parameter, scope) for parameter in node.parameters]


def read_create_extension(reader: Reader, node: Any, scope: Scope) -> Todo:
    """CREATE and ALTER EXTENSION run a script that came with the server, often as a superuser."""
    reader.note(Effect.SCHEMA, "schema", literal(dict(options(node.options)).get("schema", grammar.Node())) or "")
    reader.findings.opaque(f"the script of extension {node.extname} is not looked into")
    changes_schema(reader)
    return []


def read_create_server(reader: Reader, node: Any, scope: Scope) -> Todo:
    """CREATE and ALTER SERVER open a road to another host."""
    host = literal(dict(options(node.options)).get("host", grammar.Node())) or node.servername
    reader.note(Effect.SCHEMA, "host", host)
    reader.note(Effect.NETWORK, "host", host)
    changes_schema(reader)
    return []


def read_create_foreign_table(reader: Reader, node: Any, scope: Scope) -> Todo:
    """CREATE FOREIGN TABLE."""
    create(reader, node.base_stmt.relation)
    _touch_others(reader, node, node.base_stmt.relation)
    reader.note(Effect.NETWORK, "host", node.servername)
    changes_schema(reader)
    return [(child, scope) for child in children(node.base_stmt)]


def read_tablespace(reader: Reader, node: Any, scope: Scope) -> Todo:
    """CREATE TABLESPACE puts data into a folder of the server."""
    reader.note(Effect.SCHEMA, "statement")
    reader.note(Effect.FILE, "path", node.location)
    changes_schema(reader, fires=False)
    return []


def read_maintenance(named: Named) -> Visitor:
    """VACUUM, ANALYZE, CLUSTER, REINDEX: they rewrite storage or statistics and call what indexes compute."""

    def read(reader: Reader, node: Any, scope: Scope) -> Todo:
        reader.findings.is_pure = False
        resources = list(named(reader, node)) or [Resource("table", "")]
        for resource in resources:
            reader.note(Effect.SCHEMA, resource.kind, resource.name)
            schema, _, name = resource.name.rpartition(".")
            found = reader.world.catalog.relation(schema or None, name, reader.path)
            if found is not None:
                tables.compute(reader, found)
        return []

    return read


def read_create_schema(reader: Reader, node: Any, scope: Scope) -> Todo:
    """CREATE SCHEMA, with what is made inside it."""
    name = node.schemaname or role(node.authrole)
    reader.note(Effect.SCHEMA, "schema", name)
    reader.findings.makes_anything = True
    changes_schema(reader)
    for element in node.schema_elts:
        reader.findings.merge(Reader(reader.world, (name, *reader.path)).read(element, scope))
    return []


def read_load(reader: Reader, node: Any, scope: Scope) -> Todo:
    """LOAD runs a library of the server's file system."""
    reader.findings.is_pure = False
    reader.note(Effect.FILE, "path", node.filename)
    reader.note(Effect.EXECUTE, "path", node.filename)
    return []


def read_alter_system(reader: Reader, node: Any, scope: Scope) -> Todo:
    """ALTER SYSTEM writes the server's configuration, which can name programs to run."""
    reader.findings.is_pure = False
    for effect in (Effect.PRIVILEGE, Effect.EXECUTE, Effect.SESSION):
        reader.note(effect, "setting", node.setstmt.name.lower())
    return []


def read_default_setting(named: Named) -> Visitor:
    """ALTER ROLE … SET and ALTER DATABASE … SET decide what later sessions begin with."""

    def read(reader: Reader, node: Any, scope: Scope) -> Todo:
        reader.findings.is_pure = False
        for resource in named(reader, node):
            reader.note(Effect.PRIVILEGE, resource.kind, resource.name)
        reader.note(Effect.SESSION, "setting", node.setstmt.name.lower())
        return []

    return read


def never_parsed(reader: Reader, node: Any, scope: Scope) -> Todo:
    """The parser makes no such statement of SQL text."""
    reader.findings.opaque("it is no statement that SQL text can hold")
    return []
