"""Rules drafted from what was observed, least privilege first: who did it, where it was done, what was touched.

Only what would be denied by default is drafted for: what the rules in force allow needs nothing, and what they deny or
hold is theirs to say. Masked names, and operations that could not be told, are for people.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.api.schema import ExampleView, SuggestedRuleView, SuggestionView
from engine.config.loading import load_sources
from engine.config.revision import Revision
from engine.errors import ConfigError
from engine.hindsight.naming import condition_of, fields_of, quoted, yaml_of
from engine.hindsight.recall import Gone, Lost, Memory, Recalled
from engine.hindsight.retrial import shown, time_of
from engine.model import Access, Effect, Mode, Resource, Verdict
from engine.policy.evaluate import NOTHING_TOUCHED
from engine.search.operations import RecordedOperation

_EXAMPLES: Final = 3
_MOST_NAMES: Final = 2000  # of one effect of one identity on one target
_MOST_PENDING: Final = 20_000  # operations looked at a second time, once there is a draft
_FILE: Final = "suggested.yaml"


@dataclass
class _Seen:
    """What one identity did with one effect on one target."""

    resources: set[Resource] = field(default_factory=set)
    count: int = 0
    first: str = ""
    last: str = ""
    examples: list[ExampleView] = field(default_factory=list)

    def add(self, resources: Iterable[Resource], recorded: RecordedOperation) -> None:
        """One more operation; beyond a bound its resources are left out, and so it is told as not covered."""
        if len(self.resources) < _MOST_NAMES:
            self.resources.update(resources)
        time = time_of(recorded)
        self.count += 1
        self.first, self.last = min(self.first or time, time), max(self.last, time)
        if len(self.examples) < _EXAMPLES:
            example = ExampleView(time, recorded.operation, recorded.identity, recorded.verb, shown(recorded))
            self.examples.append(example)


_Pair = tuple[str, str]  # identity, target
_Body = tuple[str, str]  # `what` in YAML, `when` or ""


def draft(memory: Memory, recorded: Iterable[RecordedOperation]) -> SuggestionView:
    """The rules, with what was seen that each of them is for."""
    left: Counter[str] = Counter()
    seen: dict[tuple[_Pair, Effect], _Seen] = {}
    pending: list[RecordedOperation] = []
    examined = 0
    for operation in recorded:
        if operation.mode != Mode.OBSERVE.value:
            continue
        examined += 1
        found = _wanting(memory, operation, left)
        if found is None:
            continue
        if len(pending) >= _MOST_PENDING:
            left["there is more than is drafted for at once: apply these rules, and ask again"] += 1
            continue
        pending.append(operation)
        _add(seen, found, operation)
    bodies = _bodies(seen)
    rules = list(_rules(memory.revision, bodies))
    text = _file(rules)
    _tell_uncovered(memory, text, pending, left)
    return SuggestionView(text, examined, rules, dict(left))


def _wanting(memory: Memory, operation: RecordedOperation, left: Counter[str]) -> Recalled | None:
    """The operation, where it would be denied because no rule allows it."""
    try:
        recalled, judgement = memory.recall(operation), memory.judge(operation)
    except (Gone, Lost) as why:
        left[str(why)] += 1
        return None
    if judgement.verdict is Verdict.ALLOW:
        return None
    if judgement.verdict is None or recalled.unknown.names:
        left["a name it touches was masked or cut"] += 1
    elif judgement.rule is not None:
        verb = "denied" if judgement.verdict is Verdict.DENY else "held"
        left[f"{verb} by the rule {judgement.rule}"] += 1
    elif any(access.effect is Effect.OPAQUE and not access.resource.name for access in recalled.operation.accesses):
        left["what it does could not be told"] += 1
    else:
        return recalled
    return None


def _add(seen: dict[tuple[_Pair, Effect], _Seen], found: Recalled, operation: RecordedOperation) -> None:
    pair = (found.identity.subject, found.target.name)
    by_effect: dict[Effect, list[Access]] = {}
    for access in found.operation.accesses or (NOTHING_TOUCHED,):
        by_effect.setdefault(access.effect, []).append(access)
    for effect, accesses in by_effect.items():
        resources = (Resource(access.resource.kind, access.resource.name) for access in accesses)
        seen.setdefault((pair, effect), _Seen()).add(resources, operation)


def _bodies(seen: Mapping[tuple[_Pair, Effect], _Seen]) -> dict[tuple[Effect, _Body], dict[_Pair, _Seen]]:
    """The same `what` and `when`, with everybody who needs it where."""
    found: dict[tuple[Effect, _Body], dict[_Pair, _Seen]] = {}
    others = {pair for pair, effect in seen if effect is not Effect.HOUSEKEEPING}
    for (pair, effect), each in seen.items():
        if effect is Effect.HOUSEKEEPING and pair in others:
            continue  # allowed wherever any rule allows something
        body = _body(effect, each.resources)
        if body is not None:
            found.setdefault((effect, body), {})[pair] = each
    return found


def _body(effect: Effect, resources: set[Resource]) -> _Body | None:
    if effect is Effect.HOUSEKEEPING:
        return yaml_of({"effects": [effect.value]}), ""
    nothing = Resource("statement", "")
    named = resources - {nothing} if effect is Effect.READ else resources
    fields = fields_of(named) if named else None
    if fields is not None:
        return yaml_of({"effects": [effect.value], **fields}), ""
    condition = condition_of(effect.value, resources)
    return (yaml_of({"effects": [effect.value]}), condition) if condition is not None else None


def _rules(
    revision: Revision,
    bodies: Mapping[tuple[Effect, _Body], Mapping[_Pair, _Seen]],
) -> Iterator[SuggestedRuleView]:
    taken = {rule.name for rule in revision.policy.rules}
    for (effect, body), pairs in sorted(bodies.items(), key=lambda item: (item[0][0].value, item[0][1])):
        for identities, targets in _squares(pairs):
            every = [pairs[who, where] for who in identities for where in targets]
            who, where = _who(revision, identities), _where(revision, targets)
            name = _name(f"observed-{'-'.join(identities[:2])}-{'-'.join(targets[:2])}-{effect.value}", taken)
            first, last = min(each.first for each in every), max(each.last for each in every)
            count = sum(each.count for each in every)
            yaml = _yaml(name, who, where, body, f"{count} seen, {first} to {last}")
            examples = [example for each in every for example in each.examples][:_EXAMPLES]
            yield SuggestedRuleView(name, yaml, count, first, last, examples)


def _squares(pairs: Iterable[_Pair]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Those who did it on the same targets, together: never who did it with where somebody else did."""
    targets: dict[str, list[str]] = {}
    for who, where in sorted(pairs):
        targets.setdefault(who, []).append(where)
    together: dict[tuple[str, ...], list[str]] = {}
    for name, names in targets.items():
        together.setdefault(tuple(names), []).append(name)
    for places, people in together.items():
        yield tuple(people), places


def _who(revision: Revision, identities: tuple[str, ...]) -> str:
    """A group where it is exactly these, else their names."""
    if len(identities) > 1:
        members: dict[str, set[str]] = {}
        for name in (*revision.agents, *revision.people):
            for group in revision.identity_of(name).groups:
                members.setdefault(group, set()).add(name)
        for group, names in sorted(members.items()):
            if names == set(identities):
                return yaml_of({"groups": [group]})
    return yaml_of({"identities": list(identities)})


def _where(revision: Revision, targets: tuple[str, ...]) -> str:
    """A label where it is on exactly these, else their names."""
    if len(targets) > 1:
        holders: dict[tuple[str, str], set[str]] = {}
        for target in revision.targets.values():
            for label in target.labels.items():
                holders.setdefault(label, set()).add(target.name)
        for (key, value), names in sorted(holders.items()):
            if names == set(targets):
                return f"{{labels: {{{quoted(key)}: {quoted(value)}}}}}"
    return yaml_of({"targets": list(targets)})


def _name(wished: str, taken: set[str]) -> str:
    base = re.sub(r"[^\w.@+-]", "-", wished, flags=re.ASCII)[:60]
    name, number = base, 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    taken.add(name)
    return name


def _yaml(name: str, who: str, where: str, body: _Body, evidence: str) -> str:
    what, when = body
    lines = [f"  # {evidence}", f"  - name: {name}", "    decide: allow", f"    who: {who}", f"    where: {where}"]
    lines.append(f"    what: {what}")
    if when:
        lines.append("    when: '" + when.replace("'", "''") + "'")
    return "\n".join(lines) + "\n"


def _file(rules: Iterable[SuggestedRuleView]) -> str:
    text = "".join(rule.yaml for rule in rules)
    return f"rules:\n{text}" if text else "rules: []\n"


def _tell_uncovered(memory: Memory, text: str, pending: list[RecordedOperation], left: Counter[str]) -> None:
    """Count what the draft does not allow after all: it is judged again, as a backtest would."""
    sources = memory.revision.sources
    path = next(iter(sources)).parent / _FILE
    try:
        drafted = Memory(load_sources({**sources, path: text.encode()}))
    except ConfigError as error:
        left[f"the draft does not hold: {error.problems[0]}"] += len(pending)
        return
    for operation in pending:
        if drafted.judge(operation).verdict is not Verdict.ALLOW:
            left["no rule could be drafted that allows this and nothing else"] += 1
