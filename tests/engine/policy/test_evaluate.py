import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Access, Effect, Handling, Identity, Limit, Operation, Resource, ReviewTerms, Verdict
from engine.policy.evaluate import Policy
from engine.policy.rules import Rule, Scope, Who
from tests.engine.policy.making import BOT, NOW, SESSION, SHOP, access, decide, operation, rule, verdict, what

READ = access("read", "table:public.orders")
WRITE = access("write", "table:public.orders")
OPAQUE = access("opaque", "function:public.f")
SEVERITY = {Verdict.ALLOW: 0, Verdict.REVIEW: 1, Verdict.DENY: 2}


class TestDecisions:
    def test_nothing_is_allowed_that_no_rule_allows(self) -> None:
        decision = decide([rule("a", "allow", effects=["read"])], operation(WRITE))
        assert decision.verdict is Verdict.DENY
        assert decision.rule is None
        assert decision.reason == "no rule allows write on table:public.orders"

    def test_deny_beats_review_beats_allow(self) -> None:
        rules = [rule("a", "allow"), rule("r", "review"), rule("d", "deny")]
        assert verdict(rules, READ) == "deny"
        assert verdict(rules[:2], READ) == "review"
        assert verdict(rules[:1], READ) == "allow"

    def test_the_worst_access_decides_and_an_allow_covers_only_what_it_names(self) -> None:
        rules = [rule("a", "allow", effects=["read"]), rule("r", "review", effects=["write"])]
        assert verdict(rules, READ, WRITE) == "review"
        assert verdict(rules, READ, WRITE, access("delete", "table:public.orders")) == "deny"

    def test_a_rule_that_denies_gives_its_reason_before_a_missing_allowance(self) -> None:
        rules = [rule("a", "allow", effects=["read"]), replace(rule("d", "deny", effects=["schema"]), reason="migrate")]
        decision = decide(rules, operation(WRITE, access("schema", "table:public.orders")))
        assert (decision.rule, decision.reason) == ("d", "migrate")
        assert decision.access == access("schema", "table:public.orders")
        assert decision.rule_digest == "digest of d"


class TestOpaque:
    def test_only_a_rule_that_names_opaque_allows_it(self) -> None:
        assert verdict([rule("a", "allow")], OPAQUE) == "deny"
        assert verdict([rule("a", "allow", functions=["f"])], OPAQUE) == "deny"
        assert verdict([rule("a", "allow", effects=["opaque"])], OPAQUE) == "allow"
        assert verdict([rule("a", "allow", effects=["opaque"], functions=["f"])], OPAQUE) == "allow"

    def test_a_review_that_does_not_name_opaque_lets_nobody_approve_it(self) -> None:
        assert verdict([rule("r", "review")], OPAQUE) == "deny"
        assert verdict([rule("r", "review", effects=["opaque"])], OPAQUE) == "review"

    def test_a_review_of_everything_still_holds_opaque_that_something_else_allows(self) -> None:
        assert verdict([rule("r", "review"), rule("a", "allow", effects=["opaque"])], OPAQUE) == "review"

    def test_the_denial_says_why_it_is_opaque(self) -> None:
        asked = replace(operation(OPAQUE), why_opaque="public.f is written in C")
        assert decide([rule("a", "allow")], asked).reason.startswith(
            "public.f is written in C, and no rule allows opaque"
        )


class TestHousekeeping:
    BEGIN = access("housekeeping")

    def test_it_is_allowed_wherever_an_allow_or_review_covers_identity_and_target(self) -> None:
        assert verdict([rule("a", "allow", tables=["x.y"])], self.BEGIN) == "allow"
        assert verdict([rule("r", "review", tables=["x.y"])], self.BEGIN) == "allow"
        assert verdict([rule("d", "deny", tables=["x.y"])], self.BEGIN) == "deny"
        assert verdict([rule("a", "allow", who=Who(groups=frozenset({"other"})))], self.BEGIN) == "deny"

    def test_nobody_is_asked_about_it_unless_a_review_names_it(self) -> None:
        assert verdict([rule("r", "review")], self.BEGIN) == "allow"
        assert verdict([rule("r", "review", effects=["housekeeping"])], self.BEGIN) == "review"

    def test_a_deny_of_everything_denies_it_too(self) -> None:
        assert verdict([rule("a", "allow"), rule("night", "deny", when="now.getHours() < 6")], self.BEGIN) == "deny"

    def test_an_operation_that_touches_nothing_is_like_it(self) -> None:
        assert verdict([rule("a", "allow", tables=["x.y"])]) == "allow"
        assert verdict([rule("d", "deny")]) == "deny"


class TestCoverage:
    def test_a_session_is_covered_by_allow_and_review_rules_only(self) -> None:
        assert Policy([rule("a", "allow", tables=["x"])]).covers(BOT, SHOP)
        assert Policy([rule("r", "review", tables=["x"])]).covers(BOT, SHOP)
        assert not Policy([rule("d", "deny")]).covers(BOT, SHOP)
        assert not Policy([]).covers(BOT, SHOP)

    def test_names_that_differ_in_case_are_different_identities(self) -> None:
        policy = Policy([rule("a", "allow", who=Who(identities=frozenset({"bot"})))])
        assert policy.covers(BOT, SHOP)
        assert not policy.covers(replace(BOT, subject="Bot"), SHOP)

    def test_a_target_that_changed_its_labels_is_looked_at_again(self) -> None:
        policy = Policy([rule("a", "allow")])
        assert policy.coverage(BOT, SHOP) is policy.coverage(BOT, SHOP)
        assert policy.coverage(BOT, SHOP) is not policy.coverage(BOT, replace(SHOP, labels={"env": "test"}))


class TestConditions:
    def test_an_error_counts_as_a_match_for_deny_and_review_and_never_for_allow(self) -> None:
        unknown = "operation.estimated_rows < 10"
        assert verdict([rule("a", "allow", when=unknown)], READ) == "deny"
        assert verdict([rule("a", "allow"), rule("d", "deny", when=unknown)], READ) == "deny"
        assert verdict([rule("a", "allow"), rule("r", "review", when=unknown)], READ) == "review"

    def test_what_is_no_text_is_an_error_and_no_crash(self) -> None:
        asked = operation(READ, parameters=["\udcff"])
        assert decide([rule("a", "allow", when="operation.has_where")], asked).verdict is Verdict.DENY
        assert (
            decide([rule("a", "allow"), rule("d", "deny", when="operation.has_where")], asked).verdict is Verdict.DENY
        )

    def test_without_parameters_only_what_any_would_deny_is_denied(self) -> None:
        reads = "operation.parameters[0].value == '7'"
        asked = operation(READ)
        assert decide([rule("a", "allow", when=reads)], asked, known=False).verdict is Verdict.ALLOW
        assert decide([rule("r", "review", when=reads)], asked, known=False).verdict is Verdict.REVIEW
        assert decide([rule("a", "allow"), rule("d", "deny", when=reads)], asked, known=False).verdict is Verdict.ALLOW
        assert decide([rule("a", "allow"), rule("d", "deny", when="true")], asked, known=False).verdict is Verdict.DENY


class TestLimits:
    def test_every_rule_that_lets_it_run_puts_its_limit_on_it_and_the_strictest_wins(self) -> None:
        rules = [
            rule("reads", "allow", effects=["read"], limit=Limit(returned=10, returned_by="reads")),
            rule("writes", "allow", effects=["write"], limit=Limit(7, 20, "writes", "writes")),
            rule("all", "allow", limit=Limit(changed=5, changed_by="all")),
            rule("others", "allow", effects=["delete"], limit=Limit(1, 1, "others", "others")),
        ]
        assert decide(rules, operation(READ, WRITE)).limit == Limit(5, 10, "all", "reads")

    def test_what_people_approve_is_limited_too_and_they_are_told(self) -> None:
        rules = [
            rule("r", "review", effects=["write"]),
            rule("a", "allow", limit=Limit(changed=5, changed_by="a")),
        ]
        decision = decide(rules, operation(WRITE))
        assert (decision.verdict, decision.limit) == (Verdict.REVIEW, Limit(changed=5, changed_by="a"))
        assert decision.reason == "it asks people first (at most 5 rows changed)"

    def test_nothing_limits_what_is_denied_or_what_no_limited_rule_lets_run(self) -> None:
        limited = rule("a", "allow", effects=["read"], limit=Limit(returned=5, returned_by="a"))
        assert decide([limited, rule("d", "deny")], operation(READ)).limit is None
        assert decide([limited, rule("w", "allow", effects=["write"])], operation(WRITE)).limit is None

    def test_a_decision_with_a_limit_does_not_stand_for_others(self) -> None:
        assert decide([rule("a", "allow")], operation(READ)).is_steady
        limited = rule("a", "allow", limit=Limit(returned=5, returned_by="a"))
        assert not decide([limited], operation(READ)).is_steady


class TestSeveralReviews:
    RULES = (
        rule("r1", "review", effects=["write"], reviewers="dba"),
        rule("r2", "review", effects=["delete"], reviewers="security", quorum=2),
    )

    def test_every_rule_that_holds_any_access_is_a_panel_of_its_own(self) -> None:
        decision = decide(self.RULES, operation(WRITE, access("delete", "table:public.orders")))
        assert decision.terms is not None
        assert decision.rule == "r2"
        assert {(panel.rule, panel.quorum) for panel in decision.terms.panels} == {("r1", 1), ("r2", 2)}
        assert decision.terms.reviewers == {"dba", "security"}
        assert decision.rule_digest not in ("digest of r1", "digest of r2")
        assert "also held by r1" in decision.reason

    def test_the_shortest_times_and_the_most_cautious_hold_win(self) -> None:
        one, two = (
            replace(each, terms=ReviewTerms(frozenset({"x"}), 1, hold, hold * 2, on_hold))
            for each, hold, on_hold in zip(self.RULES, (10.0, 60.0), ("wait", None), strict=True)
        )
        decision = decide([one, two], operation(WRITE, access("delete", "table:public.orders")))
        assert decision.terms is not None
        assert (decision.terms.hold, decision.terms.timeout, decision.terms.on_hold) == (10.0, 20.0, None)


EFFECTS = st.sampled_from([effect.value for effect in Effect])
TABLES = st.sampled_from(["public.orders", "public.*", "customers", "secret.**", "**"])
COLUMNS = st.sampled_from(["customers.ssn", "customers.*", "*.id"])
ACCESSES = st.builds(
    Access,
    st.sampled_from(Effect),
    st.builds(
        Resource,
        st.sampled_from(["table", "function", "schema", "statement", "path"]),
        st.sampled_from(["public.orders", "public.customers", "secret.x", "orders", "", "a.b.c"]),
        st.sampled_from([(), ("id",), ("ssn", "id")]),
    ),
)


@st.composite
def _rules(draw: st.DrawFn) -> Rule:
    effects = draw(st.lists(EFFECTS, max_size=3))
    tables = draw(st.lists(TABLES, max_size=2))
    columns = draw(st.lists(COLUMNS, max_size=1))
    unless = [Scope(what=what(tables=draw(st.lists(TABLES, min_size=1, max_size=1))))] if draw(st.booleans()) else []
    name = draw(st.text("abcdef", min_size=1, max_size=6))
    when = draw(st.sampled_from([None, "operation.has_where", "operation.estimated_rows < 5"]))
    return rule(
        name,
        draw(st.sampled_from(["allow", "deny", "review"])),
        unless=unless,
        when=when,
        effects=effects,
        tables=tables,
        columns=columns,
    )


POLICIES = st.lists(_rules(), max_size=6, unique_by=lambda each: each.name)
OPERATIONS = st.lists(ACCESSES, max_size=4).map(lambda accesses: operation(*accesses))


@given(POLICIES, OPERATIONS, st.randoms())
def test_the_order_of_rules_never_matters(rules: list[Rule], asked: Operation, shuffle: random.Random) -> None:
    before = decide(rules, asked)
    shuffle.shuffle(rules)
    assert decide(rules, asked) == before


@given(POLICIES, OPERATIONS, _rules())
def test_a_new_deny_never_widens(rules: list[Rule], asked: Operation, added: Rule) -> None:
    more = [*rules, replace(added, name="zz", decide=Verdict.DENY)]
    assert SEVERITY[decide(more, asked).verdict] >= SEVERITY[decide(rules, asked).verdict]


@given(POLICIES, OPERATIONS, _rules())
def test_a_new_review_never_lets_anything_through_unseen(rules: list[Rule], asked: Operation, added: Rule) -> None:
    terms = ReviewTerms(frozenset({"dba"}))
    more = [*rules, replace(added, name="zz", decide=Verdict.REVIEW, terms=terms)]
    if decide(more, asked).verdict is Verdict.ALLOW and Policy(rules).covers(BOT, SHOP):
        assert decide(rules, asked).verdict is Verdict.ALLOW


@given(POLICIES, OPERATIONS, _rules())
def test_a_new_allow_never_narrows_and_undoes_no_deny(rules: list[Rule], asked: Operation, added: Rule) -> None:
    before = decide(rules, asked)
    after = decide([*rules, replace(added, name="zz", decide=Verdict.ALLOW)], asked)
    if before.verdict is Verdict.DENY and before.rule is not None:
        assert after.verdict is Verdict.DENY
    if before.verdict is Verdict.REVIEW:
        assert after.verdict is Verdict.REVIEW


@given(POLICIES, OPERATIONS, ACCESSES)
def test_doing_more_is_never_milder(rules: list[Rule], asked: Operation, more: Access) -> None:
    both = replace(asked, accesses=(*asked.accesses, more))
    if asked.accesses and not any(each.condition for each in rules):
        assert SEVERITY[decide(rules, both).verdict] >= SEVERITY[decide(rules, asked).verdict]


@pytest.mark.parametrize("known", [True, False])
def test_the_same_question_has_the_same_answer(known: bool) -> None:
    policy = Policy(
        [rule("a", "allow", when="operation.parameters.size() == 0"), rule("r", "review", effects=["write"])]
    )
    answers = {policy.evaluate(BOT, SHOP, SESSION, operation(READ, WRITE), NOW, parameters_known=known) for _ in "123"}
    assert len(answers) == 1


def test_a_deny_that_looks_at_the_estimate_waits_for_it() -> None:
    large = rule("large", "deny", effects=["write"], when="operation.estimated_rows > 100")
    policy = Policy([rule("a", "allow"), large])
    asked = operation(WRITE)
    assert policy.evaluate(BOT, SHOP, SESSION, asked, NOW, parameters_known=False).verdict is Verdict.ALLOW
    for rows, told in {7: Verdict.ALLOW, 101: Verdict.DENY, None: Verdict.DENY}.items():
        estimated = replace(asked, estimated_rows=rows)
        assert policy.evaluate(BOT, SHOP, SESSION, estimated, NOW).verdict is told


def test_an_identity_nobody_covers_is_told_so() -> None:
    decision = decide(
        [rule("a", "allow", who=Who(groups=frozenset({"x"})))], operation(READ), identity=Identity("z", "human")
    )
    assert decision.reason == "no rule lets z use shop"


@given(POLICIES, st.lists(OPERATIONS, min_size=1, max_size=6))
def test_what_was_asked_before_changes_no_answer(rules: list[Rule], asked: list[Operation]) -> None:
    policy = Policy(rules)
    for each in (*asked, *asked):
        assert policy.evaluate(BOT, SHOP, SESSION, each, NOW) == decide(rules, each)


def test_a_condition_is_asked_anew_every_time() -> None:
    policy = Policy([rule("a", "allow"), rule("night", "deny", effects=["write"], when="now.getHours() < 6")])
    at_noon = NOW.replace(hour=12)
    assert policy.evaluate(BOT, SHOP, SESSION, operation(WRITE), NOW).verdict is Verdict.DENY
    assert policy.evaluate(BOT, SHOP, SESSION, operation(WRITE), at_noon).verdict is Verdict.ALLOW
    assert policy.evaluate(BOT, SHOP, SESSION, operation(WRITE), NOW).verdict is Verdict.DENY


class TestSteadiness:
    def test_a_decision_stands_unless_a_condition_that_was_asked_may_say_otherwise_next_time(self) -> None:
        asked = operation(READ, has_where=True)
        steady = rule("s", "deny", effects=["read"], when="!operation.has_where")
        assert decide([rule("a", "allow"), steady], asked).is_steady
        unsteady = rule("n", "deny", effects=["read"], when="now.getHours() == 25")
        assert not decide([rule("a", "allow"), unsteady], asked).is_steady
        elsewhere = rule("n", "deny", effects=["write"], when="now.getHours() == 25")
        assert decide([rule("a", "allow"), elsewhere], asked).is_steady

    def test_what_stands_is_told_apart_by_everything_a_steady_condition_reads(self) -> None:
        policy = Policy([rule("a", "allow"), rule("s", "deny", effects=["read"], when="!operation.has_where")])
        said = [
            policy.evaluate(BOT, SHOP, SESSION, operation(READ, has_where=has_where), NOW).verdict
            for has_where in (True, False, True, False)
        ]
        assert said == [Verdict.ALLOW, Verdict.DENY, Verdict.ALLOW, Verdict.DENY]


class TestHandling:
    RUN = access("execute", "command:ls")

    def test_no_rule_that_asks_for_any_is_no_handling(self) -> None:
        assert decide([rule("a", "allow")], operation(self.RUN)).handling is None

    def test_the_most_protective_of_all_rules_that_let_it_run_holds(self) -> None:
        yes = replace(rule("y", "allow"), record_input="yes")
        masked = replace(rule("m", "review"), record_input="masked", mask="strict")
        no = replace(rule("n", "allow", effects=["execute"]), record_input="no", principal="deploy")
        silent = rule("s", "allow")
        assert decide([yes, silent], operation(self.RUN)).handling == Handling("yes")
        assert decide([yes, masked], operation(self.RUN)).handling == Handling("masked", "strict")
        assert decide([yes, masked, no], operation(self.RUN)).handling == Handling("no", "strict", "deploy")

    def test_a_rule_about_another_access_of_the_operation_has_its_say_too(self) -> None:
        rules = [
            rule("x", "allow", effects=["execute"]),
            replace(rule("r", "allow", effects=["read"]), record_input="no"),
        ]
        assert decide(rules, operation(self.RUN, access("read", "path:/x"))).handling == Handling("no")
        assert decide(rules, operation(self.RUN)).handling is None

    def test_rules_that_would_run_it_as_two_principals_deny_it_and_say_so(self) -> None:
        rules = [replace(rule(name, "allow"), principal=principal) for name, principal in (("a", "root"), ("b", "web"))]
        decision = decide(rules, operation(self.RUN))
        assert (decision.verdict, decision.rule) == (Verdict.DENY, "a")
        assert "principal root" in decision.reason
        assert decide([rules[0], replace(rules[1], principal="root")], operation(self.RUN)).verdict is Verdict.ALLOW


class TestInferredLines:
    """Typed into a shell that is allowed already."""

    SHELL = rule("shell", "allow", effects=["execute"], verbs=["SHELL"])

    def verdict(self, rules: list[Rule], *accesses: Access) -> str:
        line = replace(operation(*accesses, verb="LINE"), kind="line", is_inferred=True)
        return decide([self.SHELL, *rules], line).verdict.value

    def test_a_line_needs_no_allow_of_its_own(self) -> None:
        rm = access("execute", "command:rm -rf /srv")
        line = replace(operation(rm, access("delete", "path:/srv")), is_inferred=True)
        decision = decide([self.SHELL], line)
        assert (decision.verdict, decision.reason) == (Verdict.ALLOW, "typed into a shell that is allowed")
        assert decide([self.SHELL], replace(line, is_inferred=False)).verdict is Verdict.DENY

    def test_a_deny_rule_stops_a_line_and_a_review_holds_it(self) -> None:
        rm = access("execute", "command:rm -rf /srv")
        assert self.verdict([rule("d", "deny", commands=["rm **"])], rm) == "deny"
        assert self.verdict([rule("r", "review", commands=["rm **"])], rm) == "review"
        assert self.verdict([rule("r", "review", commands=["rm **"])], access("execute", "command:ls")) == "allow"

    def test_a_line_that_could_not_be_told_is_stopped_by_rules_that_do_not_narrow_their_effects(self) -> None:
        opaque = access("opaque", "command")
        assert self.verdict([], opaque) == "allow"
        assert self.verdict([rule("d", "deny", commands=["rm **"])], opaque) == "deny"
        assert self.verdict([rule("d", "deny", effects=["execute"], commands=["rm **"])], opaque) == "allow"
        assert self.verdict([rule("r", "review", commands=["rm **"])], opaque) == "review"

    def test_a_target_that_no_rule_lets_use_denies_lines_too(self) -> None:
        line = replace(operation(access("execute", "command:ls")), is_inferred=True)
        assert decide([], line).verdict is Verdict.DENY

    def test_whom_rules_of_a_kind_name_is_known_before_anything_is_asked(self) -> None:
        named = (("a", ["read"], "web"), ("b", ["write"], None), ("c", ["schema"], "root"))
        rules = [replace(rule(name, "allow", effects=effects), principal=by) for name, effects, by in named]
        policy = Policy([*rules, replace(rule("d", "deny", effects=["read"]), principal="nobody")])
        assert policy.principals(BOT, SHOP, [Effect.READ]) == {"web"}
        assert policy.principals(BOT, SHOP, [Effect.READ, Effect.WRITE]) == {"web", None}
        assert policy.principals(BOT, SHOP, [Effect.DELETE]) == frozenset()
        whole = Policy([*rules, replace(rule("e", "allow"), principal="all")])
        assert whole.principals(BOT, SHOP, [Effect.DELETE]) == {"all"}
