"""The fields of a statement tell the relay what it does to the session."""

from __future__ import annotations

import pytest

from tests.engine.protocols.postgres.analysing import Desk


@pytest.mark.parametrize(("text", "transaction"), [
    ("begin", "begin"), ("start transaction read only", "begin"), ("commit", "commit"), ("end", "commit"),
    ("commit and chain", "commit"), ("rollback", "rollback"), ("abort", "rollback"), ("savepoint x", "savepoint"),
    ("release x", "savepoint"), ("rollback to x", "savepoint"), ("prepare transaction 'x'", "commit"),
    ("commit prepared 'x'", None), ("rollback prepared 'x'", None), ("select 1", None),
])  # fmt: skip
def test_what_it_does_to_the_transaction(desk: Desk, text: str, transaction: str | None) -> None:
    assert desk.one(text).transaction == transaction


@pytest.mark.parametrize(("text", "changes"), [
    ("create table fresh (id int)", True), ("drop table customers", True), ("select 1 into fresh", True),
    ("create temp table fresh (id int)", True), ("alter table customers rename to x", True), ("discard all", True),
    ("grant select on customers to clerk", True), ("select id from customers", False), ("begin", False),
    ("insert into orders values (1)", False), ("create index on orders (id)", True), ("select mystery(1)", True),
])  # fmt: skip
def test_whether_the_schema_is_another_one_afterwards(desk: Desk, text: str, changes: bool) -> None:
    assert desk.one(text).changes_schema is changes


@pytest.mark.parametrize(("text", "changes"), [
    ("set search_path = x", True), ("set local search_path = x", True), ("set role x", True), ("reset role", True),
    ("set session authorization x", True), ("set client_encoding = 'sjis'", True), ("reset all", True),
    ("set standard_conforming_strings = off", True), ("set statement_timeout = 5", False), ("discard all", True),
    ("select set_config('search_path', 'x', false)", True), ("select set_config(name, 'x', true) from customers", True),
    ("select set_config('statement_timeout', '5', false)", False), ("set my.setting = 5", True), ("begin", False),
    ("rollback to x", True), ("update pg_settings set setting = 'x'", True), ("call reports.close_month()", True),
])  # fmt: skip
def test_whether_names_may_mean_something_else_afterwards(desk: Desk, text: str, changes: bool) -> None:
    assert desk.one(text).changes_settings is changes


def test_lineage_comes_with_the_statement(desk: Desk) -> None:
    statement = desk.one("select upper(email) as x from customers where ssn = '1'")
    assert statement.columns is not None
    assert [str(source) for source in statement.columns[0].sources or ()] == ["public.customers.email"]
    assert statement.inferences is not None
    assert {str(column) for column in statement.inferences} == {"public.customers.ssn"}


def test_lineage_resolves_names_on_the_same_path_as_the_accesses(desk: Desk) -> None:
    statement = desk.one("select id from customers", search_path=("decoy", "public"))
    assert statement.columns is not None
    assert [str(source) for source in statement.columns[0].sources or ()] == ["public.customers.id"]


def test_each_statement_has_its_own_part_of_the_text(desk: Desk) -> None:
    assert [part.text.strip() for part in desk.all("select 1; select 'ü;'; delete from orders where id = 3")] == [
        "select 1", "select 'ü;'", "delete from orders where id = 3",
    ]  # fmt: skip


def test_a_text_without_statements_has_none(desk: Desk) -> None:
    assert desk.all("") == desk.all(" ; -- nothing") == ()


@pytest.mark.parametrize(("text", "cursor"), [
    ("fetch all from c", "c"), ("fetch c", "c"), ('fetch backward 3 from "C"', "C"), ("move 3 in c", None),
    ("select 1", None),
])  # fmt: skip
def test_which_cursor_it_reads_on(desk: Desk, text: str, cursor: str | None) -> None:
    assert desk.one(text).fetches == cursor
