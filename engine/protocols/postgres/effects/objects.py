"""Which objects a statement about the schema names, as resources."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engine.model import Resource
from engine.protocols.postgres.analysis import tables
from engine.protocols.postgres.analysis.names import dotted, role, split_name, strings
from engine.protocols.postgres.analysis.reader import Reader
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
    if resource_kind == "statement":
        return Resource(resource_kind, "")
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
    yield Resource(kind, dotted(schema or next(iter(reader.path), None), name) if kind != "statement" else "")


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
    is_renamed = node.DESCRIPTOR.name == "RenameStmt"
    kind = grammar.ObjectType.Name(node.rename_type if is_renamed else node.object_type).removeprefix("OBJECT_")
    if is_renamed and node.subname and not node.HasField("object"):  # a schema, a role, a database
        yield Resource(_KINDS.get(kind, "statement"), node.subname)
    else:
        yield _object(reader, node.object, kind)
