"""SELECT, VALUES and set operations: what steers their answers."""

from __future__ import annotations

import pytest

from tests.engine.protocols.postgres.lineage.shop import Shop


@pytest.mark.parametrize(
    "sql",
    [
        "select id from customers where email like 'a%'",
        "select id from customers order by email",
        "select id from customers order by lower(email) desc",
        "select email as e, id from customers order by e",
        "select id, email from customers order by 2",
        "select city from customers group by city, email",
        "select count(*) from customers group by 1 = length(email)",
        "select email from customers group by 1",
        "select lower(email) as l from customers group by l",
        "select city, count(*) from customers group by grouping sets ((city), (email))",
        "select count(*) from customers group by rollup (city, (id, email))",
        "select city from customers group by city having max(email) > 'm'",
        "select distinct email from customers",
        "select distinct on (email) id from customers",
        "select row_number() over (order by email) from customers",
        "select sum(id) over (partition by email) from customers",
        "select sum(id) over w from customers window w as (order by email)",
        "select sum(id) over (order by id rows length(email) preceding) from customers",
        "select id from customers limit (select length(email) from customers limit 1)",
        "select id from customers offset (select length(email) from customers limit 1)",
        "select email from customers union select body from notes",
        "select email from customers intersect all select body from notes",
        "select body from notes except all select email from customers",
        "select array_agg(id order by email) from customers",
        "select id from customers where exists (select from customers x where x.email > customers.email)",
        "select 1 from notes where body in (select email from customers)",
        "select 1 from notes where body > all (select email from customers)",
        "select 1 from (select email as x from customers) s where x = 'a'",
        "select 1 where (select email from customers limit 1) = 'a'",
        "select unnest(string_to_array(email, '')) from customers",
        "explain select * from customers where email = 'a'",
    ],
)
def test_what_selects_orders_groups_or_compares_steers_the_answer(shop: Shop, sql: str) -> None:
    assert "customers.email" in (shop.inferences(sql) or ())


@pytest.mark.parametrize(
    "sql",
    [
        "select email from customers",
        "select * from customers where id = 1 order by name limit 3",
        "select email from customers union all select body from notes",
        "select contact from contacts",
        "select count(*) from contacts",
        "select max(email), city from customers group by city",
        "select email, name as email from customers order by id",
    ],
)
def test_what_is_only_shown_does_not(shop: Shop, sql: str) -> None:
    found = shop.inferences(sql)
    assert found is not None
    assert "customers.email" not in found


def test_a_view_compares_at_its_owners_choice_unless_it_reads_what_the_client_set(shop: Shop) -> None:
    assert shop.inferences("select label from contacts") == set()
    assert shop.inferences("select id from tenant") == {"customers.email"}


def test_set_operations_join_their_arms_by_position(shop: Shop) -> None:
    sql = "select id, email from customers union all select 1, body from notes union all (select 2, 'x' limit 1)"
    assert shop.sources(sql) == [{"customers.id"}, {"customers.email", "notes.body"}]


def test_a_thousand_arms_are_walked_not_nested(shop: Shop) -> None:
    assert shop.sources(" union all ".join(["select email from customers"] * 1000)) == [{"customers.email"}]


def test_a_hundred_joins_are_proved(shop: Shop) -> None:
    joins = " ".join(f"join customers c{n} on c{n}.id = c0.id" for n in range(1, 100))
    assert shop.sources(f"select c99.email from customers c0 {joins}") == [{"customers.email"}]


def test_beyond_the_nesting_limit_nothing_is_proved(shop: Shop) -> None:
    lineage = shop.lineage(f"select {'upper(' * 400}email{')' * 400} from customers")
    assert (lineage.columns, lineage.inferences, lineage.copies) == (None, None, None)
