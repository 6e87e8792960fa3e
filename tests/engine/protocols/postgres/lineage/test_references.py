"""Column references, parameters and field selections."""

from __future__ import annotations

from tests.engine.protocols.postgres.lineage.shop import Shop


def test_a_column_goes_before_a_whole_row_of_the_same_name(shop: Shop) -> None:
    assert shop.sources("select email from (select id as email from customers) as email") == [{"customers.id"}]
    assert shop.sources("select e from (select id from customers) as e") == [{"customers.id"}]


def test_names_may_be_qualified_by_table_schema_and_database(shop: Shop) -> None:
    sql = "select customers.id, public.customers.id, lineage_shop.public.customers.id from customers"
    assert shop.sources(sql) == [{"customers.id"}] * 3
    assert shop.sources("select public.c.id from customers c") == [None]


def test_an_outer_name_is_found_from_within(shop: Shop) -> None:
    assert shop.sources("select (select (select email)) from customers") == [{"customers.email"}]


def test_parts_of_rows_are_followed_through_queries(shop: Shop) -> None:
    assert shop.sources("select (q.c).email, (q.c).city from (select c from customers c) q") == [
        {"customers.email"},
        {"customers.city"},
    ]
    assert shop.sources("select (row(id, email)).f1, ((home)).zip from customers") == [
        {"customers.id"},
        {"customers.home"},
    ]


def test_a_clients_parameter_is_free(shop: Shop) -> None:
    assert shop.sources("select $1, $2::int + 1") == [set(), set()]


def test_a_name_that_nothing_has_is_unproved(shop: Shop) -> None:
    assert shop.sources("select nothing from customers") == [None]
    assert shop.sources("select nobody.email from customers") == [None]
