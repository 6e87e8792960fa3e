"""Ordinary questions to a database with a protected column."""

from __future__ import annotations

import pytest

from tests.usefulness.figures import Precision
from tests.usefulness.precision import Verdict, ask, questions
from tests.usefulness.sides import Sides


@pytest.fixture(scope="module")
def verdicts(protected_shop: Sides) -> list[Verdict]:
    return ask(protected_shop, questions("queries.sql"))


def test_at_most_one_unprotected_column_in_fifty_is_masked(verdicts: list[Verdict]) -> None:
    counted = Precision.of(verdicts)
    assert counted.questions >= 50
    assert counted.masked <= 0.02 * counted.columns, [each.question.title for each in verdicts if each.lost]


def test_no_question_that_leaves_the_protected_column_alone_is_refused(verdicts: list[Verdict]) -> None:
    assert {each.question.title: each.refused for each in verdicts if each.refused} == {}


def test_the_protected_column_is_masked_wherever_it_is_in_an_answer(verdicts: list[Verdict]) -> None:
    assert {each.question.title: each.leaked for each in verdicts if each.leaked} == {}
    assert sum(bool(each.question.protected) for each in verdicts) >= 5


def test_what_tools_ask_of_the_catalog_comes_through_whole(protected_shop: Sides) -> None:
    found = ask(protected_shop, questions("catalog.sql"))
    assert {each.question.title: each.refused or each.masked for each in found if each.lost} == {}
