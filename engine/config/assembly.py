"""The checked sections → policy, masking rules, targets, people."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine import model
from engine.config import models, revision
from engine.config.publickeys import fingerprint
from engine.masking.plan import MaskRule
from engine.model import Verdict
from engine.policy.conditions import compile_condition
from engine.policy.globs import command_glob, dotted, path_glob
from engine.policy.hosts import host_glob
from engine.policy.rules import Rule, Scope, What, Where, Who
from engine.secrets.resolve import CertificateTerms
from engine.tls import ClientTLS


def rule_of(rule: models.Rule) -> Rule:
    """The compiled rule."""
    return Rule(
        name=rule.name,
        decide=Verdict(rule.decide),
        scope=scope_of(rule),
        exceptions=tuple(scope_of(exception) for exception in rule.exceptions),
        condition=compile_condition(rule.when) if rule.when else None,
        reason=rule.reason or "",
        terms=_terms_of(rule.review) if rule.review else None,
        limit=_limit_of(rule.name, rule.limit) if rule.limit else None,
        record_input=rule.record_input or "",
        mask=rule.mask or "",
        principal=rule.principal,
        digest=_digest(rule),
    )


def scope_of(scope: models.Scope) -> Scope:
    """The compiled who, where and what."""
    who, where, what = scope.who, scope.where, scope.what
    return Scope(
        Who(
            groups=frozenset(who.groups or ()),
            identities=frozenset(who.identities or ()),
            kinds=frozenset(who.kinds or ()),
            sponsors=frozenset(who.sponsors or ()),
        ),
        Where(
            targets=tuple(dotted(glob, 1)[0] for glob in where.targets or ()),
            labels=tuple(sorted((where.labels or {}).items())),
            databases=tuple(dotted(glob, 1)[0] for glob in where.databases or ()),
        ),
        What(
            effects=frozenset(what.effects or ()),
            tables=tuple(dotted(glob, 2) for glob in what.tables or ()),
            columns=tuple(dotted(glob, 3, least=2) for glob in what.columns or ()),
            functions=tuple(dotted(glob, 2) for glob in what.functions or ()),
            paths=tuple(path_glob(glob) for glob in what.paths or ()),
            commands=tuple(command_glob(glob) for glob in what.commands or ()),
            hosts=tuple(host_glob(glob) for glob in what.hosts or ()),
            verbs=frozenset(what.verbs or ()),
        ),
    )


def _terms_of(review: models.ReviewTerms) -> model.ReviewTerms:
    return model.ReviewTerms(
        reviewers=frozenset(review.reviewers.groups),
        quorum=review.quorum,
        hold=review.hold,
        timeout=review.timeout,
        on_hold=review.on_hold,
    )


def _limit_of(rule: str, limit: models.Limit) -> model.Limit:
    return model.Limit(
        limit.changed,
        limit.returned,
        changed_by=rule if limit.changed is not None else "",
        returned_by=rule if limit.returned is not None else "",
    )


def _digest(rule: models.Rule) -> str:
    """The digest of what the rule means: the order of its lists and of its keys does not count."""
    content = json.dumps(_canonical(rule.model_dump(mode="json", by_alias=True)), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return sorted((_canonical(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def mask_rule_of(rule: models.Masking) -> MaskRule:
    """The masking rule as `engine.masking` reads it."""
    return MaskRule(
        name=rule.name,
        labels=dict(rule.where.labels or {}),
        targets=rule.where.targets or (),
        exempt_groups=frozenset(rule.exempt.groups if rule.exempt else ()),
        columns=rule.columns,
        detect=rule.detect,
        strategy=rule.strategy,
        inference=rule.inference,
    )


def target_of(target: models.Target) -> model.Target:
    """The target as the rest of the engine sees it: without its credential."""
    return model.Target(
        name=target.name,
        protocol=target.protocol,
        address=target.address,
        database=target.database,
        labels=dict(target.labels),
        mode=target.mode,
        trusted=target.trusted,
        answers=target.record.answers,
        tunnels=target.record.tunnels,
        host_keys=target.host_key or (),
    )


def credential_of(target: models.Target) -> revision.Credential:
    """How to log in to the target's upstream."""
    credential, terms = target.credential, target.credential.certificate
    return revision.Credential(
        user=credential.user,
        password=_reference_to(credential.password),
        private_key=_reference_to(credential.private_key),
        certificate=CertificateTerms(terms.principal or credential.user, terms.ttl) if terms else None,
        tls=ClientTLS(target.tls.mode, target.tls.ca),
    )


def _reference_to(source: models.SecretSource | None) -> revision.SecretReference | None:
    return revision.SecretReference(source.env, source.file) if source is not None else None


def notifications_of(entries: Sequence[models.Notify]) -> tuple[revision.Notification, ...]:
    """The notifications, each with a name of its own: the one given, else the program's or the host's."""
    taken = Counter(entry.name for entry in entries if entry.name is not None)
    found = []
    for entry in entries:
        name = entry.name
        if name is None:
            name = Path(entry.command[0]).name if entry.command else urlsplit(entry.url or "").hostname or "?"
            taken[name] += 1
            name = name if taken[name] == 1 else f"{name}-{taken[name]}"
        headers = tuple((name, revision.SecretReference(each.env, each.file)) for name, each in entry.headers.items())
        found.append(
            revision.Notification(name, frozenset(entry.events), entry.command, entry.url, headers, entry.timeout)
        )
    return tuple(found)


def agent_of(agent: models.Agent) -> revision.Agent:
    """The agent as the rest of the engine sees it."""
    groups = frozenset(agent.groups)
    return revision.Agent(agent.name, agent.sponsor, agent.purpose, groups, agent.expires, agent.oidc, agent.ssh)


def person_of(name: str, person: models.Person) -> revision.Person:
    """The person as the rest of the engine sees them."""
    return revision.Person(name, person.unix, frozenset(person.groups), person.oidc, person.ssh)


def authority_of(authority: models.CertificateAuthority) -> revision.Authority:
    """The authority as `engine.identity` reads it; without a name its key's fingerprint is one."""
    name = authority.name or fingerprint(authority.key)
    revoked = authority.revoked
    return revision.Authority(name, authority.key, frozenset(revoked.keys), revoked.serials, revoked.krl)


def issuer_of(issuer: models.Issuer) -> revision.Issuer:
    """The issuer as `engine.identity` reads it."""
    claims, clients = issuer.claims, frozenset(issuer.clients)
    return revision.Issuer(issuer.name, issuer.issuer, issuer.audience, claims.subject, claims.groups, clients)
