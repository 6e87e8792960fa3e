"""Who may do what after a change: which identities gain or lose which effects on which targets."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.model import Effect, Identity, Target, Verdict
from engine.policy.outlook import Outlook, outlook
from engine.policy.rules import Rule

if TYPE_CHECKING:
    from engine.config.revision import Revision

_EFFECTS: Final = tuple(effect for effect in Effect if effect is not Effect.HOUSEKEEPING)
_SEVERITY: Final = (Verdict.ALLOW, Verdict.REVIEW, Verdict.DENY)
_NOBODY: Final = Outlook(frozenset({Verdict.DENY}), ())


@dataclass(frozen=True, slots=True)
class Shift:
    """The same change for each of these identities, on each of these targets, for each of these effects.

    `before` and `after` are the verdicts there can be, mildest first: several where it hangs on what is touched, or on
    a condition. `rules` are those whose say in it changed.
    """

    direction: str  # gains | loses | differs
    identities: tuple[str, ...]
    targets: tuple[str, ...]
    effects: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    rules: tuple[str, ...]


_Change = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]  # before, after, rules
_Changes = tuple[tuple[_Change, tuple[str, ...]], ...]  # and the effects


def shifts(before: Revision, now: Revision) -> tuple[Shift, ...]:
    """All of them: losses, then gains, then what only differs. Who is not there, may do nothing.

    People and agents count with the groups they are listed with; `group:NAME` is whoever comes in with that group and
    is not listed, for groups of rules that nobody listed has.
    """
    old, new = _Side(before, now), _Side(now, before)
    found: dict[tuple[str, _Changes], list[str]] = {}
    known: dict[Hashable, _Changes] = {}
    for name in sorted(old.identities.keys() | new.identities.keys()):
        for target in sorted(before.targets.keys() | now.targets.keys()):
            key = (old.kind(name, target), new.kind(name, target))
            if key not in known:
                known[key] = _changes(old, new, name, target)
            if known[key]:
                found.setdefault((name, known[key]), []).append(target)
    return tuple(sorted(_merged(found), key=_order))


def _order(shift: Shift) -> tuple[object, ...]:
    return (("loses", "gains", "differs").index(shift.direction), shift.identities, shift.targets, shift.effects)


def _merged(found: dict[tuple[str, _Changes], list[str]]) -> Iterator[Shift]:
    """One for each change, with everybody to whom it comes on the same targets."""
    identities: dict[tuple[_Change, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for (name, every), targets in found.items():
        for change, effects in every:
            identities.setdefault((change, effects, tuple(targets)), []).append(name)
    for ((before, after, rules), effects, where), names in identities.items():
        yield Shift(_direction(before, after), tuple(names), where, effects, before, after, rules)


def _changes(old: _Side, new: _Side, name: str, target: str) -> _Changes:
    effects: dict[_Change, list[str]] = {}
    for effect in _EFFECTS:
        before, after = old.outlook(name, target, effect), new.outlook(name, target, effect)
        rules = _said_otherwise(before, after)
        if before.verdicts != after.verdicts or (len(after.verdicts) > 1 and rules):
            change = (_words(before), _words(after), rules)
            effects.setdefault(change, []).append(effect.value)
    return tuple((change, tuple(each)) for change, each in effects.items())


def _said_otherwise(before: Outlook, after: Outlook) -> tuple[str, ...]:
    """The rules that only one of them has, or that are other rules by now."""
    old, new = ({(rule.name, rule.digest, match) for rule, match in each.rules} for each in (before, after))
    return tuple(sorted({name for name, _, _ in old ^ new}))


def _words(found: Outlook) -> tuple[str, ...]:
    return tuple(verdict.value for verdict in _SEVERITY if verdict in found.verdicts)


def _direction(before: Sequence[str], after: Sequence[str]) -> str:
    old, new = ([_SEVERITY.index(Verdict(word)) for word in words] for words in (before, after))
    if old == new:
        return "differs"
    if new[0] <= old[0] and new[-1] <= old[-1]:
        return "gains"
    return "loses" if new[0] >= old[0] and new[-1] >= old[-1] else "differs"


class _Side:
    """One revision, with everybody whom either knows or whose group a rule of either names."""

    def __init__(self, revision: Revision, other: Revision) -> None:
        self._revision = revision
        names = {*revision.agents, *revision.people}
        self.identities: dict[str, Identity] = {name: revision.identity_of(name) for name in names}
        held = {group for each in (revision, other) for group in _held(each)}
        for group in {*_named(revision.policy.rules), *_named(other.policy.rules)} - held:
            stranger = f"group:{group}"
            self.identities[stranger] = Identity(stranger, "human", frozenset({group}))
        self._about_who = {
            name: tuple(self._who(rule, identity) for rule in revision.policy.rules)
            for name, identity in self.identities.items()
        }
        self._about_where = {
            name: tuple(self._where(rule, target) for rule in revision.policy.rules)
            for name, target in revision.targets.items()
        }

    @staticmethod
    def _who(rule: Rule, identity: Identity) -> tuple[bool, ...]:
        return tuple(scope.who.matches(identity) for scope in (rule.scope, *rule.exceptions))

    @staticmethod
    def _where(rule: Rule, target: Target) -> tuple[bool, ...]:
        return tuple(scope.where.matches(target) for scope in (rule.scope, *rule.exceptions))

    def kind(self, identity: str, target: str) -> Hashable:
        """The same for all that no rule tells apart."""
        if identity not in self.identities or target not in self._revision.targets:
            return None
        return (self._about_who[identity], self._about_where[target])

    def outlook(self, identity: str, target: str, effect: Effect) -> Outlook:
        """What can become of it here."""
        who, where = self.identities.get(identity), self._revision.targets.get(target)
        if who is None or where is None:
            return _NOBODY
        return outlook(self._revision.policy, who, where, effect)


def _held(revision: Revision) -> Iterator[str]:
    for agent in revision.agents.values():
        yield from agent.groups
    for person in revision.people.values():
        yield from person.groups


def _named(rules: Iterable[Rule]) -> Iterator[str]:
    for rule in rules:
        yield from rule.scope.who.groups
