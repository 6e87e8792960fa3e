"""Expressions of every type over the columns in sight, drawn from the grammar in `expressions.sql`."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.campaign.tables import sections

_CONSTANTS: Mapping[str, tuple[str, ...]] = {
    "t": ("'m'", "''", "'-'", "'body-1'"),
    "i": ("1", "0", "7"),
    "b": ("true", "1 = 1"),
    "h": ("'ab'::bytea", r"'\x00'::bytea"),
    "j": ("""'{"k": "v"}'::jsonb""",),
    "a": ("array['x']", "'{}'::text[]"),
    "d": ("'2001-02-03'::date", "'1999-01-01'::date"),
    "r": ("row('v', 1)",),
    "x": ("xmlelement(name a)",),
    "k": ("1", "2"),
    "f": ("'m'",),
}

_SYMBOL = re.compile(r"<([a-z])>")


@dataclass(frozen=True)
class Sight:
    """The columns in sight, by type; `f` are those that nothing protects."""

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def qualified(self, alias: str) -> Sight:
        """The same behind an alias; a row is the alias itself."""
        columns = {kind: tuple(f"{alias}.{name}" for name in names) for kind, names in self.columns.items()}
        return Sight({**columns, **({"r": (alias,)} if "r" in columns else {})})


class Expressions:
    """Draws expressions. `query` draws a query of one text column, to stand inside them."""

    def __init__(self, rng: random.Random, query: Callable[[int], str], *, is_old: bool = False) -> None:
        self._rng = rng
        self._query = query
        tables = sections("expressions.sql")
        self._tables = {**tables, "t": tables["t"] + tables["t old" if is_old else "t new"]}

    def draw(self, kind: str, sight: Sight, depth: int) -> str:
        """One expression of that type."""
        if kind == "q":
            return self._query(depth - 1)
        if depth <= 0 or kind not in self._tables or self._rng.random() < 0.2:
            return self._leaf(kind, sight)
        template = self._rng.choice(self._tables[kind])
        return _SYMBOL.sub(lambda match: self.draw(match.group(1), sight, depth - 1), template)

    def _leaf(self, kind: str, sight: Sight) -> str:
        columns = sight.columns.get(kind, ())
        if columns and (self._rng.random() < 0.85 or kind == "r"):
            return self._rng.choice(columns)
        return self._rng.choice(_CONSTANTS[kind])
