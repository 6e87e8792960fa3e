"""What is wrong with the YAML, where, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong at one place; line and column count from 1."""

    file: Path
    line: int
    column: int
    what: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: {self.what}"
        return printable(f"{text}; {self.hint}" if self.hint else text)


def printable(text: str) -> str:
    """The text with control characters shown instead of sent: problems are read on terminals."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


def suggestion(name: str, known: Iterable[str]) -> str:
    """A hint at the known name that was probably meant, or at all of them when they are few."""
    names = sorted(known)
    if close := difflib.get_close_matches(name, names, n=1, cutoff=0.6):
        return f"did you mean {close[0]!r}?"
    return f"known: {', '.join(names)}" if 0 < len(names) <= 12 else ""
