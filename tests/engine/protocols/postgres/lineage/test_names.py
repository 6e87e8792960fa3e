"""The names of output columns that were given none; `test_lineage_differential.py` compares many more."""

from __future__ import annotations

import pytest

from engine.protocols.postgres.lineage.names import figure_name, is_star
from engine.protocols.postgres.parsing import Unreadable, parse


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("a.b", "b"),
        ("1 + 1", "?column?"),
        ("pg_catalog.upper(x)", "upper"),
        ("x::int", "x"),
        ("'1'::int", "int4"),
        ("(case when true then x end)::text", "text"),
        ("case when true then 1 else x end", "x"),
        ("(y).z[1]", "z"),
        ("(select q from t)", "q"),
        ("(select 1 union select 2)", "?column?"),
        ("(values (1))", "column1"),
        ("array(select 1)", "array"),
        ("current_timestamp(3)", "current_timestamp"),
        ("json_value('{}', '$')", "json_value"),
        ("xmlpi(name a)", "xmlpi"),
        ("least(1, 2)", "least"),
        ("nullif(a, b)", "nullif"),
        ("(select t.* from t)", None),
    ],
)
def test_an_expression_is_named_as_the_server_names_it(expression: str, name: str | None) -> None:
    parsed = parse(f"select {expression}")
    assert not isinstance(parsed, Unreadable)
    target = parsed[0].node.target_list[0].res_target.val
    assert figure_name(target) == name
    assert not is_star(target)
