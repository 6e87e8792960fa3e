"""A decision made again of an operation that is remembered, perhaps not with all that a rule looks at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from engine.model import Access, Effect, Identity, Operation, Resource, Target, Verdict
from engine.policy.evaluate import NOTHING_TOUCHED, Coverage, Moment, Policy
from engine.policy.outlook import Match, possible, worst
from engine.policy.rules import Rule, Scope

_NAMED_BY = {
    "table": ("tables", "columns"),
    "sequence": ("tables", "columns"),
    "function": ("functions",),
    "path": ("paths",),
    "command": ("commands", "paths", "hosts"),
    "host": ("hosts",),
    "database": ("tables", "columns", "functions"),
    "schema": ("tables", "columns", "functions"),
}


@dataclass(frozen=True, slots=True)
class Unknown:
    """What is not remembered of an operation: the names of some of its accesses, and what a condition may read, as
    `variable.field`. `inferred`: nobody knows whether it was read off a terminal."""

    names: frozenset[Access] = frozenset()
    fields: frozenset[str] = frozenset()
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, None where it hangs on what is unknown; the rule that gives it, where that is one; and why."""

    verdict: Verdict | None
    rule: str | None
    reason: str


def judge(
    policy: Policy,
    identity: Identity,
    target: Target,
    session: Mapping[str, object],
    operation: Operation,
    now: datetime,
    unknown: Unknown,
) -> Judgement:
    """What these rules say of it. Never a guess: a verdict is one that any value of the unknown leads to."""
    coverage = policy.coverage(identity, target)
    moment = Moment(coverage, target, session, operation, now, parameters_known=True)
    doubts: list[str] = []
    verdicts = []
    inferred = Match.PERHAPS if unknown.inferred else Match.YES if operation.is_inferred else Match.NO
    for access in dict.fromkeys(operation.accesses) or (NOTHING_TOUCHED,):
        matched = [(rule, _match(moment, rule, left, access, unknown, doubts)) for rule, left in coverage.rules]
        verdicts.append(possible(matched, access, inferred))
    every = worst(verdicts)
    if not doubts and (len(every) == 1 or not unknown.inferred):
        decision = policy.evaluate(identity, target, session, operation, now)
        return Judgement(decision.verdict, decision.rule, decision.reason)
    if not coverage.is_permitted:
        return Judgement(Verdict.DENY, None, f"no rule lets {identity.subject} use {target.name}")
    if len(every) == 1 and not _may_clash(coverage):
        return Judgement(next(iter(every)), None, "whatever is not recorded")
    doubts = doubts or ["whether it was typed into a shell that is allowed is not recorded"]
    return Judgement(None, None, doubts[0])


def _may_clash(coverage: Coverage) -> bool:
    return len({rule.principal for rule, _ in coverage.rules if rule.principal}) > 1


def _match(
    moment: Moment, rule: Rule, exceptions: Iterable[Scope], access: Access, unknown: Unknown, doubts: list[str]
) -> Match:
    if access not in unknown.names:
        match = Match.YES if rule.miss(access, moment.operation, moment.database, exceptions) is None else Match.NO
    else:
        match = _unnamed(moment, rule, exceptions, access)
    doubt = "looks at a name that was masked or cut" if match is Match.PERHAPS else ""
    if match and rule.condition is not None and rule.condition.constant is not True:
        reads = rule.condition.reads
        missing = sorted(reads & unknown.fields)
        if missing or (unknown.names and "operation.resources" in reads):
            what = missing[0] if missing else "operation.resources"
            match, doubt = Match.PERHAPS, f"looks at {what}, which was masked or is not recorded"
        elif moment.condition_miss(rule) is not None:
            match, doubt = Match.NO, ""
    if doubt:
        doubts.append(f"the rule {rule.name} {doubt}")
    return match


def _unnamed(moment: Moment, rule: Rule, exceptions: Iterable[Scope], access: Access) -> Match:
    """Whether a rule matches an access whose name is not known, its condition aside."""
    if access.effect is Effect.HOUSEKEEPING and rule.decide is Verdict.REVIEW and not rule.scope.what.effects:
        return Match.NO
    match = _scope(rule.scope, access, moment, broadly=rule.is_broad)
    for exception in exceptions:
        match = min(match, Match(Match.YES - _scope(exception, access, moment, broadly=not rule.is_broad)))
    return match


def _scope(scope: Scope, access: Access, moment: Moment, *, broadly: bool) -> Match:
    what = scope.what
    bare = replace(what, tables=(), columns=(), functions=(), paths=(), commands=(), hosts=())
    # What is left names no resource, so that any will do; with it the question is only whether the kind is named.
    anything = Access(access.effect, Resource(access.resource.kind, ""))
    if not scope.where.holds(moment.database, broadly=broadly):
        return Match.NO
    effects_missed = not what.effects and access.effect is Effect.OPAQUE and not broadly
    if effects_missed or bare.miss(anything, moment.operation.verb, broadly=broadly) is not None:
        return Match.NO
    if not what.names_resources:
        return Match.YES
    named_by = _NAMED_BY.get(access.resource.kind, ())
    return Match.PERHAPS if any(getattr(what, kind) for kind in named_by) else Match.NO
