"""Parsing survives whatever a stranger sends, and splits texts exactly."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.protocols.postgres import parsing
from engine.protocols.postgres.parsing import LONGEST, SAFE_LENGTH, ParsedStatement, Unreadable, parse


def statements(text: str) -> tuple[ParsedStatement, ...]:
    parsed = parse(text)
    assert not isinstance(parsed, Unreadable), parsed.why
    return parsed


def unreadable(text: str) -> Unreadable:
    parsed = parse(text)
    assert isinstance(parsed, Unreadable)
    return parsed


def test_a_text_is_split_into_its_statements_even_where_bytes_and_characters_differ() -> None:
    parts = statements("select 'é;'; -- ;\n /* ; */ delete from \"ü\";; select $$;$$ ")
    assert [part.kind for part in parts] == ["select_stmt", "delete_stmt", "select_stmt"]
    assert parts[0].text == "select 'é;'"
    assert parts[1].text.strip() == 'delete from "ü"'
    assert parts[2].text.strip() == "select $$;$$"


def test_a_text_of_one_statement_is_kept_whole_with_its_comments() -> None:
    assert statements("/* why */ select 1 -- end\n")[0].text == "/* why */ select 1 -- end\n"


@pytest.mark.parametrize("text", ["", ";", " ; -- nothing\n;"])
def test_a_text_without_a_statement_has_none(text: str) -> None:
    assert statements(text) == ()


def test_a_syntax_error_is_told_from_a_limit_of_the_parser() -> None:
    """Only what the server refuses likewise may be left to the server."""
    assert unreadable("selec 1").is_syntax_error
    assert unreadable("select 'open").is_syntax_error
    assert not unreadable("select " + "(" * 20_000 + "1" + ")" * 20_000).is_syntax_error


@pytest.mark.parametrize(
    "text",
    [
        "select " + "+".join(["a"] * 22_500),
        "select " + "a::int" + "::int" * 40_000,
        "select 1 from a" + " cross join a" * 40_000,
        "select " + "- " * 9_000 + "1",
        "select " + "not " * 9_000 + "true",
        "select " + "case when " * 5_000 + "a" + " then 1 end" * 5_000,
        "select 1" + " union select 1" * 60_000,
        "select a" + "[1]" * 60_000,
        "select a" + ' collate "C"' * 60_000,
    ],
)
def test_a_statement_nested_thousands_deep_never_ends_the_engine(text: str) -> None:
    """45 KB of `a+a+…` crash libpg_query's process; here it is refused, and the next text is parsed."""
    assert isinstance(parse(text), Unreadable | tuple)
    assert statements("select 1" + " " * SAFE_LENGTH)[0].kind == "select_stmt"


@pytest.mark.parametrize("operand", ["a+", "- ", "~ ", "not ", "(", "f(", "array[", "case when ", "@ ", "a::b::"])
def test_the_deepest_text_that_is_parsed_in_the_engine_is_harmless(operand: str) -> None:
    parse("select " + (operand * SAFE_LENGTH)[: SAFE_LENGTH - 8] + "a")


def test_forty_seven_operands_and_a_hundred_joins_are_not_deep() -> None:
    assert statements("select " + "+".join(["a"] * 200))
    assert statements("select * from t0" + "".join(f" join t{n} on t{n}.id = t0.id" for n in range(1, 101)))


def test_of_long_lists_of_constants_one_item_is_enough() -> None:
    (insert,) = statements("insert into t values " + ",".join(["(1, 'x')"] * 20_000) + ", (f(1), 2)")
    assert len(insert.node.select_stmt.select_stmt.values_lists) == 2
    (select,) = statements("select * from t where a in (" + ",".join(["1"] * 20_000) + ")")
    assert len(select.node.where_clause.a_expr.rexpr.list.items) == 1


def test_a_nul_byte_a_lone_surrogate_and_an_endless_text_are_unreadable_but_no_syntax_error() -> None:
    for text in ("select 1\0", "select '\udc80'", "select '" + "x" * LONGEST + "'"):
        assert not unreadable(text).is_syntax_error


def test_a_child_that_takes_too_long_is_replaced() -> None:
    ticks = iter([0.0, *[100.0] * 50])
    parser = parsing._Parser(patience=1.0, clock=lambda: next(ticks))
    assert isinstance(parser.parse(b"select 1"), Unreadable)
    ticks = iter([0.0] * 50)
    assert not isinstance(parser.parse(b"select 1"), Unreadable)
    parser.close()


def test_the_child_has_none_of_the_engines_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credential reaches the environment or the arguments of a child."""
    monkeypatch.setenv("SHOP_PASSWORD", "canary")
    child = parsing._start_child()
    with open(f"/proc/{child.pid}/environ", "rb") as environment:
        assert b"canary" not in environment.read()
    child.kill()
    child.communicate()


def test_normalizing_hides_literals_only() -> None:
    assert parsing.normalize("select * from t where a = 5 and b = 'x'") == "select * from t where a = $1 and b = $2"
    assert parsing.normalize("selec") is None
    assert parsing.normalize("select " + "+".join(["a"] * 22_500)) is None


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_any_text_is_answered(text: str) -> None:
    assert isinstance(parse(text), Unreadable | tuple)
    parsing.normalize(text)
