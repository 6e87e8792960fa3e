"""A RowDescription is worked out once, and anew when anything it rests on has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.model import Column
from engine.protocols.postgres.answers import Field, RowDescription
from engine.protocols.postgres.describing import Describing
from engine.protocols.postgres.statement import Statement

LINEAGE = (Column("a", frozenset()),)
STATEMENT = Statement("select a", "SELECT", columns=LINEAGE)


class Counting:
    """Describes, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, fields: Sequence[Field], statement: Statement) -> tuple[Column, ...]:
        self.times += 1
        return tuple(Column(field.name, None) for field in fields)


def data(name: str, format: int = 0) -> bytes:
    return RowDescription((Field(name, format=format),)).encode()


def test_the_same_description_of_the_same_lineage_is_worked_out_once() -> None:
    count = Counting()
    described = Describing(count)
    assert described(data("a", 1), STATEMENT) == ((Column("a", None),), (1,))
    described(data("a", 1), replace(STATEMENT, text="select a -- again"))
    assert count.times == 1


def test_another_description_or_another_lineage_is_worked_out_anew() -> None:
    count = Counting()
    described = Describing(count)
    described(data("a"), STATEMENT)
    described(data("b"), STATEMENT)
    described(data("a"), replace(STATEMENT, columns=(Column("a", None),)))
    assert count.times == 3


def test_an_answer_without_a_lineage_is_never_remembered() -> None:
    count = Counting()
    described = Describing(count)
    for _ in range(2):
        described(data("a"), replace(STATEMENT, columns=None))
    assert count.times == 2


def test_it_remembers_a_bounded_number() -> None:
    count = Counting()
    described = Describing(count)
    for number in range(200):
        described(data(f"c{number}"), STATEMENT)
    described(data("c199"), STATEMENT)
    assert count.times == 200
