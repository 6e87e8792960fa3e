"""Schema changes."""

from __future__ import annotations

import pytest

from tests.engine.protocols.postgres.lineage.shop import Shop


@pytest.mark.parametrize(
    "sql",
    [
        "alter table customers rename column email to contact",
        "alter table customers rename to clients",
        "alter table customers set schema elsewhere",
        "alter table customers alter column name type text using email",
        "alter table customers alter column domain drop expression",
        "alter table only customers drop column email",
        "alter table notes add column twin text generated always as (email_at(id)) stored",
        "alter table accounts alter column seen set expression as (email_at(1))",
        "create or replace function twice(n int) returns int language sql return length(email_at(n))",
        "create or replace function twice(n int) returns int language sql as 'select length(email_at(n))'",
    ],
)
def test_giving_a_columns_values_another_name_copies_them(shop: Shop, sql: str) -> None:
    assert "customers.email" in (shop.copies(sql) or ())


def test_a_partition_that_leaves_its_parent_is_copied(shop: Shop) -> None:
    assert "people.email" in (shop.copies("alter table people detach partition people_eu") or ())
    assert "people.email" in (shop.copies("alter table people_eu no inherit people") or ())


@pytest.mark.parametrize(
    "sql",
    [
        "alter table customers alter column email type int using length(email)",
        "alter table customers add constraint c check (email like 'a%')",
        "alter table customers add constraint c unique (email)",
        "alter table customers add exclude using btree (email with =)",
        "alter table customers add exclude using btree (lower(email) with =)",
        "alter table notes add constraint c foreign key (body) references customers (email)",
        "alter table customers add column x int check (email like 'a%')",
        "create unique index on customers (email)",
        "create index on customers ((1 / length(email)))",
        "create index on customers (id) where email like 'a%'",
        "create policy p on notes using (exists (select from customers where email like 'a%'))",
        "alter policy p on notes using (exists (select from customers where email like 'a%'))",
        "alter table elsewhere.customers attach partition customers default",
        "create domain d as text check (value < email_at(1))",
        "create function f() returns text language sql as $$ select 'm'::early $$",
        "create function f() returns text language sql return 'm'::early",
        "cluster customers using customers_pkey",
        "create index on customers (email, id)",
        "create index on customers (id) include (email)",
    ],
)
def test_what_is_checked_against_the_rows_there_are_is_an_inference(shop: Shop, sql: str) -> None:
    assert "customers.email" in (shop.inferences(sql) or ())


def test_an_index_on_a_column_alone_tells_nothing(shop: Shop) -> None:
    assert shop.inferences("create index on customers (email)") == set()


def test_a_function_may_be_replaced_by_one_that_looks_at_no_more(shop: Shop) -> None:
    replaced = "create or replace function email_of(who int) returns text language sql as"
    assert "customers.ssn" not in (shop.copies(f"{replaced} 'select upper(email) from customers where id = who'") or ())
    assert "customers.ssn" in (shop.copies(f"{replaced} 'select ssn from customers where id = who'") or ())


def test_code_in_other_languages_than_sql_cannot_be_followed(shop: Shop) -> None:
    body = "as 'begin return null; end'"
    assert shop.copies(f"create function f() returns trigger language plpgsql {body}") is None
    assert shop.copies("create function f() returns int language internal as 'int4in'") is None
    assert shop.copies("create function f() returns text language sql as 'select email from customers'") == set()
    assert shop.copies("create function f() returns int return 1") == set()


def test_other_schema_changes_move_no_values(shop: Shop) -> None:
    for sql in (
        "alter table customers add column note text",
        "alter table customers owner to postgres",
        "alter index customers_pkey rename to pk",
        "alter function twice(int) rename to double",
        "create table fresh (id int, like customers)",
        "drop table notes",
        "create index on customers (email)",
        "alter domain information_schema.sql_identifier set not null",
    ):
        lineage = shop.lineage(sql)
        assert (lineage.columns, lineage.inferences, lineage.copies) == ((), frozenset(), frozenset()), sql
    assert shop.inferences("alter domain d add check (value not like 'a%')") is None
    assert shop.copies("alter schema public rename to old") is None
