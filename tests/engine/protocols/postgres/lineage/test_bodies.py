"""SQL functions, followed through their bodies."""

from __future__ import annotations

from dataclasses import replace

from engine.protocols.postgres.lineage.bodies import body_statements
from engine.protocols.postgres.lineage.tracing import analyse_lineage, function_columns
from engine.protocols.postgres.parsing import Unreadable, parse
from tests.engine.protocols.postgres.lineage.shop import Shop, named


def test_arguments_flow_through_a_body_by_position_and_by_name(shop: Shop) -> None:
    assert shop.sources("select shout(email), shout(what => city), twice(id) from customers") == [
        {"customers.email"},
        {"customers.city"},
        {"customers.id"},
    ]


def test_what_a_body_compares_is_the_callers_question_when_the_caller_gives_arguments(shop: Shop) -> None:
    assert shop.inferences("select a from pairs(3)") == {"customers.balance"}


def test_what_a_body_compares_is_its_owners_choice_only_while_its_names_cannot_come_to_mean_something_else(
    shop: Shop,
) -> None:
    assert shop.inferences("select id from mine()") == {"customers.city"}
    (function,) = shop.catalog.functions("public", "mine", ())
    printed = replace(function, is_body_printed=True)
    catalog = replace(
        shop.catalog,
        users=replace(
            shop.catalog.users,
            functions=tuple(printed if each.oid == function.oid else each for each in shop.catalog.users.functions),
        ),
    )
    statements = parse("select id from mine()")
    assert not isinstance(statements, Unreadable)
    (statement,) = statements
    assert analyse_lineage(statement.node, catalog, shop.state).inferences == frozenset()


def test_a_body_of_the_new_form_asks_its_questions_when_it_is_made(shop: Shop) -> None:
    head = "create function asks(a int) returns int language sql"
    assert shop.inferences(f"{head} begin atomic select count(*) from customers where balance = a; end") == {
        "customers.balance"
    }
    assert shop.inferences(f"{head} return (select 1 / balance from customers)") == {"customers.balance"}
    assert shop.inferences(f"{head} return (select count(*) from customers)") == set()


def test_a_body_that_stores_its_argument_copies_it(shop: Shop) -> None:
    assert shop.copies("select log_note(ssn) from customers") == {"customers.ssn"}


def test_the_rows_of_a_body_are_those_its_function_declares(shop: Shop) -> None:
    assert shop.sources("select * from pairs(1)") == [{"customers.id"}, {"customers.email"}]
    assert len(shop.sources("select * from mine()")) == len(shop.columns)
    assert shop.sources("select (mine()).ssn, (mine() ).city") == [{"customers.ssn"}, {"customers.city"}]


def test_a_body_that_runs_itself_is_unproved(shop: Shop) -> None:
    (function,) = shop.catalog.functions("public", "shout", ())
    itself = replace(function, body="select public.shout(what)", is_body_printed=False)
    catalog = replace(
        shop.catalog,
        users=replace(
            shop.catalog.users,
            functions=tuple(itself if each.oid == function.oid else each for each in shop.catalog.users.functions),
        ),
    )
    assert function_columns(itself, [frozenset()], catalog) is None


def test_a_body_is_read_on_the_search_path_of_its_function(shop: Shop) -> None:
    (function,) = shop.catalog.functions("public", "email_of", ())
    body = "select phone from customers"
    there = replace(function, body=body, settings=("search_path=elsewhere, pg_temp",))
    columns = function_columns(there, [frozenset()], shop.catalog, ("public",))
    assert columns is not None
    assert columns[0].sources is not None
    assert named(columns[0].sources) == {"elsewhere.customers.phone"}
    here = function_columns(replace(function, body=body), [frozenset()], shop.catalog, ("public",))
    assert here is not None
    assert here[0].sources != columns[0].sources


def test_bodies_are_read_in_both_forms_and_unreadable_ones_are_told_so() -> None:
    assert len(body_statements("select 1; select 2") or ()) == 2
    assert len(body_statements("BEGIN ATOMIC\n select 1;\n select 2;\nEND") or ()) == 2
    assert len(body_statements("RETURN 1 + 1") or ()) == 1
    assert body_statements("this is no SQL") is None
