"""What differs between two revisions, in lines people read: a diff of meaning, not of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from engine.policy.rules import Rule

if TYPE_CHECKING:
    from engine.config.revision import Revision

Value = TypeVar("Value")


def changes(before: Revision, now: Revision) -> tuple[str, ...]:
    """One line for each thing added (+), removed (-) or changed (~)."""
    return tuple(_lines(before, now))


def _lines(before: Revision, now: Revision) -> Iterator[str]:
    old_rules = {rule.name: rule for rule in before.policy.rules}
    new_rules = {rule.name: rule for rule in now.policy.rules}
    yield from _differences("rule", old_rules, new_rules, _rule_change, lambda rule: f" ({rule.decide.value})")
    old_masks, new_masks = ({mask.name: mask for mask in each.mask_rules} for each in (before, now))
    yield from _differences("masking", old_masks, new_masks)
    old_notes, new_notes = ({note.name: note for note in each.notifications} for each in (before, now))
    yield from _differences("notification", old_notes, new_notes)
    yield from _differences("target", before.targets, now.targets)
    yield from _differences("credential of", before.credentials, now.credentials, _concealed)
    yield from _differences("agent", before.agents, now.agents)
    yield from _differences("issuer", before.issuers, now.issuers)
    old_cas, new_cas = ({each.name: each for each in revision.ssh_authorities} for revision in (before, now))
    yield from _differences("SSH authority", old_cas, new_cas)
    yield from _differences("person", before.people, now.people)
    for name in sorted(before.permissions.keys() | now.permissions.keys()):
        old, new = before.permissions.get(name, frozenset()), now.permissions.get(name, frozenset())
        yield from (f"+ permission {name} for {group}" for group in sorted(new - old))
        yield from (f"- permission {name} for {group}" for group in sorted(old - new))
    if before.settings != now.settings:
        yield "~ engine, listeners or token limits: in force after a restart"


def _differences(
    kind: str,
    before: Mapping[str, Value],
    now: Mapping[str, Value],
    changed: Callable[[Value, Value], str] | None = None,
    suffix: Callable[[Value], str] = lambda value: "",
) -> Iterator[str]:
    for name in sorted(before.keys() | now.keys()):
        if name not in now:
            yield f"- {kind} {name}{suffix(before[name])}"
        elif name not in before:
            yield f"+ {kind} {name}{suffix(now[name])}"
        elif before[name] != now[name]:
            what = (changed or _changed_fields)(before[name], now[name])
            yield f"~ {kind} {name}{what}"


def _rule_change(before: Rule, now: Rule) -> str:
    if before.decide is not now.decide:
        return f": {before.decide.value} → {now.decide.value}"
    names = {
        "who": before.scope.who != now.scope.who,
        "where": before.scope.where != now.scope.where,
        "what": before.scope.what != now.scope.what,
        "except": before.exceptions != now.exceptions,
        "when": before.condition != now.condition,
        "reason": before.reason != now.reason,
        "review": before.terms != now.terms,
        "limit": before.limit != now.limit,
        "record_input": before.record_input != now.record_input,
        "mask": before.mask != now.mask,
        "principal": before.principal != now.principal,
    }
    return f": {', '.join(name for name, differs in names.items() if differs)}"


def _changed_fields(before: Any, now: Any) -> str:
    names = (each.name for each in fields(before) if getattr(before, each.name) != getattr(now, each.name))
    return f": {', '.join(names)}"


def _concealed(before: object, now: object) -> str:
    return ""
