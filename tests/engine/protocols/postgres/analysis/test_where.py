"""A WHERE clause counts only if it restricts the rows that change."""

from __future__ import annotations

import pytest

from engine.protocols.postgres.analysis.where import restricts
from engine.protocols.postgres.parsing import Unreadable, parse


def restricted(condition: str) -> bool:
    parsed = parse(f"delete from orders where {condition}")
    assert not isinstance(parsed, Unreadable)
    return restricts(parsed[0].node.where_clause, "orders", {"id", "status", "total"})


@pytest.mark.parametrize("condition", [
    "id = 1", "id > 5 and status = 'x'", "id = 1 and true", "orders.id = 1", "id in (1, 2)", "id = any ($1)",
    "not (id = 1)", "id is null", "(id = 1) is true", "id between 1 and 2", "id = 1 or status = 'x'",
    "exists (select 1 from x where x.id = orders.id)", "id in (select y from x)", "lower(status) = 'x'",
    "current of c", "(id, total) = (1, 2)", "id = total", "(id = 1)::boolean", "id <> id",
])  # fmt: skip
def test_a_condition_on_the_row_restricts(condition: str) -> None:
    assert restricted(condition)


@pytest.mark.parametrize("condition", [
    "true", "1 = 1", "'a' = 'a'", "not false", "1 = 1 or id = 5", "id = 5 or true", "id = id", "orders.id = orders.id",
    "id <= id", "id >= id", "status like status", "id is not distinct from id", "id in (id, 1)", "id between id and id",
    "true and (1 = 1 or id = 2)", "now() > '2000-01-01'", "random() < 2", "$1", "$1 = $1", "current_user is not null",
    "exists (select 1)", "exists (select id from x)", "(select count(*) from x) > 0", "1 in (select id from x)",
    "exists (select 1 from orders where orders.id = 1)", "(true)::boolean", "(1 = 1) is true", "coalesce(true)",
    "exists (select orders.id from secret.orders)",
])  # fmt: skip
def test_what_holds_for_every_row_is_no_where(condition: str) -> None:
    """A trivially true WHERE counts as none."""
    assert not restricted(condition)
