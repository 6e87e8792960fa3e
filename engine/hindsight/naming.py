"""What was touched as the `what` of a rule: names as they are, patterns only where there are many."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Final

from engine.model import Resource
from engine.policy.globs import BadGlob, command_glob, dotted, path_glob, words_of
from engine.policy.hosts import host_glob

MANY: Final = 12  # names beside one another that become one pattern
_MOST_CONDITION: Final = 3500
_FIELDS: Final = {
    "table": "tables",
    "sequence": "tables",
    "function": "functions",
    "path": "paths",
    "command": "commands",
    "host": "hosts",
}


def fields_of(resources: Iterable[Resource]) -> dict[str, list[str]] | None:
    """The fields of `what` that name these resources, None where some of them no field can name."""
    found: dict[str, set[str]] = {}
    for resource in resources:
        field = _FIELDS.get(resource.kind)
        if field is None or not resource.name:
            return None
        pattern = _pattern(field, resource.name)
        if pattern is None:
            return None
        found.setdefault(field, set()).add(pattern)
    return {field: _together(field, names) for field, names in sorted(found.items())}


def condition_of(effect: str, resources: Iterable[Resource]) -> str | None:
    """The condition under which an operation has of this effect only such resources; None where it grows too long."""
    kinds: dict[str, set[str]] = {}
    for resource in resources:
        kinds.setdefault(resource.kind, set()).add(resource.name)
    each = [
        f"(r.kind == {quoted(kind)} && r.name in [{', '.join(map(quoted, sorted(names)))}])"
        for kind, names in sorted(kinds.items())
    ]
    text = f"operation.resources.all(r, r.effect != {quoted(effect)} || {' || '.join(each)})"
    return text if len(text) <= _MOST_CONDITION else None


def quoted(text: str) -> str:
    """As YAML and CEL both read it."""
    return json.dumps(text, ensure_ascii=False)


def _pattern(field: str, name: str) -> str | None:
    """A pattern that means this name and no other; None where there is none."""
    try:
        if field in ("tables", "functions"):
            schema, dot, bare = name.partition(".")
            if not dot or "." in bare:
                return None
            pattern = f"{_part(schema)}.{_part(bare)}"
            dotted(pattern, 2)
            return pattern
        if field == "paths":
            whole = f"{name}**" if name.endswith("/") else name  # a folder stands for what is below it
            return path_glob(whole).text if "*" not in name else None
        if field == "commands":
            pattern = shlex.join(words_of(name))
            return pattern if command_glob(pattern).matches(name, broadly=False) else None
        return host_glob(name).text if "*" not in name else None
    except BadGlob:
        return None


def _part(name: str) -> str:
    return name if re.fullmatch(r"\w+", name) else '"' + name.replace('"', '""') + '"'


def _together(field: str, names: set[str]) -> list[str]:
    """One pattern for those of one schema or folder where there are many; commands and hosts stay as they are."""
    separator = {"tables": ".", "functions": ".", "paths": "/"}.get(field)
    if separator is None:
        return sorted(names)
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name.rpartition(separator)[0], []).append(name)
    return sorted(each for group, members in groups.items() for each in _folded(group, separator, members))


def _folded(group: str, separator: str, members: list[str]) -> list[str]:
    is_many = len(members) > MANY and group and not any("*" in member for member in members)
    return [f"{group}{separator}*"] if is_many else members


def yaml_of(what: Mapping[str, list[str]]) -> str:
    """As a flow mapping of YAML; JSON texts are texts of YAML."""
    return "{" + ", ".join(f"{field}: [{', '.join(map(quoted, names))}]" for field, names in what.items()) + "}"
