"""The tables that attempts are composed from: text files of sections, one entry a line."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def sections(name: str) -> dict[str, tuple[str, ...]]:
    """The sections of a file of this folder. Lines that begin with `--` are comments."""
    found: dict[str, list[str]] = {}
    for line in Path(__file__).with_name(name).read_text().splitlines():
        if line.startswith("[") and line.endswith("]") and line[1:-1].replace(" ", "").isalnum():
            entries = found[line[1:-1]] = []
        elif line and not line.startswith("--"):
            entries.append(line)
    return {section: tuple(entries) for section, entries in found.items()}
