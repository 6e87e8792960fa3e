"""What statements about the schema do to the objects they name, and what their expressions call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.model import Effect, Resource
from engine.protocols.postgres.analysis import calls, tables
from engine.protocols.postgres.analysis.names import (
    children,
    descendants,
    dotted,
    literal,
    options,
    role,
    split_name,
    strings,
)
from engine.protocols.postgres.analysis.reader import Reader, Scope, Todo, Visitor
from engine.protocols.postgres.effects.objects import Named, exact, owned
from engine.protocols.postgres.effects.rows import create
from engine.protocols.postgres.parsing import Unreadable, grammar, parse


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


def read_rename(reader: Reader, node: Any, scope: Scope) -> Todo | None:
    """ALTER … RENAME; a role's name is who it is."""
    is_role = node.rename_type == grammar.OBJECT_ROLE
    return alters(Effect.PRIVILEGE if is_role else Effect.SCHEMA, named=owned, fires=not is_role)(reader, node, scope)


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
    """CREATE FUNCTION runs nothing of its body but the checks of constants: calls of it will count as its body.

    One that runs as its owner lends rights."""
    schema, name = split_name(strings(node.funcname))
    resource = dotted(schema or next(iter(reader.path), None), name)
    reader.findings.made.add(name)
    reader.note(Effect.SCHEMA, "function", resource)
    given = dict(options(node.options))
    if "security" in given and literal(given["security"]) not in ("off", "0"):
        reader.note(Effect.PRIVILEGE, "function", resource)
    language = literal(given["language"]) if "language" in given else "sql"
    if language not in ("sql", "plpgsql"):
        reader.note(Effect.EXECUTE, "function", resource)
    if language == "sql":
        _make_constants(reader, _body(node, given))
    changes_schema(reader)
    return [(parameter, scope) for parameter in node.parameters]


def _body(node: Any, given: dict[str, Any]) -> Iterable[Any]:
    """The parse trees of a SQL function's body, in its new form or its old one."""
    if node.HasField("sql_body"):
        return [node.sql_body]
    parsed = parse(given["as"].list.items[0].string.sval) if "as" in given else ()
    return () if isinstance(parsed, Unreadable) else [statement.node for statement in parsed]


def _make_constants(reader: Reader, body: Iterable[Any]) -> None:
    """A constant becomes a value of its type when the body is read, and then what checks that type runs: where the type
    is named, where a function takes it, where a column has it."""
    catalog = reader.world.catalog
    types: set[str] = set()
    for message in (each for statement in body for each in descendants(statement)):
        match message.DESCRIPTOR.name:
            case "TypeName" if message.names:
                types.add(message.names[-1].string.sval)
            case "FuncCall":
                schema, name = split_name(strings(message.funcname))
                for function in catalog.functions(schema, name, reader.path):
                    types |= {declared.removesuffix("[]").removeprefix("_") for declared in function.argument_types}
            case "RangeVar":
                relation = catalog.relation(message.schemaname or None, message.relname, reader.path)
                types |= {column.type_name for column in relation.columns} if relation is not None else set()
            case _:
                pass
    for type_name in sorted(types & catalog.user_type_names):
        calls.cast(reader, type_name)


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
        reader.findings.merge(Reader(reader.world, (name, *reader.path), reader.running).read(element, scope))
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
