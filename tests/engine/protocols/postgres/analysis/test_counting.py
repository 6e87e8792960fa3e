"""Which changes of rows the server counts, and which a limit has to refuse because nobody does."""

from __future__ import annotations

import pytest

from engine.protocols.postgres.analysis.counting import UNTOLD
from engine.protocols.postgres.statement import PreparedStatement
from tests.engine.protocols.postgres.analysing import Desk


@pytest.mark.parametrize("text", [
    "select id from customers", "select id from customers for update", "insert into orders values (1)",
    "update customers set email = 'x'", "delete from orders where id = 1", "begin", "show all",
    "insert into orders select id from customers on conflict (id) do update set total = 1",
    "merge into orders as o using customers as c on o.id = c.id when matched then delete",
    "copy orders from stdin", "copy orders to stdout", "create table fresh as select * from orders",
    "select * into fresh from orders", "explain delete from orders", "lock table orders", "drop table orders",
    "prepare p as with x as (delete from orders returning 1) select 1",
    "with x as (select 1) delete from orders using x",
])  # fmt: skip
def test_what_the_server_counts_or_changes_no_rows(desk: Desk, text: str) -> None:
    assert desk.one(text).uncounted is None


@pytest.mark.parametrize("text", [
    "with x as (delete from orders returning 1) select 1", "with x as (delete from orders returning 1) table x",
    "with x as (delete from orders returning 1) update customers set email = 'x'",
    "with x as (delete from orders returning 1) select 1 as one into fresh",
    "with a as (with x as (delete from orders returning 1) select 1) select 1",
    "insert into orders with x as (delete from orders returning id) select id from x",
])  # fmt: skip
def test_what_a_with_changes_is_not_counted(desk: Desk, text: str) -> None:
    assert "WITH" in (desk.one(text).uncounted or "")


@pytest.mark.parametrize("text", [
    "truncate orders", "explain analyze delete from orders", "do 'begin delete from orders; end'",
    "copy (delete from orders returning id) to stdout", "select mystery(1)", "execute nothing",
    "create table fresh as execute nothing", "declare c cursor for select mystery(1)",
])  # fmt: skip
def test_what_nobody_counts(desk: Desk, text: str) -> None:
    assert desk.one(text).uncounted == UNTOLD


@pytest.mark.parametrize(("text", "is_counted"), [
    ("delete from orders", True), ("with x as (delete from orders returning 1) select 1", False),
])  # fmt: skip
def test_execute_is_counted_as_what_was_prepared(desk: Desk, text: str, is_counted: bool) -> None:
    prepared = {"p": PreparedStatement(text, desk.one(text))}
    assert (desk.one("execute p", prepared=prepared).uncounted is None) is is_counted


def test_a_text_that_nobody_can_read_is_not_counted(desk: Desk) -> None:
    assert desk.one("select 1 frobnicate everything", server_version=170000).uncounted == UNTOLD
