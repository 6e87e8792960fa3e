"""The FROM clause."""

from __future__ import annotations

import pytest

from tests.engine.protocols.postgres.lineage.shop import Shop


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select id from orders join customers using (id)", [{"orders.id", "customers.id"}]),
        ("select j.id from orders join customers using (id) as j", [{"orders.id", "customers.id"}]),
        ("select orders.id from orders join customers using (id)", [{"orders.id"}]),
        ("select x.email from (orders o join customers c using (id)) as x", [{"customers.email"}]),
        ("select b from customers as c(a, b)", [{"customers.name"}]),
        ("select l.e from notes n, lateral (select n.body || c.email as e from customers c) l",
         [{"notes.body", "customers.email"}]),
        ("select e from xmltable('/a' passing xmlelement(name a, (select email from customers limit 1))"
         " columns e text path '.')", [{"customers.email"}]),
        ("select n, d from customers, json_table(extra, '$' columns (n for ordinality, nested '$.x' columns (d text)))",
         [set(), {"customers.extra"}]),
        ("select email from customers tablesample system (10)", [{"customers.email"}]),
    ],
)  # fmt: skip
def test_entries_give_their_columns(shop: Shop, sql: str, expected: list[set[str] | None]) -> None:
    assert shop.sources(sql) == expected


@pytest.mark.parametrize(
    ("sql", "steering"),
    [
        ("select n.id from notes n join customers c on c.email = n.body", {"customers.email", "notes.body"}),
        ("select 1 from people join customers using (email)",
         {"people.email", "people_eu.email", "people_us.email", "customers.email"}),
        ("select n.id from notes n left join customers c on c.ssn = n.body", {"customers.ssn", "notes.body"}),
        ("select 1 from customers c, unnest(string_to_array(c.email, '')) u", {"customers.email"}),
        ("select 1 from customers c, json_table(c.extra, '$' columns (a int))", {"customers.extra"}),
        ("select 1 from generate_series(1, (select length(email) from customers limit 1))", {"customers.email"}),
        ("select 1 from customers tablesample system ((select length(email) from customers limit 1))",
         {"customers.email"}),
    ],
)  # fmt: skip
def test_what_joins_or_multiplies_rows_steers_the_answer(shop: Shop, sql: str, steering: set[str]) -> None:
    assert shop.inferences(sql) == steering


def test_a_natural_join_with_what_is_not_known_proves_nothing(shop: Shop) -> None:
    lineage = shop.lineage("select id from customers natural join nowhere")
    assert lineage.columns is not None
    assert lineage.columns[0].sources is None
    assert lineage.inferences is None


def test_an_entry_that_is_not_known_leaves_the_columns_of_others_proved(shop: Shop) -> None:
    assert shop.sources("select c.email, n.x from customers c, nowhere n") == [{"customers.email"}, None]
    assert shop.lineage("select * from customers, nowhere").columns is None


def test_a_view_over_an_expression_is_not_a_plain_column(shop: Shop) -> None:
    """`count` of a plain column is free, of `nullif(email, 'guess')` it answers a question."""
    assert shop.inferences("select count(contact) from contacts") == set()
    assert shop.inferences("select count(masked_email) from guesses") == {"guesses.masked_email", "customers.email"}
