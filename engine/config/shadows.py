"""Rules that are there and change nothing: another rule says more of everything they are about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from engine.config import models
from engine.config.assembly import rule_of
from engine.config.problems import Problem
from engine.config.sections import Entry
from engine.model import Verdict
from engine.policy.globs import Part
from engine.policy.rules import Rule, Scope, What


def shadowed(rules: Iterable[Entry[models.Rule]]) -> Iterator[Problem]:
    """One warning for each allow or review rule that a deny rule is about whole, and for each allow rule whose every
    operation a review rule holds. Only what the rules themselves prove: the same names, or fewer, or `*`."""
    compiled = [(entry, rule_of(entry.value)) for entry in rules]
    wholes = [rule for _, rule in compiled if _is_whole(rule)]
    for entry, rule in compiled:
        above = next((each for each in wholes if _outdoes(each, rule)), None)
        if above is None:
            continue
        if above.decide is Verdict.DENY:
            hint = f"a deny wins wherever both match: give {above.name} an exception, or leave this rule out"
            yield entry.problem(f"the rule {above.name} denies all that this one is about", hint, at=("name",))
        else:
            hint = "a review wins wherever both match: leave this rule out, or narrow the other down"
            yield entry.problem(f"the rule {above.name} asks people first for all that this allows", hint, at=("name",))


def _is_whole(rule: Rule) -> bool:
    return rule.decide is not Verdict.ALLOW and not rule.exceptions and _has_no_condition(rule)


def _has_no_condition(rule: Rule) -> bool:
    return rule.condition is None or rule.condition.constant is True


def _outdoes(above: Rule, rule: Rule) -> bool:
    if above is rule or rule.decide is Verdict.DENY or not _covers(above.scope, rule.scope):
        return False
    if above.decide is Verdict.DENY:
        return True
    # What an allow rule asks for besides (a limit, how input is recorded) counts where a review rule holds, too.
    asks = rule.limit is not None or rule.record_input or rule.mask or rule.principal
    return rule.decide is Verdict.ALLOW and not asks and _is_asked_about_all(above)


def _is_asked_about_all(review: Rule) -> bool:
    """Whether it holds housekeeping too, which an unnamed effect does not mean; else the allow still lets that run."""
    return bool(review.scope.what.effects)


def _covers(above: Scope, below: Scope) -> bool:
    who, where = above.who, above.where
    return (
        _holds(who.groups, below.who.groups)
        and _holds(who.identities, below.who.identities)
        and _holds(who.kinds, below.who.kinds)
        and _holds(who.sponsors, below.who.sponsors)
        and _holds_parts(where.targets, below.where.targets)
        and _holds_parts(where.databases, below.where.databases)
        and set(where.labels) <= set(below.where.labels)
        and _covers_what(above.what, below.what)
    )


def _covers_what(above: What, below: What) -> bool:
    if not _holds(above.effects, below.effects) or not _holds(above.verbs, below.verbs):
        return False
    if not above.names_resources:
        return True
    if not below.names_resources or (not below.effects or "read" in below.effects):
        return False  # a rule about reads also covers reading nothing in particular, which no name means
    return all(
        {each.text for each in getattr(below, kind)} <= {each.text for each in getattr(above, kind)}
        for kind in ("paths", "commands", "hosts")
    ) and all(
        {_text(each) for each in getattr(below, kind)} <= {_text(each) for each in getattr(above, kind)}
        for kind in ("tables", "columns", "functions")
    )


def _text(parts: tuple[Part, ...]) -> tuple[tuple[str, bool], ...]:
    """What a dotted pattern means: a quoted `*` is a name."""
    return tuple((part.text, part.regex is not None) for part in parts)


def _holds(above: Collection[object], below: Collection[object]) -> bool:
    """Whether all that one list names the other does; an empty one names everything."""
    return not above or (bool(below) and set(below) <= set(above))


def _holds_parts(above: tuple[Part, ...], below: tuple[Part, ...]) -> bool:
    if not above or any(part.is_any for part in above):
        return True
    known = set(_text(above))
    return bool(below) and all(part.is_any is False and _text((part,))[0] in known for part in below)
