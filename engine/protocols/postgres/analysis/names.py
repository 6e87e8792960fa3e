"""Reading names and values out of parse-tree nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


def words(text: str) -> frozenset[str]:
    """The words of a text, for tables of names."""
    return frozenset(text.split())


def strings(nodes: Iterable[Any]) -> tuple[str, ...]:
    """The strings of a list of nodes: the parts of a dotted name. A star or a subscript is left out."""
    return tuple(node.string.sval for node in nodes if node.WhichOneof("node") == "string")


def split_name(parts: tuple[str, ...]) -> tuple[str | None, str]:
    """Schema, if there is one, and name."""
    return (parts[-2] if len(parts) > 1 else None), (parts[-1] if parts else "")


def dotted(schema: str | None, name: str) -> str:
    """`schema.name`, or the bare name; a part that holds a dot is quoted, so that no name looks like another's."""
    return f"{_part(schema)}.{_part(name)}" if schema else _part(name)


def _part(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if "." in name or '"' in name else name


def literal(node: Any) -> str | None:
    """The text of a constant, through casts and lists of one; None for anything else."""
    for _ in range(4):
        match node.WhichOneof("node"):
            case "type_cast":
                node = node.type_cast.arg
            case "named_arg_expr":
                node = node.named_arg_expr.arg
            case "a_const":
                return _constant(node.a_const)
            case "string":
                return str(node.string.sval)
            case "integer":
                return str(node.integer.ival)
            case "boolean":
                return "on" if node.boolean.boolval else "off"
            case _:
                return None
    return None


def _constant(constant: Any) -> str | None:
    match constant.WhichOneof("val"):
        case "sval":
            return str(constant.sval.sval)
        case "ival":
            return str(constant.ival.ival)
        case "fval":
            return str(constant.fval.fval)
        case "boolval":
            return "on" if constant.boolval.boolval else "off"
        case _:
            return None


def role(spec: Any) -> str:
    """A role's name, or the keyword it is given by."""
    if spec.rolename:
        return str(spec.rolename)
    return {2: "current_role", 3: "current_user", 4: "session_user", 5: "public"}.get(spec.roletype, "")


def options(nodes: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """The (name, argument node) pairs of a list of options."""
    for node in nodes:
        if node.WhichOneof("node") == "def_elem":
            yield node.def_elem.defname.lower(), node.def_elem.arg


def children(message: Any) -> Iterator[Any]:
    """The messages directly inside one."""
    for field, value in message.ListFields():
        if field.message_type is not None:
            if field.is_repeated:
                yield from value
            else:
                yield value


def descendants(message: Any) -> Iterator[Any]:
    """Every message inside one, itself included; no recursion, so that no depth can hurt."""
    waiting = [message]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(children(current))
