"""Sources, values and the ledger."""

from __future__ import annotations

from engine.model import ColumnRef
from engine.protocols.postgres.lineage.values import (
    NOTHING,
    SETTING,
    Ledger,
    Output,
    Value,
    combined,
    joined,
    renamed,
    row_of,
    told,
)

_A = frozenset({ColumnRef("public", "t", "a")})
_B = frozenset({ColumnRef("public", "t", "b")})


def test_what_is_joined_with_the_unknown_is_unknown() -> None:
    assert joined([_A, _B]) == _A | _B
    assert joined([_A, None]) is None
    assert joined([]) == NOTHING


def test_a_setting_among_the_sources_makes_them_untold() -> None:
    assert told(_A) == _A
    assert told(_A | {SETTING}) is None


def test_further_sources_reach_every_part_of_a_row() -> None:
    row = row_of((Output("a", Value(_A)), Output("n", Value()))).but(_B)
    assert row.sources == _A | _B
    assert row.fields is not None
    assert [part.sources for _, part in row.fields] == [_A | _B, _B]


def test_what_is_made_of_something_that_can_fail_can_fail() -> None:
    assert combined([Value(), Value(may_fail=True)]).may_fail
    assert not combined([Value(is_plain=True)]).is_plain


def test_an_alias_list_renames_the_first_columns() -> None:
    outputs = (Output("a", Value()), Output("b", Value()))
    assert [name for name, _ in renamed(outputs, ["x"])] == ["x", "b"]
    assert [name for name, _ in renamed(outputs, ["x", "y", "z"])] == ["x", "y"]


def test_a_ledger_keeps_what_is_stored_elsewhere_and_forgets_what_stays_in_its_column() -> None:
    ledger = Ledger()
    ledger.copy(_A | _B, into=_A)
    assert ledger.told_copies == _B
    ledger.copy(None)
    assert ledger.told_copies is None


def test_a_ledger_takes_over_another_with_or_without_its_inferences() -> None:
    inside, outside = Ledger(runs_user_code=True), Ledger()
    inside.infer(_A | {SETTING})
    inside.copy(_B)
    outside.add(inside, inferences=False)
    assert (outside.told_inferences, outside.told_copies, outside.runs_user_code) == (NOTHING, _B, True)
    outside.add(inside)
    assert outside.told_inferences == _A
