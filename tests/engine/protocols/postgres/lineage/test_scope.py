"""Which column a name means."""

from __future__ import annotations

import pytest

from engine.model import ColumnRef
from engine.protocols.postgres.lineage.scope import NESTING_LIMIT, Budget, Context, Item, Scope, expand
from engine.protocols.postgres.lineage.values import UNKNOWN, Ledger, Output, Value
from tests.engine.protocols.postgres.lineage.shop import Shop


def _value(name: str) -> Value:
    return Value(frozenset({ColumnRef("public", "t", name)}))


def _item(name: str, *columns: str) -> Item:
    return Item(name, tuple(Output(column, _value(column)) for column in columns))


@pytest.fixture
def scope(shop: Shop) -> Scope:
    return Scope(Context(shop.catalog, (), (), Ledger(), None, lambda node, scope: None))


def test_a_name_means_the_column_of_the_innermost_level_that_has_it(scope: Scope) -> None:
    scope.items.append(_item("outer", "a", "b"))
    inner = scope.inner()
    inner.items.append(_item("inner", "a"))
    assert inner.column("a") == _value("a")
    assert inner.column("b") == _value("b")
    assert inner.column("c") is None


def test_a_name_that_two_entries_have_proves_nothing(scope: Scope) -> None:
    scope.items += [_item("x", "a"), _item("y", "a")]
    assert scope.column("a") == UNKNOWN


def test_an_entry_whose_columns_are_not_known_may_have_any_name_before_outer_levels_do(scope: Scope) -> None:
    scope.items.append(_item("outer", "a"))
    inner = scope.inner()
    inner.items += [Item("opaque", None), _item("known", "b")]
    assert inner.column("a") == UNKNOWN
    assert inner.column("b") == _value("b")


def test_a_qualified_name_means_a_table_without_alias_by_its_schema(scope: Scope) -> None:
    table = Item("t", (), "public", "t")
    scope.items += [table, _item("u", "a")]
    assert scope.relation("t", "public") is table
    assert scope.relation("u", "public") is None
    assert scope.relation("u") is not None


def test_system_columns_hold_no_data(scope: Scope) -> None:
    scope.items.append(Item("t", (), has_system_columns=True))
    found = scope.column("ctid")
    assert found is not None
    assert found.sources == frozenset()


def test_a_star_leaves_out_hidden_entries_and_is_unknown_beside_an_opaque_one() -> None:
    hidden = _item("h", "b")
    hidden.shows_columns = False
    assert expand([_item("x", "a"), hidden]) == (Output("a", _value("a")),)
    assert expand([_item("x", "a"), Item("o", None)]) is None


def test_nesting_and_work_are_bounded(scope: Scope) -> None:
    def dive(depth: int) -> None:
        with scope.context.nested():
            dive(depth + 1)

    with pytest.raises(RecursionError):
        dive(0)
    assert scope.context.depth == 0
    assert NESTING_LIMIT < 1000
    with pytest.raises(RecursionError):
        Budget(3).spend(4)
