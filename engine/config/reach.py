"""What rules can refer to, and which rules can never match."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Final

from engine.config import models
from engine.config.assembly import agent_of, person_of, target_of
from engine.config.document import Place
from engine.config.problems import Problem, suggestion
from engine.config.sections import Entry, Sections
from engine.model import Identity, Target
from engine.policy.globs import Part, dotted
from engine.policy.rules import Rule, Scope, Where, Who

_ANYBODY: Final = Identity("", "service")
_ANYWHERE: Final = Target("", "", "")


class Known:
    """What rules can refer to. What lost entries to other problems is None: nobody can say what is missing from it."""

    def __init__(self, sections: Sections) -> None:
        is_complete = not sections.faulty & {"people", "agents", "identity"}
        people = {name: person_of(name, entry.value) for name, entry in sections.people.items()}
        agents = [agent_of(entry.value) for entry in sections.agents]
        humans = [Identity(person.name, "human", person.groups) for person in people.values()]
        bots = [Identity(agent.name, "agent", agent.groups, agent.sponsor, agent.purpose) for agent in agents]
        self.people = frozenset(people)
        everybody, claimed = [*humans, *bots], _claimed(sections)
        self.groups = claimed.union(*(identity.groups for identity in everybody))
        logins = [*(person.oidc for person in people.values()), *(agent.oidc for agent in agents)]
        for identity, login in zip(tuple(everybody), logins, strict=True):
            mine = {group for group in claimed if login and group.partition("/")[0] == login.partition("/")[0]}
            if mine:  # as they are with a token that has all of them
                everybody.append(replace(identity, groups=identity.groups | mine))
        self.identities: list[Identity] | None = everybody if is_complete else None
        self.targets: list[Target] | None = None
        if not sections.faulty & {"targets"}:
            self.targets = [target_of(entry.value) for entry in sections.targets]


def _claimed(sections: Sections) -> frozenset[str]:
    """The groups of rules that only an issuer's tokens can give: `issuer/group`."""
    issuers = {entry.value.name for entry in sections.issuers if entry.value.claims.groups is not None}
    scopes = [scope for entry in sections.rules for scope in (entry.value, *entry.value.exceptions)]
    named = (group for scope in scopes for group in scope.who.groups or ())
    return frozenset(group for group in named if "/" in group and group.partition("/")[0] in issuers)


def dangling(known: Known, entry: Entry[models.Rule]) -> Iterator[Problem]:
    """Names in a rule's who and where, and in those of its exceptions, that mean nobody and nothing."""
    scopes: list[tuple[Place, models.Scope]] = [((), entry.value)]
    scopes += [(("except", index), exception) for index, exception in enumerate(entry.value.exceptions)]
    for at, scope in scopes:
        yield from _unknown_names(known, entry, scope.who, (*at, "who"))
        yield from unknown_targets(known, entry, scope.where, (*at, "where"))


def _unknown_names(known: Known, entry: Entry[models.Rule], who: models.Who, at: Place) -> Iterator[Problem]:
    if known.identities is not None:
        subjects = {identity.subject for identity in known.identities}
        for key, names, universe in (
            ("groups", who.groups, known.groups),
            ("identities", who.identities, subjects),
            ("sponsors", who.sponsors, known.people),
        ):
            for index, name in enumerate(names or ()):
                if name not in universe:
                    what = f"nobody is in the group {name!r}" if key == "groups" else f"nobody is named {name!r}"
                    yield entry.problem(what, suggestion(name, universe), at=(*at, key, index))


def unknown_targets(
    known: Known,
    entry: Entry[models.Rule] | Entry[models.Masking],
    where: models.MaskWhere,
    at: Place = ("where",),
) -> Iterator[Problem]:
    """Target names and labels in a where that no target has."""
    if known.targets is None:
        return
    names = {target.name for target in known.targets}
    for index, glob in enumerate(where.targets or ()):
        pattern = dotted(glob, 1)[0]
        if not any(pattern.matches(name) for name in names):
            yield entry.problem(f"no target is named {glob!r}", suggestion(glob, names), at=(*at, "targets", index))
    for name, value in (where.labels or {}).items():
        values = {target.labels[name] for target in known.targets if name in target.labels}
        if value not in values:
            labels = {label for target in known.targets for label in target.labels}
            hint = suggestion(value, values) if values else suggestion(name, labels)
            yield entry.problem(f"no target has the label {name}: {value}", hint, at=(*at, "labels", name))


def unreachable(known: Known, entry: Entry[models.Rule], rule: Rule) -> Iterator[Problem]:
    """Why a rule whose names all exist can still never match."""
    if known.identities is None or known.targets is None:
        return
    scope = rule.scope
    identities = [identity for identity in known.identities if scope.who.matches(identity)]
    targets = [target for target in known.targets if scope.where.matches(target)]
    if scope.who == Who():
        identities = [_ANYBODY, *identities]
    if scope.where == Where():
        targets = [_ANYWHERE, *targets]
    if not identities:
        yield entry.problem("nobody is all of this, so the rule can never match", at=("who",))
    if not targets:
        yield entry.problem("no target is all of this, so the rule can never match", at=("where",))
    swallowing = [exception for exception in rule.exceptions if _swallows(exception, scope)]
    if swallowing and all(
        any(exception.is_about(identity, target) is None for exception in swallowing)
        for identity, target in product(identities, targets)
    ):
        what = "the exception leaves nothing, so the rule can never match"
        yield entry.problem(what, "except less, or remove the rule", at=("except",), at_key=True)


def _swallows(exception: Scope, scope: Scope) -> bool:
    """Whether, where it applies, the exception leaves nothing of what the rule is about."""
    what, left = exception.what, scope.what
    if exception.where.databases and not _within(scope.where.databases, exception.where.databases):
        return False
    if what.effects and not (left.effects and left.effects <= what.effects):
        return False
    if what.verbs and not (left.verbs and left.verbs <= what.verbs):
        return False
    if not what.names_resources:
        return True
    kinds = ((left.tables, what.tables), (left.columns, what.columns), (left.functions, what.functions))
    return (
        left.names_resources
        and all(not mine or set(mine) <= set(theirs) for mine, theirs in kinds)
        and (not left.paths or set(left.paths) <= set(what.paths))
        and (not left.commands or set(left.commands) <= set(what.commands))
        and (not left.hosts or set(left.hosts) <= set(what.hosts))
    )


def _within(mine: tuple[Part, ...], theirs: tuple[Part, ...]) -> bool:
    return bool(mine) and set(mine) <= set(theirs)
