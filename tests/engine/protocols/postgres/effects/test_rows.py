"""What statements that read and change rows touch, wherever they stand."""

from __future__ import annotations

import pytest

from tests.engine.protocols.postgres.analysing import Desk


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("table customers", ["read table:public.customers"]),
        ("select id, name from customers where email > 'a'", ["read table:public.customers(email, id, name)"]),
        ("select count(*) from customers", ["read table:public.customers"]),
        ("insert into notes (id) select id from customers", [
            "opaque function:public.mystery", "read table:public.customers(id)", "write table:public.notes(id)",
        ]),
        ("insert into orders (customer_id) values (1) returning id", [
            "read table:public.orders(id)", "write table:public.orders(customer_id)",
        ]),
        ("insert into orders (id, status) values (1, 'x') on conflict (id) do update set total = excluded.total", [
            "write table:public.orders(id, status, total)",
        ]),
        ("insert into orders values (1) on conflict (id) do update set total = orders.total + 1", [
            "read table:public.orders(total)", "write table:public.orders",
        ]),
        ("update orders set status = 'x'", ["write table:public.orders(status)"]),
        ("update orders set status = 'x' where id = 1", [
            "read table:public.orders(id)", "write table:public.orders(status)",
        ]),
        ("update orders o set status = c.name from customers c where c.id = o.customer_id", [
            "read table:public.customers(id, name)", "read table:public.orders(customer_id)",
            "write table:public.orders(status)",
        ]),
        ("update orders set (status, total) = (select name, 1 from customers)", [
            "read table:public.customers(name)", "write table:public.orders(status, total)",
        ]),
        ("delete from orders", ["delete table:public.orders"]),
        ("delete from orders using customers where orders.customer_id = customers.id and customers.name = 'x'", [
            "delete table:public.orders", "read table:public.customers(id, name)",
            "read table:public.orders(customer_id)",
        ]),
        ("delete from orders returning *", ["delete table:public.orders", "read table:public.orders"]),
        ("merge into orders o using customers c on o.customer_id = c.id when matched then update set status = c.name"
         " when not matched by source then delete when not matched then insert (status) values ('x')", [
            "delete table:public.orders", "read table:public.customers(id, name)",
            "read table:public.orders(customer_id)", "write table:public.orders(status)",
        ]),
        ("truncate orders", ["delete table:public.orders"]),
        ("truncate customers cascade", ["delete table:public.customers", "delete table:public.orders"]),
        ("truncate customers restart identity", ["delete table:public.customers", "write sequence"]),
        ("select * from orders for share", ["read table:public.orders", "write table:public.orders"]),
        ("select * from orders o, customers c for update of c", [
            "read table:public.customers", "read table:public.orders", "write table:public.customers",
        ]),
        ("lock table orders in access share mode", ["read table:public.orders"]),
        ("lock table orders", ["write table:public.orders"]),
        ("copy customers (id, name) to stdout", ["read table:public.customers(id, name)"]),
        ("copy customers from stdin", ["write table:public.customers"]),
        ("copy (delete from orders returning id) to stdout", [
            "delete table:public.orders", "read table:public.orders(id)",
        ]),
        ("copy customers to '/tmp/x'", ["file path:/tmp/x", "read table:public.customers"]),
        ("copy customers from program 'curl x'", [
            "execute path:curl x", "file path:curl x", "write table:public.customers",
        ]),
        ("select * into fresh from customers", ["read table:public.customers", "schema table:public.fresh"]),
        ("create table fresh as select id from customers", [
            "read table:public.customers(id)", "schema table:public.fresh",
        ]),
        ("create view fresh as select id from customers", [
            "read table:public.customers(id)", "schema table:public.fresh",
        ]),
        ("refresh materialized view totals", [
            "read table:public.orders(customer_id, total)", "write table:public.totals",
        ]),
        ("with gone as (delete from orders returning id) select id from gone", [
            "delete table:public.orders", "read table:public.orders(id)",
        ]),
        ("update pg_settings set setting = 'x' where name = 'role'", [
            "read table:pg_catalog.pg_settings(name)", "session setting", "write table:pg_catalog.pg_settings(setting)",
        ]),
        ("delete from pg_class", [
            "delete table:pg_catalog.pg_class", "privilege table:pg_catalog.pg_class",
            "schema table:pg_catalog.pg_class",
        ]),
    ],
)  # fmt: skip
def test_rows_read_and_changed(desk: Desk, text: str, found: list[str]) -> None:
    if text.startswith("update pg_settings"):
        found = ["housekeeping table:pg_catalog.pg_settings(name)", *found[1:]]
    assert desk.find(text) == found


@pytest.mark.parametrize("text", [
    "update orders set status = 'x' where id = 1",
    "delete from orders where id in (select id from customers)",
    "delete from orders o where exists (select 1 from customers c where c.id = o.customer_id)",
    "delete from orders where current of c",
    "with gone as (delete from orders where id = 1 returning id) select * from gone",
    "select * from orders where id = 1",
])  # fmt: skip
def test_a_condition_on_the_row_is_a_where(desk: Desk, text: str) -> None:
    assert desk.one(text).has_where


@pytest.mark.parametrize("text", [
    "update orders set status = 'x'",
    "truncate orders",
    "with gone as (delete from orders returning id) select * from gone where id = 1",
    "with a as (delete from orders where id = 1), b as (delete from notes) select 1 where true",
    "merge into orders using customers on true when matched then delete",
    "explain analyze delete from orders",
    "select * from purge()",
])  # fmt: skip
def test_no_where_is_no_where_however_deep_it_stands(desk: Desk, text: str) -> None:
    assert not desk.one(text).has_where


def test_copy_says_how_its_data_looks(desk: Desk) -> None:
    statement = desk.one(
        "copy customers to stdout with (format csv, header, delimiter ';', null 'NIL', quote '|', escape '!')"
    )
    assert statement.copy_direction == "out"
    assert (statement.copy_format, statement.copy_header, statement.copy_delimiter) == ("csv", True, ";")
    assert (statement.copy_null, statement.copy_quote, statement.copy_escape) == ("NIL", "|", "!")
    old = desk.one("copy customers from stdin csv header delimiter ';'")
    assert (old.copy_direction, old.copy_format, old.copy_header) == ("in", "csv", True)
    assert desk.one("copy customers to stdout binary").copy_format == "binary"
    assert desk.one("copy customers to '/tmp/x'").copy_direction is None
