"""What may be typed at a place of a configuration: keys and fixed words from its JSON Schema, names from its texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hoopterm.console.yaml import Kind, Part, Spot, parts

MOST = 200
_DEEP = 8  # references followed one after another
_REUSED = frozenset({"tables", "columns", "functions", "paths", "commands", "hosts", "databases", "verbs", "detect"})


class Offer(NamedTuple):
    """One thing that can be typed: what is shown, what is put in, and what it is."""

    text: str
    insert: str
    what: str


@dataclass(slots=True)
class Names:
    """What a configuration names, and what its lists have held so far by their key."""

    groups: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    agents: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)
    labels: dict[str, set[str]] = field(default_factory=dict)
    used: dict[str, set[str]] = field(default_factory=dict)


def names(files: Iterable[str]) -> Names:
    """The names in the texts of a configuration's files."""
    found = Names()
    for text in files:
        for part in parts(text.split("\n")):
            _note(found, part)
    return found


def _note(found: Names, part: Part) -> None:
    path, text = part.path, part.text
    if part.token.kind is Kind.KEY:
        if path == ("identity", "people"):
            found.people.add(text)
        elif path == ("targets", "labels"):
            found.labels.setdefault(text, set())
    elif path == ("agents", "name"):
        found.agents.add(text)
    elif path == ("targets", "name"):
        found.targets.add(text)
    elif path[:2] == ("targets", "labels") and len(path) == 3:
        found.labels.setdefault(path[2], set()).add(text)
    elif path[-1:] == ("groups",) or (path[:1] == ("permissions",) and len(path) == 2):
        found.groups.add(text)
    elif path and path[-1] in _REUSED:
        found.used.setdefault(path[-1], set()).add(text)


def offers(schema: Mapping[str, Any], known: Names, at: Spot) -> list[Offer]:
    """What fits a place and what is typed there already, the likeliest first."""
    nodes = list(_at(schema, at.path))
    items = [item for node in nodes for item in _items(schema, node)]
    found: dict[str, Offer] = {}
    if at.is_item or not at.is_key:
        found.update(_values(items if at.is_item else nodes, known, at))
    if at.is_key:
        found.update(_keys(schema, items if at.is_item else [*nodes, *items], known, at))
    return _ranked(found.values(), at.typed)


def _ranked(found: Iterable[Offer], typed: str) -> list[Offer]:
    word = typed.lower()
    fitting = [offer for offer in found if word in offer.text.lower()]
    if any(offer.text == typed for offer in fitting):
        return []  # it is there
    fitting.sort(key=lambda offer: not offer.text.lower().startswith(word))
    return fitting[:MOST]


def _keys(
    schema: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]], known: Names, at: Spot
) -> Iterator[tuple[str, Offer]]:
    for node in nodes:
        needed = node.get("required", ())
        properties: Mapping[str, Any] = node.get("properties", {})
        fixed = node.get("propertyNames", {}).get("enum", ())
        for name in sorted((*properties, *fixed), key=lambda name: name not in needed):
            if name not in at.beside:
                what = "needed" if name in needed else _shape(schema, properties.get(name, {}))
                yield name, Offer(name, f"{name}: ", what)
    if at.path[-1:] == ("labels",):
        for name in sorted(known.labels.keys() - at.beside):
            yield name, Offer(name, f"{name}: ", "label")


def _values(nodes: Sequence[Mapping[str, Any]], known: Names, at: Spot) -> Iterator[tuple[str, Offer]]:
    for node in nodes:
        for value in (*node.get("enum", ()), *([node["const"]] if "const" in node else [])):
            yield str(value), Offer(str(value), str(value), _kind(at.path))
        if node.get("type") == "boolean":
            for value in ("true", "false"):
                yield value, Offer(value, value, "")
    for what, some in _names_for(known, at.path):
        for name in sorted(some):
            yield name, Offer(name, name, what)


def _names_for(known: Names, path: tuple[str, ...]) -> Iterator[tuple[str, set[str]]]:
    last = path[-1] if path else ""
    if last == "groups" or (path[:1] == ("permissions",) and len(path) == 2):
        yield "group", known.groups
    elif last == "identities":
        yield "agent", known.agents
        yield "person", known.people
    elif last in ("sponsor", "sponsors"):
        yield "person", known.people
    elif last == "targets" and len(path) > 1:
        yield "target", known.targets
    elif path[-2:-1] == ("labels",):
        yield "label", known.labels.get(last, set())
    elif last in known.used:
        yield "used elsewhere", known.used[last]


def _kind(path: tuple[str, ...]) -> str:
    last = path[-1] if path else ""
    return {"effects": "effect", "detect": "detector", "kinds": "kind"}.get(last, "")


def _shape(schema: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    for one in _alternatives(schema, node):
        if one.get("enum") and len(one["enum"]) <= 4:
            return " | ".join(map(str, one["enum"]))
        if one.get("type") == "array":
            return "list"
        if one.get("type") == "object":
            return ""
    return ""


def _alternatives(schema: Mapping[str, Any], node: Mapping[str, Any], deep: int = 0) -> Iterator[Mapping[str, Any]]:
    """A node's shapes, references followed."""
    if deep > _DEEP:
        return
    if "$ref" in node:
        name = str(node["$ref"]).rpartition("/")[2]
        yield from _alternatives(schema, schema.get("$defs", {}).get(name, {}), deep + 1)
    elif choices := node.get("anyOf") or node.get("oneOf") or node.get("allOf"):
        for choice in choices:
            yield from _alternatives(schema, choice, deep + 1)
    else:
        yield node


def _items(schema: Mapping[str, Any], node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if isinstance(node.get("items"), Mapping):
        yield from _alternatives(schema, node["items"])


def _at(schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    """The shapes at the end of a path, a sequence's own where it ends at one."""
    nodes: list[Mapping[str, Any]] = [schema]
    for key in path:
        nodes = [shape for node in nodes for shape in _child(schema, node, key)]
    yield from nodes


def _child(schema: Mapping[str, Any], node: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    for shape in (node, *_items(schema, node)):
        found = shape.get("properties", {}).get(key)
        if found is None and isinstance(shape.get("additionalProperties"), Mapping):
            found = shape["additionalProperties"]
        if found is not None:
            yield from _alternatives(schema, found)
