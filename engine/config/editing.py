"""Small changes of YAML that leave everything else of a file as it was written, comments too."""

from __future__ import annotations

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode


def with_host_key(content: str, target: str, key: str) -> str | None:
    """The file with `host_key` set at the target of that name, right behind its address; None where it is not there,
    has one already, or is written in a way that leaves no place for it."""
    for node in _targets(YAML(typ="rt", pure=True).compose(content)):
        names = {each.value: (each, value) for each, value in node.value if isinstance(each, ScalarNode)}
        if "name" not in names or names["name"][1].value != target:
            continue
        if "host_key" in names or "address" not in names or not isinstance(names["address"][1], ScalarNode):
            return None
        word, address = names["address"]
        line = f'host_key: "{key}"'
        if node.flow_style:
            end = address.end_mark.index
            return f"{content[:end]}, {line}{content[end:]}"
        end = content.find("\n", address.end_mark.index)
        indent = " " * word.start_mark.column
        return f"{content}\n{indent}{line}\n" if end < 0 else f"{content[:end]}\n{indent}{line}{content[end:]}"
    return None


def _targets(root: Node | None) -> list[MappingNode]:
    if not isinstance(root, MappingNode):
        return []
    lists = [value for key, value in root.value if isinstance(key, ScalarNode) and key.value == "targets"]
    found = [each for value in lists if isinstance(value, SequenceNode) for each in value.value]
    return [each for each in found if isinstance(each, MappingNode)]
