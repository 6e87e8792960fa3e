"""Two changes of one file, made one: by lines, where they touch different ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher


class Overlap(ValueError):
    """Both changed the same lines; `line` is the first of them in the file both began from, counted from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"both changed line {line}")
        self.line = line


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    stop: int
    lines: tuple[str, ...]


def merge(base: str, ours: str, theirs: str) -> str:
    """The base with both changes; raises Overlap.

    A change that both made alike is made once. Two additions at one place are an overlap: nobody knows their order.
    """
    lines = base.splitlines(keepends=True)
    merged: list[str] = []
    position = 0
    for edit in _together(_edits(lines, ours), _edits(lines, theirs)):
        merged += lines[position : edit.start]
        merged += edit.lines
        position = edit.stop
    return "".join(merged + lines[position:])


def _edits(base: list[str], text: str) -> list[_Edit]:
    lines = text.splitlines(keepends=True)
    operations = SequenceMatcher(None, base, lines, autojunk=False).get_opcodes()
    return [_Edit(i, j, tuple(lines[m:n])) for tag, i, j, m, n in operations if tag != "equal"]


def _together(ours: list[_Edit], theirs: list[_Edit]) -> Iterator[_Edit]:
    last: _Edit | None = None
    for edit in sorted({*ours, *theirs}, key=lambda edit: (edit.start, edit.stop)):
        if last is not None and (edit.start < last.stop or (edit.start == last.start)):
            raise Overlap(edit.start + 1)
        last = edit
        yield edit
