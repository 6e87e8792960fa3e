"""Every kind of statement."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model import Column
from engine.protocols.postgres.lineage.schema import SCHEMA_STATEMENTS
from engine.protocols.postgres.lineage.statements import HARMLESS, STATEMENTS, UNFOLLOWED
from engine.protocols.postgres.lineage.tracing import analyse_lineage
from engine.protocols.postgres.parsing import Unreadable, grammar, parse
from engine.protocols.postgres.statement import PreparedStatement, SessionState, Statement
from tests.engine.protocols.postgres.lineage.shop import Shop, named

_QUERIES = {"select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"}
# Never a statement of their own: made by the server, inside functions, or what a statement is wrapped in.
_NOT_STATEMENTS = {"raw_stmt", "set_operation_stmt", "return_stmt", "plassign_stmt", "replica_identity_stmt"}


def test_every_statement_of_the_grammar_is_in_one_table() -> None:
    statements = {f.name for f in grammar.Node.DESCRIPTOR.fields if f.name.endswith("_stmt")} - _NOT_STATEMENTS
    tables = [_QUERIES, set(STATEMENTS), set(SCHEMA_STATEMENTS), set(HARMLESS), set(UNFOLLOWED)]
    assert statements - set().union(*tables) == set()
    for position, table in enumerate(tables):
        assert not table & set().union(*tables[position + 1 :])
        assert table - _NOT_STATEMENTS <= statements


@pytest.mark.parametrize(
    ("sql", "copies"),
    [
        ("create table x as select email from customers", {"customers.email"}),
        ("select email into x from customers", {"customers.email"}),
        ("select 'a' into x union select email from customers", {"customers.email"}),
        ("create materialized view x as select ssn from customers", {"customers.ssn"}),
        ("create table x as execute nobody", None),
        ("copy customers (email) to '/tmp/x'", {"customers.email"}),
        ("copy (select ssn from customers) to program 'cat'", {"customers.ssn"}),
        ("copy customers to stdout", set()),
        ("copy notes from stdin", set()),
        ("create view x as select email from customers", set()),
        ("refresh materialized view totals", set()),
        ("prepare p as insert into notes (body) select email from customers", {"customers.email"}),
        ("explain analyze insert into notes (body) select email from customers", {"customers.email"}),
        ("explain insert into notes (body) select email from customers", set()),
        ("create schema s create table t (id int) create view v as select 1", set()),
        ("do 'begin end'", None),
        ("call nobody()", None),
        ("create trigger t before insert on notes execute function f()", None),
        ("create rule r as on insert to notes do also select 1", None),
        ("create publication p for table customers", None),
        ("create cast (text as int) with function f(text) as implicit", None),
    ],
)
def test_what_a_statement_stores_elsewhere_is_told(shop: Shop, sql: str, copies: set[str] | None) -> None:
    assert shop.copies(sql) == copies


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("copy customers (city, email) to stdout", [{"customers.city"}, {"customers.email"}]),
        ("copy (select email from customers) to stdout", [{"customers.email"}]),
        ("declare c cursor for select email from customers", [{"customers.email"}]),
        ("explain (analyze, verbose) select email from customers where id = 1", [set()]),
        ("explain verbose select email_of(1)", [{"customers.email", "customers.id"}]),
        ("show server_version", [set()]),
        ("show all", [set(), set(), set()]),
        ("show app.secret", [None]),
        ("table customers", None),
        ("select email into x from customers", []),
        ("update customers set name = 'x'", []),
        ("begin", []),
    ],
)
def test_the_columns_of_other_statements_than_queries(
    shop: Shop, sql: str, expected: list[set[str] | None] | None
) -> None:
    if expected is not None:
        assert shop.sources(sql) == expected


def test_copying_a_table_leaves_out_its_generated_columns(shop: Shop) -> None:
    columns = shop.lineage("copy customers to stdout").columns
    assert columns is not None
    assert "domain" not in [column.name for column in columns]
    assert len(columns) == len(shop.columns) - 1


def test_a_view_of_the_clients_own_asks_what_it_compares(shop: Shop) -> None:
    assert shop.inferences("create view v as select id from customers where email like 'a%'") == {"customers.email"}


def test_a_cursor_gives_what_it_was_declared_with(shop: Shop) -> None:
    columns = shop.lineage("select email, id from customers").columns
    state = replace(shop.state, cursors={"c": columns})
    assert _columns(shop, "fetch 3 from c", state) == columns
    assert _columns(shop, "fetch 3 from other", state) is None
    assert _columns(shop, "move 3 from c", state) == ()


def test_a_prepared_statement_is_traced_again_when_it_is_executed(shop: Shop) -> None:
    for text in ("prepare p as select email from customers", "select email from customers"):
        prepared = PreparedStatement(text, Statement(text, "SELECT"))
        state = replace(shop.state, prepared={"p": prepared})
        for sql in ("execute p", "execute p(1)"):
            columns = _columns(shop, sql, state)
            assert columns is not None
            assert named(columns[0].sources) == {"customers.email"}
    assert shop.lineage("execute nobody").inferences is None


def _columns(shop: Shop, sql: str, state: SessionState) -> tuple[Column, ...] | None:
    parsed = parse(sql)
    assert not isinstance(parsed, Unreadable)
    return analyse_lineage(parsed[0].node, shop.catalog, state).columns
