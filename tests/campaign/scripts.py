"""What a client does with a query: one statement or a script of them, in any protocol and format."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tests.campaign.expressions import Sight
from tests.campaign.queries import PEOPLE, Queries
from tests.campaign.tables import sections
from tests.campaign.wire import Step


@dataclass(frozen=True)
class Script:
    """One attempt: what is sent, and whether two worlds may differ for another reason than their values."""

    form: str
    steps: tuple[Step, ...]
    varies: bool = False


_VARYING = ("pg_stat_activity", "pg_prepared_statements", "debug5", "debug_print", "analyze verbose", "vacuum")
_VIEWS = ("people", "roster", "second", "barrier", "joined", "kept", "shown", "staff", "animal", "dog", "wide")
_BARE = Sight({**PEOPLE.columns, "r": ("people",)})
_WAYS = ("simple", "text", "binary", "again", "statement", "limited", "unnamed")


class Scripts:
    """Draws attempts."""

    def __init__(self, rng: random.Random, *, is_old: bool = False) -> None:
        self._rng = rng
        self._queries = Queries(rng, is_old=is_old)
        tables = sections("statements.sql")
        self._alone, self._changes = tables["alone"], tables["in a transaction"]

    def draw(self) -> Script:
        """One attempt."""
        chance = self._rng.random()
        if chance < 0.5:
            return self._script("query", (self._fill("{q}"),))
        if chance < 0.7:
            return self._script("alone", (self._fill(self._rng.choice(self._alone)),))
        return self._several()

    def _several(self) -> Script:
        """Neighbours in the table belong together, so a script takes runs of it."""
        texts: list[str] = []
        for _ in range(self._rng.choice((1, 1, 2, 3))):
            start = self._rng.randrange(len(self._changes))
            texts += self._changes[start : start + self._rng.choice((1, 2, 3))]
        filled = [self._fill(text) for text in texts]
        if self._rng.random() < 0.3:
            filled = [part for text in filled for part in ("savepoint a", text, "rollback to a")][:-1]
        return self._script("several", ("begin", *filled, "rollback"))

    def _fill(self, template: str) -> str:
        queries = self._queries
        draw_one = queries.expressions.draw
        parts: dict[str, Callable[[], str]] = {
            "{q}": queries.draw,
            "{s}": lambda: queries.single(2),
            "{v}": lambda: self._rng.choice(_VIEWS),
            "{e}": lambda: draw_one("t", _BARE, self._rng.choice((1, 2, 3))),
            "{e2}": lambda: f"({queries.single(1)})",
            "{e3}": lambda: draw_one("t", _BARE, 1),
            "{b}": lambda: draw_one("b", _BARE, 2),
            "{b2}": lambda: "p.secret < 'm'",
            "{i}": lambda: draw_one("i", _BARE, 2),
        }
        for mark, draw in parts.items():
            while mark in template:
                template = template.replace(mark, draw(), 1)
        return template

    def _script(self, form: str, texts: Sequence[str]) -> Script:
        how = self._rng.choice(_WAYS)
        steps = tuple(self._step(text, how) for text in texts)
        if how == "simple" and len(steps) > 1 and self._rng.random() < 0.2:
            steps = (Step("; ".join(texts)),)
        elif how == "again":  # prepared before, executed after: whatever the script changes in between
            ahead = Step("select name, secret from people", "extended", name="ahead")
            execute = Step("", "execute", name="ahead", describe="")
            steps = (*steps[:1], ahead, *steps[1:-1], execute, *steps[-1:]) if len(steps) > 2 else steps
        return Script(form, steps, any(word in text for text in texts for word in _VARYING))

    def _step(self, text: str, how: str) -> Step:
        step = Step(text, data=b"x\n")
        match how:
            case "simple" | "again":
                return step
            case "text":
                return replace(step, how="extended")
            case "binary":
                return replace(step, how="extended", formats=(1,))
            case "statement":
                return replace(step, how="extended", describe="S", again=2, formats=(self._rng.randrange(2),))
            case "limited":
                return replace(step, how="extended", limit=1)
            case _:
                return replace(step, how="extended", describe="")
