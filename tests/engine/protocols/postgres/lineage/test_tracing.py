"""Lineage through its public door: what flows into each column, what steers an answer, what is copied."""

from __future__ import annotations

import pytest

from tests.engine.protocols.postgres.lineage.shop import Shop


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select email as x from customers", [{"customers.email"}]),
        ("select c.email || '' from customers c", [{"customers.email"}]),
        ("select contact from contacts", [{"customers.email", "contacts.contact"}]),
        ("select total from contact_orders", [{"orders.total", "contact_orders.total"}]),
        ("select domain from customers", [{"customers.email", "customers.domain"}]),
        ("select email from totals", [{"customers.email", "totals.email"}]),
        ("select email from people_eu", [{"people.email", "people_eu.email"}]),
        ("select email from people", [{"people.email", "people_eu.email", "people_us.email"}]),
        ("select email_of(1)", [{"customers.email"}]),
        ("select shout(city) from customers", [{"customers.city"}]),
        ("select hidden(1)", [None]),
        ("select count(*), count(email), count(1) from customers", [set(), set(), set()]),
        ("select (c).email, email(c), c.email from customers c", [{"customers.email"}] * 3),
        ("select (select max(email) from customers), 1", [{"customers.email"}, set()]),
        ("select array(select email from customers)", [{"customers.email"}]),
        ("select exists (select 1 from customers where email like 'a%')", [set()]),
        ("select x from unnest(array(select email from customers)) x", [{"customers.email"}]),
        ("select phone from elsewhere.customers", [{"elsewhere.customers.phone"}]),
        ("select (home).zip, extra -> 'a', tags[1] from customers",
         [{"customers.home"}, {"customers.extra"}, {"customers.tags"}]),
        ("select email from nowhere", [None]),
        ("select * from (select 1 a) s natural join (select 1 a, id from customers) t", [set(), {"customers.id"}]),
        ("values (1, (select email from customers limit 1))", [set(), {"customers.email"}]),
        ("select 1, null, now(), current_user, $1", [set()] * 5),
    ],
)  # fmt: skip
def test_each_column_carries_the_columns_its_values_come_from(
    shop: Shop, sql: str, expected: list[set[str] | None]
) -> None:
    assert shop.sources(sql) == expected


def test_a_whole_row_carries_every_column(shop: Shop) -> None:
    every = {f"customers.{name}" for name in shop.columns}
    queries = ("c", "c::text", "row_to_json(c)", "to_jsonb(c.*)", "json_agg(c)", "array_agg(c)", "row(c.*)")
    for query in queries:
        assert shop.sources(f"select {query} from customers c") == [every], query


def test_a_recursive_query_is_followed_round_until_nothing_flows_further(shop: Shop) -> None:
    sql = """with recursive r(a, b, c) as (select 1, 'x', email from customers union all
             select a + 1, c, c from r where a < 9) select a, b, c from r"""
    assert shop.sources(sql) == [set(), {"customers.email"}, {"customers.email"}]
