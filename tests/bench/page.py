"""The figures in the README: a block between two comments, which a whole run writes anew."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure
from tests.bench.report import required, shown

BEGIN, END = "<!-- make bench writes this -->", "<!-- until here -->"
_CELLS = re.compile(r"^\| (.+?) \| (.+?) \| (.+?) \| (yes|\*\*no\*\*) \|$", re.MULTILINE)


def block(figures: Sequence[Figure], machine: Mapping[str, Any], day: str) -> str:
    """The machine, and a row for each figure with a target."""
    rows = [
        f"| {figure.title} | {required(figure)} | {shown(figure.measured, figure.unit)} "
        f"| {'yes' if figure.holds else '**no**'} |"
        for figure in figures
        if figure.holds is not None
    ]
    head = ["| | target | measured | holds |", "| --- | --- | --- | --- |"]
    return "\n".join([f"Measured {day} on {described(machine)}.", "", *head, *rows])


def described(machine: Mapping[str, Any]) -> str:
    """The machine in a line."""
    disk = (
        f"{machine['fdatasync_append_us']:.0f} µs after an append, {machine['fdatasync_us']:.0f} µs into written zeros"
    )
    versions = ", ".join(f"{name} {machine[name.lower()]}" for name in ("Python", "PostgreSQL", "PgBouncer"))
    processor = f"{machine['processor']}, {machine['cores']} cores, {machine['memory'] / (1 << 30):.0f} GB"
    return f"{processor}, {machine['kernel']}; fdatasync {disk}; {versions}"


def rewrite(page: Path, content: str) -> None:
    """Put a block in place of the one that is there."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"{page} has no place for the figures: {BEGIN} … {END}")
    page.write_text(f"{before}{BEGIN}\n{content}\n{END}{after}")


def rows(page: str) -> list[tuple[str, str, str, bool]]:
    """What a page's block says: title, target, measured, and whether it holds."""
    _, _, rest = page.partition(BEGIN)
    content, _, _ = rest.partition(END)
    return [(title, target, measured, holds == "yes") for title, target, measured, holds in _CELLS.findall(content)]
