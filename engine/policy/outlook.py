"""What rules can say where not all is known: of every operation of an effect, or of one that is remembered in part.

Rules match for certain, perhaps, or not at all; the verdicts there can be follow from that. Where it is one verdict it
is certain; where there are several, which of them it is hangs on what is not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from engine.model import Access, Effect, Identity, Resource, Target, Verdict
from engine.policy.evaluate import Policy
from engine.policy.rules import Rule, Scope


class Match(IntEnum):
    """Whether a rule matches."""

    NO = 0
    PERHAPS = 1
    YES = 2


Matched = tuple[Rule, Match]

_SEVERITY: Final = {Verdict.ALLOW: 0, Verdict.REVIEW: 1, Verdict.DENY: 2}
_DENIED: Final = frozenset({Verdict.DENY})


@dataclass(frozen=True, slots=True)
class Outlook:
    """The verdicts there can be, and the rules that have a say in it, by name."""

    verdicts: frozenset[Verdict]
    rules: tuple[Matched, ...]


def outlook(policy: Policy, identity: Identity, target: Target, effect: Effect) -> Outlook:
    """What can become of operations of this effect, whatever they touch and whenever they come."""
    coverage = policy.coverage(identity, target)
    found = [(rule, _about(rule, exceptions, effect)) for rule, exceptions in coverage.rules]
    matched = tuple((rule, match) for rule, match in found if match)
    if not coverage.is_permitted:
        return Outlook(_DENIED, matched)
    verdicts = possible(matched, Access(effect, Resource("statement", "")))
    principals = {rule.principal for rule, _ in matched if rule.decide is not Verdict.DENY and rule.principal}
    return Outlook(verdicts | _DENIED if len(principals) > 1 else verdicts, matched)


def possible(matched: Iterable[Matched], access: Access, inferred: Match = Match.NO) -> frozenset[Verdict]:
    """The verdicts there can be of one access. `inferred`: whether it was read off a terminal."""
    best = dict.fromkeys(Verdict, Match.NO)
    permitted = Match.YES if access.effect is Effect.HOUSEKEEPING else inferred
    for rule, match in matched:
        best[rule.decide] = max(best[rule.decide], match)
        if rule.permits(access):
            permitted = max(permitted, match)
    if best[Verdict.DENY] is Match.YES or permitted is Match.NO:
        return _DENIED
    found = set(_DENIED) if best[Verdict.DENY] is Match.PERHAPS or permitted is Match.PERHAPS else set()
    if best[Verdict.REVIEW]:
        found.add(Verdict.REVIEW)
    if best[Verdict.REVIEW] is not Match.YES and (best[Verdict.ALLOW] or _is_free(access, inferred)):
        found.add(Verdict.ALLOW)
    return frozenset(found)


def _is_free(access: Access, inferred: Match) -> bool:
    return access.effect is Effect.HOUSEKEEPING or inferred is not Match.NO


def worst(verdicts: Iterable[frozenset[Verdict]]) -> frozenset[Verdict]:
    """The verdicts there can be of an operation, given those of its accesses."""
    found = frozenset({Verdict.ALLOW})
    for each in verdicts:
        found = frozenset(max(one, other, key=_SEVERITY.__getitem__) for one in found for other in each)
    return found


def _about(rule: Rule, exceptions: Iterable[Scope], effect: Effect) -> Match:
    match = _scope_about(rule.scope, effect, broadly=rule.is_broad)
    for exception in exceptions:
        left_out = _scope_about(exception, effect, broadly=not rule.is_broad)
        match = min(match, Match(Match.YES - left_out))
    condition = rule.condition
    if condition is not None and condition.constant is not True:
        match = min(match, Match.PERHAPS)
    return match


def _scope_about(scope: Scope, effect: Effect, *, broadly: bool) -> Match:
    what = scope.what
    if what.effects:
        if effect not in what.effects:
            return Match.NO
    elif effect is Effect.OPAQUE and not broadly:
        return Match.NO
    return Match.PERHAPS if what.verbs or what.names_resources or scope.where.databases else Match.YES
