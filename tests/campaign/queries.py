"""Queries over protected columns: where they read from, what they show of it, and what they are wrapped in."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.campaign.expressions import Expressions, Sight
from tests.campaign.tables import sections

PEOPLE = Sight(
    {
        "t": ("secret", "secret", "secret", '"Other secret"', "initials", "name"),
        "i": ("pin", "id"),
        "d": ("born",),
        "a": ("tags",),
        "j": ("doc",),
        "r": ("*",),
        "f": ("name", "city"),
    }
)


@dataclass(frozen=True)
class Source:
    """An entry of FROM; `@` in its SQL stands for its alias."""

    sql: str
    sight: Sight

    @classmethod
    def read(cls, line: str) -> Source:
        """One line of `sources.sql`."""
        sql, *parts = line.split(" :: ")
        if parts == ["people"]:
            return cls(sql, PEOPLE)
        columns: dict[str, tuple[str, ...]] = {} if "no row" in parts else {"r": ("*",)}
        for part in parts:
            kind, *names = part.split()
            columns |= {kind: tuple(names)} if kind in ("t", "f", "i") else {}
        return cls(sql, Sight(columns))


class Queries:
    """Draws queries."""

    def __init__(self, rng: random.Random, *, is_old: bool = False) -> None:
        self._rng = rng
        self._numbers = itertools.count(1)
        tables = sections("sources.sql")
        self._sources = [Source.read(line) for line in tables["any"] + tables["old" if is_old else "new"]]
        self._shapes = sections("shapes.sql")["shapes"]
        self.expressions = Expressions(rng, self.single, is_old=is_old)

    def single(self, depth: int) -> str:
        """A query of one text."""
        source, sight = self._source()
        shown = self.expressions.draw("t", sight, min(depth, 2))
        return f"select {shown} from {source} {self._tail(sight)}".strip()

    def pair(self, depth: int) -> str:
        """A query of two columns: k0, which nothing protects, and k1."""
        source, sight = self._source()
        kind = self._rng.choice("ttttiajdhrbx")
        shown = self.expressions.draw(kind, sight, depth)
        beside = self.expressions.draw("f", sight, 0)
        where = f" where {self.expressions.draw('b', sight, 1)}" if self._rng.random() < 0.12 else ""
        return f"select {beside} as k0, {shown} as k1 from {source}{where}"

    def draw(self) -> str:
        """A query in some shape."""
        depth = self._rng.choice((1, 1, 2, 2, 3, 4))
        shape = self._rng.choice(self._shapes)
        if self._rng.random() < 0.15:
            inner = self._rng.choice(self._shapes)
            shape = shape.replace("{q}", inner) if "{q2}" not in shape + inner and "k0" not in shape else shape
        return shape.replace("{q2}", self.pair(depth)).replace("{q}", self.pair(depth))

    def _source(self) -> tuple[str, Sight]:
        source = self._rng.choice(self._sources) if self._rng.random() < 0.7 else self._sources[0]
        alias = f"s{next(self._numbers)}"
        return source.sql.replace("@", alias), source.sight.qualified(alias)

    def _tail(self, sight: Sight) -> str:
        choices: tuple[Callable[[], str], ...] = (
            lambda: "limit 1",
            lambda: "limit 1",
            lambda: f"where {sight.columns.get('i', ('1',))[0]} = 1 limit 1",
            lambda: "offset 1 limit 1",
            lambda: f"order by {sight.columns['t'][0]} limit 1",
        )
        return self._rng.choice(choices)()
