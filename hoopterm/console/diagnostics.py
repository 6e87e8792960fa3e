"""What is wrong with a configuration, at its place: `file:line:column: why` as data."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

_PLACED = re.compile(r"(?P<file>.*?):(?P<line>\d+):(?P<column>\d+): (?P<why>.*)", re.DOTALL)


class Diagnostic(NamedTuple):
    """One thing wrong; line and column count from 1, and are 1 where nothing is said of them."""

    file: str
    line: int
    column: int
    why: str
    is_warning: bool = False

    @property
    def place(self) -> str:
        """`line:column`."""
        return f"{self.line}:{self.column}"


def read(problems: Iterable[str], files: Collection[str], *, are_warnings: bool = False) -> list[Diagnostic]:
    """The problems of an engine's answer, in the order of their places; those without one come first."""
    return sorted(_read(problem, files, are_warnings) for problem in problems)


def _read(problem: str, files: Collection[str], is_warning: bool) -> Diagnostic:
    if (found := _PLACED.match(problem)) is None:
        return Diagnostic(next(iter(files), ""), 1, 1, problem, is_warning)
    name = found["file"].rpartition("/")[2]
    return Diagnostic(name, max(int(found["line"]), 1), max(int(found["column"]), 1), found["why"], is_warning)


def beside(
    found: Iterable[Diagnostic], file: str, line: int, column: int, *, forward: bool = True
) -> Diagnostic | None:
    """The next one from a place on, or the one before it, going round at the ends; those of the same file first."""
    every = sorted(found, key=lambda each: (each.file != file, each.file, each.line, each.column))
    if not every:
        return None
    here = (False, file, line, column)
    places = [(each.file != file, each.file, each.line, each.column) for each in every]
    if forward:
        return next((each for each, place in zip(every, places, strict=True) if place > here), every[0])
    return next((each for each, place in reversed(list(zip(every, places, strict=True))) if place < here), every[-1])
