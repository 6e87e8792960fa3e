"""The policy: pure, order-free, default deny.

Each access of an operation is decided by itself: any matching deny, else any matching review, else any matching
allow, else deny. The worst access decides the operation, and an allow covers only the accesses it names. `opaque` is
let through only by a rule that names it. Housekeeping, and an operation that touches nothing, is allowed wherever an
allow or review rule covers this identity and target, unless a deny rule says otherwise. Every allow and review rule
that matches any of the accesses puts its limit on the operation, and has its say in how it is handled. What was typed
into a shell that is allowed needs no allow of its own: only a deny or a review rule stops it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from engine.model import (
    Access,
    Decision,
    Effect,
    Handling,
    Identity,
    Limit,
    Operation,
    Panel,
    Resource,
    ReviewTerms,
    Target,
    Verdict,
    strictest,
)
from engine.policy import conditions
from engine.policy.rules import Miss, Rule, Scope

NOTHING_TOUCHED: Final = Access(Effect.HOUSEKEEPING, Resource("statement", ""))
_COVERAGES = 1024  # remembered at most, and decisions of each
_DECISIONS = 1024
_LONGEST_REMEMBERED = 16 * 1024  # characters of a statement: a stranger's names must not fill the memory


@dataclass(frozen=True, slots=True)
class Coverage:
    """The rules about one identity on one target, with the exceptions that may apply to it.

    `decisions` remembers what was decided without any condition that is not steady: it is the same for the same key,
    whenever and by whatever session it is asked.
    """

    rules: tuple[tuple[Rule, tuple[Scope, ...]], ...]
    is_permitted: bool  # some allow or review rule is among them
    reads_estimates: bool  # a condition among them looks at how many rows are estimated
    identity: Any = field(repr=False)  # as conditions see them
    target: Any = field(repr=False)
    decisions: dict[tuple[object, ...], Decision] = field(default_factory=dict, repr=False, compare=False)


class Moment:
    """One operation being decided: its conditions are evaluated when first needed, each once."""

    def __init__(
        self,
        coverage: Coverage,
        target: Target,
        session: Mapping[str, object],
        operation: Operation,
        now: datetime,
        parameters_known: bool,
    ) -> None:
        self._coverage = coverage
        self._session = session
        self._now = now
        self._parameters_known = parameters_known
        self._activation: Any = None
        self._held: dict[str, Miss | None] = {}
        self.is_steady = True  # no condition was asked so far whose value may be another one the next time
        self.operation = operation
        self.database = _database(operation, target)

    def miss(self, rule: Rule, exceptions: Iterable[Scope], access: Access) -> Miss | None:
        """Why the rule does not match this access, or None."""
        if miss := rule.miss(access, self.operation, self.database, exceptions):
            return miss
        return self.condition_miss(rule)

    def condition_miss(self, rule: Rule) -> Miss | None:
        """Why its condition keeps the rule from matching, or None."""
        if rule.condition is None:
            return None
        if rule.name not in self._held:
            self.is_steady &= rule.condition.is_steady
            self._held[rule.name] = self._evaluated(rule, rule.condition)
        return self._held[rule.name]

    def _evaluated(self, rule: Rule, condition: conditions.Condition) -> Miss | None:
        if (condition.reads_parameters or condition.reads_estimates) and not self._parameters_known:
            # Only what any parameters would deny is denied early; the rest is told once they are known.
            return Miss.PARAMETERS if rule.decide is Verdict.DENY else None
        try:
            if self._activation is None:
                self._activation = conditions.activation(
                    self._coverage.identity, self._coverage.target, self._session, self.operation, self._now
                )
            holds = condition.holds(self._activation)
        except (RuntimeError, TypeError, ValueError):  # a text that is no text, a number out of range
            holds = None
        return rule.condition_miss(holds)


@dataclass(frozen=True, slots=True)
class Finding:
    """What the rules say of one access."""

    access: Access
    verdict: Verdict
    rules: tuple[Rule, ...] = ()  # that say so, by name
    letting: tuple[Rule, ...] = ()  # all that let it run, where it may

    @property
    def severity(self) -> tuple[int, bool]:
        """Worst last; a rule's denial is worse than nobody's allowance, since it has a reason to give."""
        return (_SEVERITY[self.verdict], bool(self.rules))


_SEVERITY: Final = {Verdict.ALLOW: 0, Verdict.REVIEW: 1, Verdict.DENY: 2}


class Policy:
    """The rules of one revision. Evaluation is pure: the same question always has the same answer."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(sorted(rules, key=lambda rule: rule.name))
        self._covered: dict[object, Coverage] = {}
        # By the objects themselves, which stay alive here so that their ids stay theirs: most questions repeat them.
        self._seen: dict[tuple[int, int], tuple[Identity, Target, Coverage]] = {}

    def covers(self, identity: Identity, target: Target) -> bool:
        """Whether some allow or review rule is about this identity on this target; else no session opens."""
        return self.coverage(identity, target).is_permitted

    def reads_estimates(self, identity: Identity, target: Target) -> bool:
        """Whether some condition about this identity on this target looks at how many rows are estimated."""
        return self.coverage(identity, target).reads_estimates

    def may_stop(self, identity: Identity, target: Target, verb: str) -> bool:
        """Whether some deny or review rule is about this identity on this target and operations of this verb."""
        verbs = [rule.scope.what.verbs for rule, _ in self.coverage(identity, target).rules if rule.is_broad]
        return any(not named or verb in named for named in verbs)

    def principals(self, identity: Identity, target: Target, effects: Iterable[Effect]) -> frozenset[str | None]:
        """Whom the rules that may let this identity do something of the kind on this target run it as; None of those
        that do not say."""
        wanted = frozenset(effects)
        return frozenset(
            rule.principal
            for rule, _ in self.coverage(identity, target).rules
            if rule.decide is not Verdict.DENY and not wanted.isdisjoint(rule.scope.what.effects or wanted)
        )

    def coverage(self, identity: Identity, target: Target) -> Coverage:
        """The rules about this identity on this target."""
        if (seen := self._seen.get((id(identity), id(target)))) is not None:
            return seen[2]
        coverage = self._cover(identity, target)
        if len(self._seen) >= _COVERAGES:
            self._seen.clear()
        self._seen[id(identity), id(target)] = (identity, target, coverage)
        return coverage

    def _cover(self, identity: Identity, target: Target) -> Coverage:
        labels = frozenset(target.labels.items())
        key = (identity, target.name, target.mode, target.protocol, target.address, target.database, labels)
        if (known := self._covered.get(key)) is not None:
            return known
        about = tuple(
            (rule, rule.exceptions_for(identity, target))
            for rule in self.rules
            if rule.is_about(identity, target) is None
        )
        coverage = Coverage(
            rules=about,
            is_permitted=any(rule.decide is not Verdict.DENY for rule, _ in about),
            reads_estimates=any(rule.condition is not None and rule.condition.reads_estimates for rule, _ in about),
            identity=conditions.identity_message(identity),
            target=conditions.target_message(target),
        )
        if len(self._covered) >= _COVERAGES:
            self._covered.clear()
        self._covered[key] = coverage
        return coverage

    def evaluate(
        self,
        identity: Identity,
        target: Target,
        session: Mapping[str, object],
        operation: Operation,
        now: datetime,
        *,
        parameters_known: bool = True,
    ) -> Decision:
        """The decision on one operation.

        `session` has what conditions may see of it (`id`, `client`, `database`, `opened`). Without known parameters
        (Parse, Describe) a condition that reads them counts as a match for review and allow rules and not for deny
        rules: such a decision denies only what any parameters would, and promises nothing else.
        """
        coverage = self.coverage(identity, target)
        if not coverage.is_permitted:
            reason = f"no rule lets {identity.subject} use {target.name}"
            return Decision(Verdict.DENY, None, reason, (operation.accesses or (NOTHING_TOUCHED,))[0])
        key = _key(operation)
        if (known := coverage.decisions.get(key)) is not None:
            return known
        moment = Moment(coverage, target, session, operation, now, parameters_known)
        decision = _decide(coverage, moment)
        if moment.is_steady and len(operation.text) <= _LONGEST_REMEMBERED:
            decision = replace(decision, is_steady=decision.limit is None)
            if len(coverage.decisions) >= _DECISIONS:
                coverage.decisions.clear()
            coverage.decisions[key] = decision
        return decision


def _key(operation: Operation) -> tuple[object, ...]:
    """Everything of an operation that a decision may hang on where every condition that was asked is steady."""
    return (
        operation.accesses,
        operation.verb,
        operation.kind,
        operation.context,
        operation.has_where,
        operation.why_opaque,
        operation.is_inferred,
    )


def _database(operation: Operation, target: Target) -> str:
    """The database an operation is about; "" where nobody names one."""
    for name, value in operation.context:
        if name == "database":
            return value or target.database or ""
    return target.database or ""


def _decide(coverage: Coverage, moment: Moment) -> Decision:
    findings = [find(coverage, moment, access) for access in dict.fromkeys(moment.operation.accesses)]
    findings = findings or [find(coverage, moment, NOTHING_TOUCHED)]
    worst = max(findings, key=lambda finding: finding.severity)
    if worst.verdict is Verdict.DENY:
        return _settled(worst, moment.operation)
    letting = {rule.name: rule for finding in findings for rule in finding.letting}
    if (clash := _clash(letting.values())) is not None:
        return Decision(Verdict.DENY, clash[0], clash[1], worst.access)
    limit = strictest(rule.limit for rule in letting.values() if rule.limit is not None)
    decision = _review(findings, limit) if worst.verdict is Verdict.REVIEW else _settled(worst, moment.operation)
    return replace(decision, limit=limit, handling=_handling(letting.values()))


def find(coverage: Coverage, moment: Moment, access: Access) -> Finding:
    """What the rules say of one access: any deny, else any review, else any allow, else deny."""
    matching: dict[Verdict, list[Rule]] = {verdict: [] for verdict in Verdict}
    permitted = access.effect is Effect.HOUSEKEEPING or moment.operation.is_inferred
    for rule, exceptions in coverage.rules:
        if moment.miss(rule, exceptions, access) is None:
            matching[rule.decide].append(rule)
            permitted = permitted or rule.permits(access)
    if denying := matching[Verdict.DENY]:
        return Finding(access, Verdict.DENY, tuple(denying))
    if not permitted:
        return Finding(access, Verdict.DENY)
    holding, allowing = matching[Verdict.REVIEW], matching[Verdict.ALLOW]
    verdict, said = (Verdict.REVIEW, holding) if holding else (Verdict.ALLOW, allowing)
    return Finding(access, verdict, tuple(said), (*holding, *allowing))


def _clash(letting: Iterable[Rule]) -> tuple[str, str] | None:
    """The rule and the reason that deny an operation which two rules would run as two different principals."""
    named = {rule.principal: rule.name for rule in letting if rule.principal is not None}
    if len(named) < 2:
        return None
    (one, first), (other, second) = sorted(named.items())[:2]
    return first, f"the rule {first} runs it as the principal {one}, the rule {second} as {other}: only one can be"


def _handling(letting: Iterable[Rule]) -> Handling | None:
    """The most protective of all that is asked for; None where no rule asks for anything."""
    asked = [rule for rule in letting if rule.record_input or rule.mask or rule.principal]
    if not asked:
        return None
    inputs, masks = {rule.record_input for rule in asked}, {rule.mask for rule in asked}
    return Handling(
        record_input=next((each for each in ("no", "masked", "yes") if each in inputs), Handling().record_input),
        mask=next((each for each in ("strict", "stop", "unseen") if each in masks), ""),
        principal=next((rule.principal for rule in asked if rule.principal), None),
    )


def _settled(finding: Finding, operation: Operation) -> Decision:
    """An allow or a deny."""
    access, rule = finding.access, finding.rules[0] if finding.rules else None
    about = f"{access.effect.value} on {access.resource}"
    if rule is not None:
        reason = rule.reason or (f"the rule {rule.name} denies {about}" if finding.verdict is Verdict.DENY else "")
        return Decision(finding.verdict, rule.name, reason, access, rule_digest=rule.digest)
    if finding.verdict is Verdict.ALLOW:
        reason = "typed into a shell that is allowed" if operation.is_inferred else "housekeeping"
        return Decision(Verdict.ALLOW, None, reason, access)
    if access.effect is Effect.OPAQUE:
        why = operation.why_opaque or "what it does could not be told"
        return Decision(Verdict.DENY, None, f"{why}, and no rule allows opaque on {access.resource}", access)
    return Decision(Verdict.DENY, None, f"no rule allows {about}", access)


def _review(findings: Iterable[Finding], limit: Limit | None) -> Decision:
    """One review that satisfies every rule that holds any of the accesses, so that none can be picked around.

    Its reason says the limit too, for whoever approves it.
    """
    held: dict[str, tuple[Rule, Access]] = {}
    for finding in findings:
        if finding.verdict is Verdict.REVIEW:
            for rule in finding.rules:
                held.setdefault(rule.name, (rule, finding.access))
    rules = sorted((rule for rule, _ in held.values()), key=lambda rule: (-_terms(rule).quorum, rule.name))
    first, *others = rules
    reason = first.reason or "it asks people first"
    if others:
        reason += f" (also held by {', '.join(rule.name for rule in others)})"
    if limit is not None:
        reason += f" ({limit})"
    digest = first.digest
    if others:
        digest = hashlib.sha256("\n".join(sorted(rule.digest for rule in rules)).encode()).hexdigest()
    return Decision(Verdict.REVIEW, first.name, reason, held[first.name][1], _joined(rules), digest, limit)


def _terms(rule: Rule) -> ReviewTerms:
    return rule.terms or ReviewTerms(frozenset())


def _joined(rules: list[Rule]) -> ReviewTerms:
    """The terms of all of them together: every panel, the shortest times, the most cautious hold."""
    if len(rules) == 1:
        return _terms(rules[0])
    terms = [_terms(rule) for rule in rules]
    asked = {each.on_hold for each in terms}
    return ReviewTerms(
        reviewers=frozenset().union(*(each.reviewers for each in terms)),
        quorum=max(each.quorum for each in terms),
        hold=min(each.hold for each in terms),
        timeout=min(each.timeout for each in terms),
        on_hold="reject" if "reject" in asked else None if None in asked else "wait",
        panels=tuple(Panel(rule.name, _terms(rule).reviewers, _terms(rule).quorum) for rule in rules),
    )
