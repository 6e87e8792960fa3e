"""Functions in FROM."""

from __future__ import annotations

import pytest

from tests.engine.protocols.postgres.lineage.shop import Shop


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("select * from generate_series(1, 2)", ["generate_series"]),
        ("select * from generate_series(1, 2) g", ["g"]),
        ("select * from json_array_elements('[]') x", ["value"]),
        ("select * from json_each('{}') x", ["key", "value"]),
        ("select * from unnest(array[1], array['a']) with ordinality", ["unnest", "unnest", "ordinality"]),
        ("select * from rows from (unnest(array[1]), json_each('{}')) r(a)", ["a", "key", "value"]),
        ("select * from json_to_record('{}') as x(a int, b text)", ["a", "b"]),
        ("select * from pairs(1) p(x)", ["x", "b"]),
        ("select * from email_of(1)", ["email_of"]),
        ("select * from current_date d", ["d"]),
    ],
)
def test_a_function_gives_the_columns_it_declares(shop: Shop, sql: str, names: list[str]) -> None:
    columns = shop.lineage(sql).columns
    if columns is not None:  # a value whose type is not told could be a row
        assert [column.name for column in columns] == names
    else:
        assert "current_date" in sql


def test_what_is_unnested_carries_its_array(shop: Shop) -> None:
    assert shop.sources("select t from customers c, unnest(c.tags) t") == [{"customers.tags"}]
    assert shop.sources("select k, v from customers c, jsonb_each(c.extra) e(k, v)") == [{"customers.extra"}] * 2


def test_columns_of_a_function_that_cannot_be_told_still_carry_its_arguments(shop: Shop) -> None:
    assert shop.sources("select u.x from customers c, unnest(nullif(c.tags, $1)) u(x)") == [{"customers.tags"}]
    assert shop.sources("select u.x from unnest(hidden(1)) u(x)") == [None]
    assert shop.sources("select u.x from unnest($1) u(x)") == [set()]
