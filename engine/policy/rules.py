"""One rule, compiled: who, where and what it is about, what it leaves out, when it holds, and what it then says.

A rule matches an access in one of two ways. *Broadly*: the access may touch what the rule names; deny and review
rules match so, because what cannot be told apart is not safe. *Narrowly*: the rule covers all of the access; allow
rules match so. An exception is judged the other way round from its rule, so that it never lets more through than it
says.

Inside `what`, `effects` and `verbs` narrow the rule down; `tables`, `columns`, `functions`, `paths`, `commands` and
`hosts` name resources, any of which will do, and a rule that names some is about no other kind of resource:
`effects: [read], tables: [public.*]` covers no function call. Two containers count for what they hold, broadly only: a
schema, and a database; so does a command that could not be told, for every command, path and host. An interactive shell
does not: what is typed into it may be decided line by line.
Reading nothing in particular (`SELECT 1`) is covered by every rule that covers reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from engine.model import Access, Effect, Identity, Limit, Operation, Resource, ReviewTerms, Target, Verdict
from engine.policy.conditions import Condition
from engine.policy.globs import CommandGlob, Part, PathGlob, readings
from engine.policy.hosts import HostGlob

TableGlob = tuple[Part, ...]
ColumnGlob = tuple[Part, ...]
FunctionGlob = tuple[Part, ...]

_RELATIONS = frozenset({"table", "sequence"})
_NOTHING = Resource("statement", "")


class Miss(StrEnum):
    """Why a rule does not match: the first reason found."""

    IDENTITY = "it is about other identities"
    TARGET = "it is about other targets"
    DATABASE = "it is about other databases"
    EFFECT = "it is about other effects"
    VERB = "it is about other verbs"
    RESOURCE = "it is about other resources"
    EXCEPTION = "an exception leaves this out"
    CONDITION = "its condition is false"
    FAILED = "its condition could not be evaluated, which never allows"
    PARAMETERS = "its condition reads parameters, which are not known yet"


@dataclass(frozen=True, slots=True)
class Who:
    """Identities; every field that is given must match, names and groups exactly."""

    groups: frozenset[str] = frozenset()
    identities: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    sponsors: frozenset[str] = frozenset()

    def matches(self, identity: Identity) -> bool:
        """Whether this identity is meant."""
        return (
            (not self.groups or not self.groups.isdisjoint(identity.groups))
            and (not self.identities or identity.subject in self.identities)
            and (not self.kinds or identity.kind in self.kinds)
            and (not self.sponsors or identity.sponsor in self.sponsors)
        )


@dataclass(frozen=True, slots=True)
class Where:
    """Targets and their databases; every field that is given must match, every label too."""

    targets: tuple[Part, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    databases: tuple[Part, ...] = ()

    def matches(self, target: Target) -> bool:
        """Whether this target is meant, whatever the database."""
        if self.targets and not any(part.matches(target.name) for part in self.targets):
            return False
        return all(target.labels.get(name) == value for name, value in self.labels)

    def holds(self, database: str, *, broadly: bool) -> bool:
        """Whether the database is meant; "" is a database nobody named."""
        if not self.databases or (broadly and not database):
            return True
        return any(part.matches(database) for part in self.databases)


@dataclass(frozen=True, slots=True)
class What:
    """Effects, verbs and resources; nothing given means all."""

    effects: frozenset[Effect] = frozenset()
    tables: tuple[TableGlob, ...] = ()
    columns: tuple[ColumnGlob, ...] = ()
    functions: tuple[FunctionGlob, ...] = ()
    paths: tuple[PathGlob, ...] = ()
    commands: tuple[CommandGlob, ...] = ()
    hosts: tuple[HostGlob, ...] = ()
    verbs: frozenset[str] = frozenset()

    @property
    def is_everything(self) -> bool:
        """Whether nothing is named, so that all is meant."""
        return not (self.effects or self.verbs or self.names_resources)

    @property
    def names_resources(self) -> bool:
        """Whether it is about some resources only."""
        return bool(self.tables or self.columns or self.functions or self.paths or self.commands or self.hosts)

    def miss(self, access: Access, verb: str, *, broadly: bool) -> Miss | None:
        """Why this access is not meant, or None."""
        if self.effects:
            if access.effect not in self.effects:
                return Miss.EFFECT
        elif access.effect is Effect.OPAQUE and not broadly:
            return Miss.EFFECT  # only a rule that names `opaque` covers it
        if self.verbs and verb not in self.verbs:
            return Miss.VERB
        if not self.names_resources or self._names(access.resource, broadly=broadly):
            return None
        if access.effect is Effect.READ and access.resource == _NOTHING and not broadly:
            return None
        return Miss.RESOURCE

    def _names(self, resource: Resource, *, broadly: bool) -> bool:
        kind = resource.kind
        if kind in _RELATIONS:
            return self._names_table(resource, broadly=broadly)
        if kind == "function":
            return any(_pair_matches(glob, resource.name, broadly=broadly) for glob in self.functions)
        if kind == "path":
            return self._names_path(resource.name, broadly=broadly)
        if kind == "command":
            return self._names_command(resource.name, broadly=broadly)
        if kind == "host":
            return any(glob.matches(resource.name, broadly=broadly) for glob in self.hosts)
        if not broadly:
            return False
        if kind == "database":
            return bool(self.tables or self.columns or self.functions)
        if kind == "schema":
            globs = (*self.tables, *self.columns, *self.functions)
            return any(glob[0].matches(resource.name) for glob in globs)
        return False

    def _names_table(self, resource: Resource, *, broadly: bool) -> bool:
        if any(_pair_matches(glob, resource.name, broadly=broadly) for glob in self.tables):
            return True
        columns = [glob[2] for glob in self.columns if _pair_matches(glob[:2], resource.name, broadly=broadly)]
        if not columns:
            return False
        if any(part.is_any for part in columns):
            return True
        if not resource.columns:
            return broadly
        named = (any(part.matches(column) for part in columns) for column in resource.columns)
        return any(named) if broadly else all(named)

    def _names_path(self, path: str, *, broadly: bool) -> bool:
        return any(glob.may_match(path) if broadly else glob.matches(path) for glob in self.paths)

    def _names_command(self, command: str, *, broadly: bool) -> bool:
        if not command:
            return broadly and bool(self.commands or self.paths or self.hosts)
        return any(glob.matches(command, broadly=broadly) for glob in self.commands)


def _pair_matches(glob: tuple[Part, ...], name: str, *, broadly: bool) -> bool:
    """Whether a `schema.name` glob means this name. Of several readings of it one is enough broadly, else it takes all;
    broadly, a schema or a name that is not told could be any."""
    if broadly:
        return any(
            (not schema or glob[0].matches(schema)) and (not bare or glob[1].matches(bare))
            for schema, bare in readings(name)
        )
    return all(glob[0].matches(schema) and glob[1].matches(bare) for schema, bare in readings(name))


@dataclass(frozen=True, slots=True)
class Scope:
    """Who, where and what: of a rule, or of one of its exceptions."""

    who: Who = Who()
    where: Where = Where()
    what: What = What()

    def is_about(self, identity: Identity, target: Target) -> Miss | None:
        """Why this identity on this target is not meant, or None: what is known before any operation."""
        if not self.who.matches(identity):
            return Miss.IDENTITY
        return None if self.where.matches(target) else Miss.TARGET

    def miss(self, access: Access, verb: str, database: str, *, broadly: bool) -> Miss | None:
        """Why this access is not meant, given that the identity and the target are."""
        if not self.where.holds(database, broadly=broadly):
            return Miss.DATABASE
        return self.what.miss(access, verb, broadly=broadly)

    @property
    def is_known_early(self) -> bool:
        """Whether identity and target alone settle it."""
        return self.what.is_everything and not self.where.databases


@dataclass(frozen=True, slots=True)
class Rule:
    """Who + where + what (+ when) → allow, deny or review. `digest` is that of its own canonical content.

    `record_input` (yes, no, masked; "" says nothing), `mask` (strict, stop, unseen; "") and `principal` are
    about what it lets run.
    """

    name: str
    decide: Verdict
    scope: Scope = Scope()
    exceptions: tuple[Scope, ...] = ()
    condition: Condition | None = None
    reason: str = ""
    terms: ReviewTerms | None = None
    limit: Limit | None = None
    record_input: str = ""
    mask: str = ""
    principal: str | None = None
    digest: str = ""

    @property
    def is_broad(self) -> bool:
        """Whether it matches what it may touch, not only what it covers."""
        return self.decide is not Verdict.ALLOW

    def is_about(self, identity: Identity, target: Target) -> Miss | None:
        """Why this identity on this target is not meant, or None."""
        if miss := self.scope.is_about(identity, target):
            return miss
        for exception in self.exceptions:
            if exception.is_known_early and exception.is_about(identity, target) is None:
                return Miss.EXCEPTION
        return None

    def exceptions_for(self, identity: Identity, target: Target) -> tuple[Scope, ...]:
        """The exceptions that may apply to this identity on this target."""
        return tuple(exception for exception in self.exceptions if exception.is_about(identity, target) is None)

    def miss(self, access: Access, operation: Operation, database: str, exceptions: Iterable[Scope]) -> Miss | None:
        """Why it does not match this access, its condition aside."""
        names_effects = self.scope.what.effects
        if access.effect is Effect.HOUSEKEEPING and self.decide is Verdict.REVIEW and not names_effects:
            return Miss.EFFECT  # nobody is asked about a BEGIN unless the rule says so
        if miss := self.scope.miss(access, operation.verb, database, broadly=self.is_broad):
            return miss
        for exception in exceptions:
            if exception.miss(access, operation.verb, database, broadly=not self.is_broad) is None:
                return Miss.EXCEPTION
        return None

    def permits(self, access: Access) -> bool:
        """Whether, matching this access, it can be what lets it run: `opaque` must be named for that."""
        if self.decide is Verdict.DENY:
            return False
        return access.effect is not Effect.OPAQUE or Effect.OPAQUE in self.scope.what.effects

    def condition_miss(self, holds: bool | None) -> Miss | None:
        """What the value of its condition means: failing counts as a match for deny and review, never for allow."""
        if holds is None:
            return Miss.FAILED if self.decide is Verdict.ALLOW else None
        return None if holds else Miss.CONDITION
