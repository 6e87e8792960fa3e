"""INSERT, UPDATE, DELETE and MERGE."""

from __future__ import annotations

import pytest

from tests.engine.protocols.postgres.lineage.shop import Shop


@pytest.mark.parametrize(
    ("sql", "copies"),
    [
        ("insert into notes (body) select email from customers", {"customers.email"}),
        ("insert into notes select id, ssn from customers", {"customers.id", "customers.ssn"}),
        ("insert into notes (body) values ((select max(ssn) from customers))", {"customers.ssn"}),
        ("insert into notes (body) values ('x'), (default)", set()),
        ("insert into notes (body) select note from nowhere", None),
        ("update customers set email = email", set()),
        ("update customers set email = lower(email)", set()),
        ("update customers set name = email", {"customers.email"}),
        ("update customers set (name, city) = (select email, ssn)", {"customers.email", "customers.ssn"}),
        ("update customers set (name, email) = row (ssn, email)", {"customers.ssn"}),
        ("update notes n set body = c.email from customers c where c.id = n.id", {"customers.email"}),
        ("update people_eu set email = email", set()),
        ("merge into notes n using customers c on n.id = c.id when matched then update set body = c.ssn",
         {"customers.ssn"}),
        ("merge into notes n using customers c on n.id = c.id when not matched then insert (body) values (c.email)",
         {"customers.email"}),
        ("insert into customers (id, email) values (1, 'x') on conflict (id) do update set name = excluded.name",
         set()),
        ("insert into customers (id, email) values (1, 'x') on conflict (id) do update set name = customers.email",
         {"customers.email"}),
        ("with w as (insert into notes (body) select email from customers returning 1) select 1",
         {"customers.email"}),
        ("delete from notes", set()),
    ],
)  # fmt: skip
def test_what_is_stored_in_another_column_is_a_copy(shop: Shop, sql: str, copies: set[str] | None) -> None:
    assert shop.copies(sql) == copies


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("delete from customers returning email", [{"customers.email"}]),
        ("update notes set body = (select email from customers limit 1) returning body, old.body, new.body",
         [{"notes.body", "customers.email"}, {"notes.body"}, {"notes.body", "customers.email"}]),
        ("insert into notes (id, body) select id, email from customers returning body",
         [{"notes.body", "customers.email"}]),
        ("update customers set name = 'x' returning with (old as before) before.email", [{"customers.email"}]),
        ("insert into contacts (id) values (1) returning contact", [{"customers.email", "contacts.contact"}]),
    ],
)  # fmt: skip
def test_returning_shows_what_was_there_and_what_was_stored(
    shop: Shop, sql: str, expected: list[set[str] | None]
) -> None:
    assert shop.sources(sql) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "update notes set body = 'x' where exists (select from customers where email = 'a')",
        "delete from notes using customers c where c.email = notes.body",
        "merge into notes n using customers c on n.body = c.email when matched then delete",
        "merge into notes n using customers c on n.id = c.id when matched and c.email = 'a' then delete",
        "insert into customers (id, email) values (1, 'x') on conflict (email) do nothing",
        "insert into customers (id, email) values (1, 'x') on conflict do nothing",
        "insert into customers (id) values (1) on conflict (id) do update set name = 'x' where customers.email = 'a'",
        "update customers set tags[length(email)] = 'x'",
    ],
)
def test_what_decides_whether_a_row_is_changed_steers_the_answer(shop: Shop, sql: str) -> None:
    assert "customers.email" in (shop.inferences(sql) or ())
