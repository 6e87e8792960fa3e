"""What rules can say where not all is known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.model import Effect, Verdict
from engine.policy.evaluate import Policy
from engine.policy.outlook import outlook
from engine.policy.rules import Rule, Scope
from tests.engine.policy.making import BOT, NOW, SESSION, SHOP, access, operation, rule, what

EFFECTS = ("read", "write", "opaque")
TABLES = ("public.a", "public.b")

SCOPES = st.builds(
    lambda effects, tables: {"effects": effects, "tables": tables},
    st.lists(st.sampled_from(EFFECTS), max_size=2),
    st.lists(st.sampled_from((*TABLES, "public.*")), max_size=1),
)


@st.composite
def rules(draw: st.DrawFn) -> list[Rule]:
    count = draw(st.integers(1, 4))
    made = []
    for number in range(count):
        unless = [Scope(what=what(**draw(SCOPES)))] if draw(st.booleans()) else []
        when = draw(st.sampled_from((None, None, "operation.has_where")))
        decide = draw(st.sampled_from(("allow", "review", "deny")))
        made.append(rule(f"r{number}", decide, unless=unless, when=when, **draw(SCOPES)))
    return made


@given(rules(), st.sampled_from(EFFECTS), st.sampled_from(TABLES), st.booleans())
def test_whatever_is_decided_was_among_the_verdicts_there_can_be(
    made: list[Rule], effect: str, table: str, has_where: bool
) -> None:
    policy = Policy(made)
    asked = operation(access(effect, f"table:{table}"), has_where=has_where)
    decided = policy.evaluate(BOT, SHOP, SESSION, asked, NOW).verdict
    assert decided in outlook(policy, BOT, SHOP, Effect(effect)).verdicts


def test_one_verdict_is_told_where_there_is_one() -> None:
    policy = Policy([rule("reads", "allow", effects=["read"]), rule("some", "deny", effects=["write"], tables=["a.b"])])
    assert outlook(policy, BOT, SHOP, Effect.READ).verdicts == {Verdict.ALLOW}
    assert outlook(policy, BOT, SHOP, Effect.WRITE).verdicts == {Verdict.DENY}
