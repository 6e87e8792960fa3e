"""Rules and operations for tests, in few words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from engine.model import (
    Access,
    Decision,
    Effect,
    Identity,
    Limit,
    Operation,
    Parameter,
    Resource,
    ReviewTerms,
    Target,
    Verdict,
)
from engine.policy.conditions import compile_condition
from engine.policy.evaluate import Policy
from engine.policy.globs import command_glob, dotted, path_glob
from engine.policy.hosts import host_glob
from engine.policy.rules import Rule, Scope, What, Where, Who

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BOT = Identity("bot", "agent", frozenset({"agents"}), sponsor="alice")
SHOP = Target("shop", "postgres", "127.0.0.1:5432", "shop", {"env": "prod"})
SESSION: Mapping[str, object] = {"id": "s-1", "client": "psql", "database": "shop", "opened": NOW}


def what(**named: Iterable[str]) -> What:
    """A compiled `what`, named as in the YAML."""
    return What(
        effects=frozenset(Effect(effect) for effect in named.get("effects", ())),
        tables=tuple(dotted(glob, 2) for glob in named.get("tables", ())),
        columns=tuple(dotted(glob, 3, least=2) for glob in named.get("columns", ())),
        functions=tuple(dotted(glob, 2) for glob in named.get("functions", ())),
        paths=tuple(path_glob(glob) for glob in named.get("paths", ())),
        commands=tuple(command_glob(glob) for glob in named.get("commands", ())),
        hosts=tuple(host_glob(glob) for glob in named.get("hosts", ())),
        verbs=frozenset(named.get("verbs", ())),
    )


def rule(
    name: str,
    decide: str,
    *,
    who: Who | None = None,
    where: Where | None = None,
    unless: Iterable[Scope] = (),
    when: str | None = None,
    reviewers: str = "dba",
    quorum: int = 1,
    limit: Limit | None = None,
    **named: Iterable[str],
) -> Rule:
    """A compiled rule."""
    return Rule(
        name,
        Verdict(decide),
        Scope(who or Who(), where or Where(), what(**named)),
        tuple(unless),
        compile_condition(when) if when else None,
        terms=ReviewTerms(frozenset({reviewers}), quorum) if decide == "review" else None,
        limit=limit,
        digest=f"digest of {name}",
    )


def access(effect: str, resource: str = "statement", *columns: str) -> Access:
    """`access("read", "table:public.orders", "id")`."""
    kind, _, name = resource.partition(":")
    return Access(Effect(effect), Resource(kind, name, columns))


def operation(
    *accesses: Access,
    verb: str = "SELECT",
    parameters: Iterable[str | None] = (),
    database: str = "shop",
    estimated_rows: int | None = None,
    has_where: bool = False,
) -> Operation:
    """One statement."""
    return Operation(
        "o-1",
        "s-1",
        "statement",
        verb,
        "…",
        accesses,
        parameters=tuple(Parameter("text", value) for value in parameters),
        context=(("database", database), ("role", "app")),
        has_where=has_where,
        estimated_rows=estimated_rows,
    )


def decide(rules: Iterable[Rule], asked: Operation, *, identity: Identity = BOT, known: bool = True) -> Decision:
    """What these rules say of it."""
    return Policy(rules).evaluate(identity, SHOP, SESSION, asked, NOW, parameters_known=known)


def verdict(rules: Iterable[Rule], *accesses: Access) -> str:
    """What these rules say of one statement with these accesses."""
    return decide(rules, operation(*accesses)).verdict.value
