"""Decisions made again of what is remembered in part: never a guess."""

from __future__ import annotations

import pytest
from hypothesis import given

from engine.model import Verdict
from engine.policy.backtest import Unknown, judge
from engine.policy.evaluate import Policy
from engine.policy.rules import Rule
from tests.engine.policy.making import BOT, NOW, SESSION, SHOP, access, operation, rule
from tests.engine.policy.test_outlook import TABLES, rules

READ = access("read", "table:public.a")


def _judged(made: list[Rule], unknown: Unknown) -> tuple[Verdict | None, str]:
    found = judge(Policy(made), BOT, SHOP, SESSION, operation(READ), NOW, unknown)
    return found.verdict, found.reason


def test_a_rule_that_looks_at_a_masked_name_leaves_it_undecided() -> None:
    made = [rule("reads", "allow", effects=["read"], tables=["public.a"])]
    verdict, reason = _judged(made, Unknown(names=frozenset({READ})))
    assert (verdict, reason) == (None, "the rule reads looks at a name that was masked or cut")


def test_a_masked_name_that_no_rule_looks_at_is_no_hindrance() -> None:
    made = [rule("reads", "allow", effects=["read"]), rule("no-files", "deny", paths=["/etc/**"])]
    assert _judged(made, Unknown(names=frozenset({READ})))[0] is Verdict.ALLOW


def test_what_is_denied_whatever_the_masked_name_is_denied() -> None:
    made = [rule("some", "allow", effects=["read"], tables=["public.a"]), rule("never", "deny", effects=["read"])]
    assert _judged(made, Unknown(names=frozenset({READ})))[0] is Verdict.DENY


@pytest.mark.parametrize("reads", ["size(operation.parameters) > 0", "!has(operation.estimated_rows)"])
def test_a_condition_that_reads_what_is_not_recorded_leaves_it_undecided(reads: str) -> None:
    made = [rule("reads", "allow", effects=["read"], when=reads)]
    unknown = Unknown(fields=frozenset({"operation.parameters", "operation.estimated_rows"}))
    assert _judged(made, unknown)[0] is None
    assert _judged(made, Unknown())[0] is not None


def test_a_line_of_which_nobody_knows_whether_it_was_typed_is_undecided_where_that_counts() -> None:
    made = [rule("shells", "allow", effects=["session"])]
    assert _judged(made, Unknown(inferred=True))[0] is None
    assert _judged([*made, rule("no", "deny", effects=["read"])], Unknown(inferred=True))[0] is Verdict.DENY


@given(rules())
def test_what_is_judged_without_a_name_is_what_is_decided_with_any_name(made: list[Rule]) -> None:
    """A verdict that is given holds for every value of what is unknown."""
    policy = Policy(made)
    for effect in ("read", "write", "opaque"):
        blurred = access(effect, "table:****")
        found = judge(policy, BOT, SHOP, SESSION, operation(blurred), NOW, Unknown(names=frozenset({blurred})))
        if found.verdict is None:
            continue
        for table in TABLES:
            asked = operation(access(effect, f"table:{table}"))
            assert policy.evaluate(BOT, SHOP, SESSION, asked, NOW).verdict is found.verdict
