"""All of the configuration, frozen: what the engine runs on until the next revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from engine.config.changes import changes
from engine.config.models import Engine, Listener, Tokens
from engine.errors import NotFound
from engine.identity.krl import KRL
from engine.masking.plan import MaskRule
from engine.model import Identity, Target
from engine.policy.evaluate import Policy
from engine.secrets.resolve import CertificateTerms
from engine.tls import ClientTLS


@dataclass(frozen=True, slots=True)
class Person:
    """One person, however they log in."""

    name: str
    unix: str | None = None
    groups: frozenset[str] = frozenset()
    oidc: str | None = None
    ssh: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Agent:
    """One autonomous agent, and the person who answers for it."""

    name: str
    sponsor: str
    purpose: str | None = None
    groups: frozenset[str] = frozenset()
    expires: datetime | None = None
    oidc: str | None = None
    ssh: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Issuer:
    """An OpenID provider: its address, whom its tokens must be for, and where in them to look.

    `subject` and `groups` are paths of claims; `clients` are the parties that tokens may have been made for.
    """

    name: str
    address: str
    audience: str
    subject: tuple[str, ...] = ("sub",)
    groups: tuple[str, ...] | None = None
    clients: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Authority:
    """Whose SSH certificates let in: a public key, and which of what it signed counts no more.

    `revoked_serials` are ranges, first and last included.
    """

    name: str
    key: str
    revoked_keys: frozenset[str] = frozenset()
    revoked_serials: tuple[tuple[int, int], ...] = ()
    krl: KRL | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SecretReference:
    """Where a secret lies: an environment variable or a file. Never its value."""

    env: str | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """What the engine presents to an upstream, and what the upstream must prove."""

    user: str
    password: SecretReference | None = None
    private_key: SecretReference | None = None
    certificate: CertificateTerms | None = None
    tls: ClientTLS = field(default_factory=ClientTLS)

    @property
    def kind(self) -> str:
        """What sort it is, to show to people: certificate, env, file or none."""
        if self.certificate is not None:
            return "certificate"
        secret = self.private_key or self.password
        if secret is None:
            return "none"
        return "env" if secret.env is not None else "file"


@dataclass(frozen=True, slots=True)
class Notification:
    """Who is told of which events: a command with its arguments, or an address, which may itself be a secret."""

    name: str
    events: frozenset[str]
    command: tuple[str, ...] | None = None
    url: str | None = field(default=None, repr=False)
    headers: tuple[tuple[str, SecretReference], ...] = ()
    timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How the engine itself runs. A change of these takes a restart."""

    engine: Engine
    listeners: Mapping[str, Listener]
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of the configuration files. `digest` names it; `warnings` do not keep it from being used.

    `ssh_keys` tells whose each public key is."""

    digest: str
    settings: Settings
    targets: Mapping[str, Target]
    credentials: Mapping[str, Credential]
    agents: Mapping[str, Agent]
    people: Mapping[str, Person]
    issuers: Mapping[str, Issuer]
    ssh_authorities: tuple[Authority, ...]
    ssh_keys: Mapping[str, str]
    permissions: Mapping[str, frozenset[str]]
    policy: Policy
    mask_rules: tuple[MaskRule, ...]
    notifications: tuple[Notification, ...]
    files: tuple[Path, ...]
    sources: Mapping[Path, bytes] = field(repr=False)
    warnings: tuple[str, ...] = ()

    @property
    def hides_values(self) -> bool:
        """Whether a detector may leave nothing in a value's place."""
        return any(mask.detect and mask.strategy == "nullify" for mask in self.mask_rules)

    def changes_from(self, before: Revision) -> tuple[str, ...]:
        """What differs from another revision, one line each."""
        return changes(before, self)

    def identity_of(self, name: str) -> Identity:
        """The identity of an agent or a person; raises NotFound. The caller adds how it authenticated."""
        return self.identity_of_agent(name) if name in self.agents else self.identity_of_person(name)

    def identity_of_agent(self, name: str) -> Identity:
        """The identity of a registered agent; raises NotFound. The caller adds how it authenticated."""
        agent = self.agents.get(name)
        if agent is None:
            raise NotFound(f"no agent {name}", "", "register it under `agents:`")
        return Identity(
            subject=agent.name,
            kind="agent",
            groups=agent.groups,
            sponsor=agent.sponsor,
            purpose=agent.purpose,
            expires=agent.expires,
        )

    def identity_of_person(self, name: str) -> Identity:
        """The identity of a person; raises NotFound."""
        person = self.people.get(name)
        if person is None:
            raise NotFound(f"no person {name}", "", "people are listed under identity.people, agents under agents")
        return Identity(subject=person.name, kind="human", groups=person.groups)

    def name_of_login(self, login: str) -> str | None:
        """The agent or person who is that at an issuer (`issuer/subject`)."""
        everybody: list[Agent | Person] = [*self.agents.values(), *self.people.values()]
        return next((each.name for each in everybody if each.oidc == login), None)

    def person_of_unix(self, name: str) -> Person | None:
        """The person who logs in under that Unix name."""
        return next((person for person in self.people.values() if person.unix == name), None)

    def permissions_of(self, person: Person) -> frozenset[str]:
        """What the person may do on the control API: admin, approver, operator, auditor."""
        return frozenset(name for name, groups in self.permissions.items() if groups & person.groups)
