"""How much of the answers to ordinary questions is masked or refused, though the protected column is not in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.usefulness.sides import Sides

HERE = Path(__file__).parent
RENTAL = (HERE / "rental.sql").read_text()
TRUSTED = "trusted: [public.touch]"
"""Its trigger function is PL/pgSQL, which is not looked into: the owner vouches for it."""


@dataclass(frozen=True)
class Question:
    """One statement, with the output columns that the protected column is in."""

    title: str
    text: str
    protected: frozenset[str]


@dataclass(frozen=True)
class Verdict:
    """What came of a question: its output columns by name, and how those of them that differ do."""

    question: Question
    columns: tuple[str, ...]
    masked: frozenset[str]  # columns whose values are not the direct ones
    refused: str = ""

    @property
    def lost(self) -> int:
        """Unprotected columns that did not come through."""
        unprotected = [name for name in self.columns if name not in self.question.protected]
        return len(unprotected) if self.refused else sum(name in self.masked for name in unprotected)

    @property
    def unprotected(self) -> int:
        """How many columns had to come through."""
        return sum(name not in self.question.protected for name in self.columns)

    @property
    def leaked(self) -> frozenset[str]:
        """Protected columns that came as they are."""
        return frozenset() if self.refused else self.question.protected - self.masked


def questions(file: str = "queries.sql") -> list[Question]:
    """Those of a file."""
    parts = re.split(r"^-- ", (HERE / file).read_text(), flags=re.MULTILINE)
    found = []
    for part in parts:
        heading, _, text = part.partition("\n")
        if ";" not in text:
            continue
        title, _, protected = heading.partition(" -- protected: ")
        found.append(Question(title, text.strip(), frozenset(protected.split(", ")) - {""}))
    return found


def ask(sides: Sides, asked: Iterable[Question]) -> list[Verdict]:
    """Ask every question on both sides; what a question changes is rolled back."""
    verdicts = []
    with psycopg.connect(**sides.direct.parameters) as direct, psycopg.connect(**sides.through.parameters) as through:
        for connection in (direct, through):
            connection.execute("set timezone to 'UTC'")
            connection.commit()
        for question in asked:
            names, expected = _answer(direct, question)
            try:
                seen_names, seen = _answer(through, question)
            except psycopg.Error as error:
                verdicts.append(Verdict(question, names, frozenset(), refused=str(error)))
                continue
            assert (seen_names, len(seen)) == (names, len(expected)), question.title
            masked = {
                name
                for place, name in enumerate(names)
                if [row[place] for row in seen] != [row[place] for row in expected]
            }
            verdicts.append(Verdict(question, names, frozenset(masked)))
    return verdicts


def _answer(connection: psycopg.Connection[Any], question: Question) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    with connection.transaction(force_rollback=True):
        cursor = connection.execute(question.text.encode())
        assert cursor.description is not None
        return tuple(column.name for column in cursor.description), cursor.fetchall()
