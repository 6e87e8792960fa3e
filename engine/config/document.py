"""One YAML file: plain data, and where each value stands in it.

YAML 1.2 is read (`no` is text), with what surprises people refused: duplicate keys, tags, merge keys, keys that are not
text. Aliases are expanded within a bound, so that a small file cannot become a big one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from engine.config.problems import Problem

MAX_BYTES: Final = 1024 * 1024
MAX_VALUES: Final = 100_000
MAX_DEPTH: Final = 40

Place = tuple[str | int, ...]
"""Keys and positions that lead to a value from the top of its file."""

_TAG = "tag:yaml.org,2002:"


class _TooMuch(Exception):
    """A file that is small and stands for more than anybody writes."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class Document:
    """The values of one file. `problems` are those of the YAML itself; `data` is None where nothing could be read."""

    def __init__(self, path: Path, content: bytes) -> None:
        self.path = path
        self.content = content
        self.problems: list[Problem] = []
        self._lines: list[str] = []
        self._values: dict[Place, Node] = {}
        self._keys: dict[Place, Node] = {}
        self.data: Mapping[str, Any] | None = self._read()

    def problem(self, place: Place, what: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """Something wrong at a place; `at_key` points at the key instead of at its value."""
        line, column = self._position(place, at_key=at_key)
        return Problem(self.path, line, column, what, hint)

    def problem_inside(self, place: Place, line: int, column: int, what: str, hint: str = "") -> Problem:
        """Something wrong within a text, at a line and column of that text counted from 1."""
        start_line, start_column = self._position(place)
        node = self._values.get(place)
        style = node.style if isinstance(node, ScalarNode) else None
        if style in ("|", ">"):
            start_line += 1
            text = self._lines[start_line - 1] if start_line <= len(self._lines) else ""
            start_column = len(text) - len(text.lstrip()) + 1
            return Problem(self.path, start_line + line - 1, start_column + column - 1, what, hint)
        if line > 1:
            return Problem(self.path, start_line, start_column, what, hint)
        quote = 1 if style in ("'", '"') else 0
        return Problem(self.path, start_line, start_column + quote + column - 1, what, hint)

    def nearest(self, place: Place) -> Place:
        """The place as it is written: a position in a list that is not written as one is left out."""
        written: Place = ()
        for part in place:
            if isinstance(part, str) or (*written, part) in self._values:
                written = (*written, part)
        return written

    def value(self, place: Place) -> Any:
        """The value at a place, None where there is none."""
        current: Any = self.data
        for part in place:
            try:
                current = current[part]
            except (KeyError, IndexError, TypeError):
                return None
        return current

    def _position(self, place: Place, *, at_key: bool = False) -> tuple[int, int]:
        """Where a value starts; that of the nearest value around it when there is none."""
        while place:
            node = self._keys.get(place) if at_key else self._values.get(place)
            if node is not None:
                return node.start_mark.line + 1, node.start_mark.column + 1
            place = place[:-1]
        return 1, 1

    def _read(self) -> Mapping[str, Any] | None:
        if len(self.content) > MAX_BYTES:
            self._report(1, 1, f"larger than {MAX_BYTES // 1024} KB", "split it into several files of one folder")
            return None
        try:
            text = self.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.content.count(b"\n", 0, error.start) + 1
            self._report(line, 1, "not UTF-8", "save the file as UTF-8")
            return None
        self._lines = text.splitlines()
        try:
            node = YAML(typ="rt", pure=True).compose(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            self._report(line, column, f"not YAML: {_first_line(error.problem)}", _hint(text, line))
            return None
        except (YAMLError, RecursionError, ValueError) as error:
            self._report(1, 1, f"not YAML: {_first_line(str(error) or type(error).__name__)}")
            return None
        if node is None:
            return {}
        if not isinstance(node, MappingNode):
            self._report(1, 1, "the file is not a mapping", "start with a section such as `targets:`")
            return None
        try:
            data: Mapping[str, Any] = self._plain(node, ())
        except _TooMuch as error:
            self._report(error.line, 1, "nested too deep, or too many values", "what aliases stand for counts too")
            return None
        return data

    def _report(self, line: int, column: int, what: str, hint: str = "") -> None:
        self.problems.append(Problem(self.path, line, column, what, hint))

    def _plain(self, node: Node, place: Place) -> Any:
        self._values[place] = node
        if len(self._values) > MAX_VALUES or len(place) > MAX_DEPTH:
            raise _TooMuch(node.start_mark.line + 1)
        if isinstance(node, MappingNode):
            return self._mapping(node, place)
        if isinstance(node, SequenceNode):
            return [self._plain(value, (*place, index)) for index, value in enumerate(node.value)]
        return self._scalar(node, place)

    def _mapping(self, node: MappingNode, place: Place) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            if key in mapping:
                self._report_node(key_node, f"the key {key!r} is there twice", "keep one of them")
                continue
            self._keys[(*place, key)] = key_node
            mapping[key] = self._plain(value_node, (*place, key))
        return mapping

    def _key(self, node: Node) -> str | None:
        if not isinstance(node, ScalarNode):
            self._report_node(node, "a key is plain text")
        elif node.tag == f"{_TAG}merge":
            self._report_node(node, "merge keys (<<) are not read", "write the values out")
        elif node.tag != f"{_TAG}str":
            self._report_node(node, f"the key {node.value} is no text in YAML", f'write "{node.value}"')
        else:
            return str(node.value)
        return None

    def _report_node(self, node: Node, what: str, hint: str = "") -> None:
        self._report(node.start_mark.line + 1, node.start_mark.column + 1, what, hint)

    def _scalar(self, node: Node, place: Place) -> Any:
        kind, value = str(node.tag).removeprefix(_TAG), str(node.value)
        try:
            return _SCALARS[kind](value)
        except KeyError:
            self.problems.append(self.problem(place, f"the tag {node.tag} is not read", "write plain values"))
        except ValueError:
            self.problems.append(self.problem(place, f"{value!r} is no {kind}", "quote it if it is text"))
        return None


def _integer(text: str) -> int:
    bare = text.replace("_", "")
    if len(bare) > 18:
        raise ValueError(text)
    return int(bare, 0) if re.match(r"[-+]?0[xob]", bare) else int(bare)


def _moment(text: str) -> date:
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)


_SCALARS: Final[Mapping[str, Any]] = {
    "str": str,
    "int": _integer,
    "float": lambda text: float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan")),
    "bool": lambda text: text.lower() == "true",
    "null": lambda text: None,
    "timestamp": _moment,
}


def _first_line(text: str | None) -> str:
    lines = (text or "it cannot be parsed").strip().splitlines()
    return lines[0] if lines else "it cannot be parsed"


def _hint(text: str, line: int) -> str:
    lines = text.splitlines()
    if line <= len(lines) and "\t" in lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]:
        return "indent with spaces, not tabs"
    return ""
