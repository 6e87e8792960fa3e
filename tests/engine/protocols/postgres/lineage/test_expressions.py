"""Expressions: every kind of node is understood or unproved."""

from __future__ import annotations

import pytest

from engine.protocols.postgres.lineage.expressions import evaluate, kind_of
from engine.protocols.postgres.lineage.queries import trace_query
from engine.protocols.postgres.lineage.scope import Context, Scope
from engine.protocols.postgres.lineage.values import Ledger
from engine.protocols.postgres.parsing import grammar
from tests.engine.protocols.postgres.lineage.shop import Shop

# What says nothing of stored values by itself.
_FREE = {"a_const", "param_ref", "current_of_expr", "grouping_func", "merge_support_func", "set_to_default"}
_FREE |= {"sqlvalue_function", "json_agg_constructor"}
# Values flow in through these fields alone, and an empty node has none of them.
_CARRYING = {
    "a_array_expr", "bool_expr", "boolean_test", "case_expr", "coalesce_expr", "collate_clause", "json_argument",
    "json_array_agg", "json_array_constructor", "json_behavior", "json_func_expr", "json_is_predicate",
    "json_key_value", "json_object_agg", "json_object_constructor", "json_parse_expr", "json_scalar_expr",
    "json_serialize_expr", "json_table_path_spec", "json_value_expr", "list", "min_max_expr", "named_arg_expr",
    "null_test", "res_target", "row_expr", "sort_by", "type_cast", "xml_expr", "xml_serialize", "a_indirection",
}  # fmt: skip
# These mean nothing when they are empty.
_NAMING = {"column_ref", "func_call", "a_expr", "sub_link", "json_array_query_constructor"}


def test_every_node_of_the_grammar_is_handled_or_unproved(shop: Shop) -> None:
    for kind in (field.name for field in grammar.Node.DESCRIPTOR.fields):
        scope = Scope(Context(shop.catalog, (), (), Ledger(), None, trace_query))
        node = grammar.Node()
        getattr(node, kind).SetInParent()
        assert kind_of(node) == kind
        if kind not in _NAMING:
            value = evaluate(node, scope)
            assert (value.sources is not None) == (kind in _FREE | _CARRYING), kind


@pytest.mark.parametrize(
    "expression",
    [
        "email", "-email", "(email)", "email::text", "email collate \"C\"", "array[email]", "array[[email]]",
        "(array[email])[1]", "(array[1, 2])[length(email)]", "row(email)", "row(1, email)", "(row(1, email)).f2",
        "email = 'a'", "email in ('a')", "'a' in (email)", "email like 'a'", "email between 'a' and 'b'",
        "email is distinct from 'a'", "email = any (array['a'])", "'a' = any (array[email])", "email is null",
        "(email = 'a') is true", "not (email = 'a')", "email = 'a' and true", "true or email = 'a'",
        "case when email = 'a' then 1 end", "case email when 'a' then 1 end", "case when true then email end",
        "case when true then 1 else length(email) end", "coalesce('a', email)", "nullif(email, 'a')",
        "nullif('a', email)", "greatest('a', email)", "least('a', email)", "upper(email)", "concat_ws(',', 'a', email)",
        "format('%s', email)", "(select email)", "array(select email)", "email in (select body from notes)",
        "(email, 1) = (select body, id from notes)", "substring(email from 1 for 2)", "trim(email)",
        "position('a' in email)", "overlay('x' placing email from 1)", "extract(year from (email::date))",
        "email at time zone 'UTC'", "xmlelement(name a, email)", "xmlelement(name a, xmlattributes(email as b))",
        "xmlforest(email as e)", "xmlconcat(xmlelement(name a, email))", "xmlparse(content email)",
        "xmlpi(name a, email)", "xmlserialize(content email::xml as text)", "email is json", "json_object('a': email)",
        "json_object(email: 1)", "json_array(email)", "json_array(select email)", "json(email)", "json_scalar(email)",
        "json_serialize(email)", "json_value(email::jsonb, '$')", "json_value('{}', '$' passing email as x)",
        "json_value('{}', '$' default email on empty)", "json_query(email::jsonb, '$')",
        "json_exists(email::jsonb, '$')", "max(email)", "string_agg(email, ',')", "json_objectagg('a': email)",
        "json_arrayagg(email)", "mode() within group (order by email)", "lag(email) over ()",
        "percentile_disc(0.5) within group (order by email)", "json_agg(customers)", "customers", "customers::text",
        "upper(what => email)",
    ],
)  # fmt: skip
def test_a_value_flows_through_every_form_of_expression(shop: Shop, expression: str) -> None:
    (found,) = shop.sources(f"select {expression} from customers")
    assert found is None or "customers.email" in found, expression


def test_flows_are_not_imagined(shop: Shop) -> None:
    expressions = ("name", "case when city = 'x' then name end", "coalesce(name, city)", "upper(name) || city")
    for expression in expressions:
        (found,) = shop.sources(f"select {expression} from customers")
        assert found is not None
        assert found <= {"customers.name", "customers.city"}


def test_the_servers_own_settings_are_read_by_the_names_that_pg_settings_has(shop: Shop) -> None:
    assert shop.sources("select name, current_setting(s.name) from pg_settings s order by 1")[1] == set()
    assert shop.sources("select pg_catalog.current_setting(n, true) from (select name from pg_settings) t(n)") == [
        set()
    ]


def test_a_name_that_may_not_be_from_pg_settings_reads_anything(shop: Shop) -> None:
    for rows in (
        "(select name from pg_settings union all select 'app.who') t(name)",
        "(select 'app.who' as name) a full join pg_settings t using (name)",
        "(select coalesce(nullif(name, name), 'app.who') as name from pg_settings) t",
        "(select case when true then 'app.who' else name end as name from pg_settings) t",
        "(select max(name) as name from pg_settings) t",
        "(values ((select min(name) from pg_settings)), ('app.who')) t(name)",
    ):
        assert shop.sources(f"select current_setting(name) from {rows}") == [None], rows
    recursive = """
        with recursive t(name, value) as (
          select name, '' from pg_settings union all select 'app.who', current_setting(t.name) from t)
        select value from t"""
    assert shop.sources(recursive) == [None]
