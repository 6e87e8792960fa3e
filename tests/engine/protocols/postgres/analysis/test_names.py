"""Names and values are read out of nodes as the server would."""

from __future__ import annotations

from typing import Any

import pytest

from engine.protocols.postgres.analysis.names import descendants, dotted, literal, split_name
from engine.protocols.postgres.parsing import Unreadable, parse


def value(expression: str) -> Any:
    parsed = parse(f"select {expression}")
    assert not isinstance(parsed, Unreadable)
    return parsed[0].node.target_list[0].res_target.val


@pytest.mark.parametrize(("expression", "text"), [
    ("'x'", "x"), ("5", "5"), ("1.5", "1.5"), ("true", "on"), ("'x'::text", "x"), ("'x'::text::regclass", "x"),
    ("E'\\x41'", "A"), ("U&'\\0041'", "A"), ("null", None), ("a", None), ("$1", None), ("'a' || 'b'", None),
    ("lower('X')", None), ("-1", "-1"),
])  # fmt: skip
def test_a_literal_is_a_constant_through_casts(expression: str, text: str | None) -> None:
    assert literal(value(expression)) == text


def test_a_part_with_a_dot_looks_like_no_other_name() -> None:
    assert dotted("public", "orders") == "public.orders"
    assert dotted("a", "public.orders") == 'a."public.orders"'
    assert dotted("a.b", 'c"d') == '"a.b"."c""d"'
    assert dotted(None, "x") == "x"


def test_a_name_has_a_schema_or_not() -> None:
    assert split_name(("a", "b")) == ("a", "b")
    assert split_name(("db", "a", "b")) == ("a", "b")
    assert split_name(("b",)) == (None, "b")
    assert split_name(()) == (None, "")


def test_a_deep_tree_is_walked_without_recursion() -> None:
    assert sum(1 for _ in descendants(value("+".join(["a"] * 3000)))) > 3000
