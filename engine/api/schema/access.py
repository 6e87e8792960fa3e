"""Who is let in and who is kept out: agents, tokens, locks, and how a client connects."""

from __future__ import annotations

import msgspec


class LockView(msgspec.Struct, frozen=True):
    """One lock. `covers` are the agents that a locked person sponsors: they are stopped too."""

    kind: str  # identity | target
    name: str
    by: str
    reason: str
    since: str
    is_known: bool = True  # the configuration has that name
    covers: list[str] = []
    ended: int = 0  # in the answer to a lock: the live sessions it ended


class AgentView(msgspec.Struct, frozen=True):
    """One agent of the configuration, and who answers for it."""

    name: str
    sponsor: str
    purpose: str | None = None
    groups: list[str] = []
    expires: str | None = None
    logins: list[str] = []  # how it may come besides tokens: oidc, ssh
    tokens: int = 0  # that let it in now
    sessions: int = 0  # live ones
    locked: str = ""  # why it may not, where a lock covers it


class TokenView(msgspec.Struct, frozen=True):
    """One token; its secret is shown once, at creation, and is not here."""

    id: str
    subject: str
    minted_by: str
    created: str
    expires: str
    revoked: str | None = None
    last_used: str | None = None


class TokenCreatedView(msgspec.Struct, frozen=True):
    """A token just minted; `secret` is what the client gives as its password, and is shown once."""

    token: TokenView
    secret: str

    def __repr__(self) -> str:
        return f"TokenCreatedView({self.token!r})"


class ConnectView(msgspec.Struct, frozen=True):
    """What a client needs to reach a target; `token` is shown once."""

    protocol: str
    host: str
    port: int
    user: str
    target: str
    token: str
    tls: str
    ca: str | None = None  # PEM
    known_hosts: list[str] = []

    def __repr__(self) -> str:
        return f"ConnectView({self.user!r} at {self.host}:{self.port})"


class SSHKeysView(msgspec.Struct, frozen=True):
    """The engine's keys of SSH, as `KIND BASE64`: what its listeners show, and what signs it in at targets.

    `known_hosts` are the lines for those who connect to it."""

    host_key: str
    fingerprint: str
    known_hosts: list[str]
    user_ca: str
    user_ca_fingerprint: str


class LearnedView(msgspec.Struct, frozen=True):
    """The host key that a target shows."""

    target: str
    address: str
    key: str
    fingerprint: str
    is_pinned: bool


class LockRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks to lock or unlock one identity or one target, and says why."""

    reason: str
    identity: str | None = None
    target: str | None = None


class TokenRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for a token; `ttl` in seconds."""

    subject: str
    ttl: float
    on_behalf_of: str | None = None


class ConnectRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for what a client needs to reach a target as the asking person."""

    target: str
    ttl: float = 3600.0


class LearnRequest(msgspec.Struct, frozen=True):
    """The key that a person has looked at; without one it is only asked for."""

    key: str | None = None
