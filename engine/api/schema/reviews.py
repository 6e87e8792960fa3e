"""Who asks, what it touches, and the operations that wait for people."""

from __future__ import annotations

import msgspec


class AccessView(msgspec.Struct, frozen=True):
    """One (effect, resource) pair."""

    effect: str
    resource: str
    columns: list[str] = []


class IdentityView(msgspec.Struct, frozen=True):
    """Who asks."""

    subject: str
    kind: str
    groups: list[str] = []
    sponsor: str | None = None
    purpose: str | None = None
    on_behalf_of: str | None = None
    authenticated: str = ""


class VoteView(msgspec.Struct, frozen=True):
    """One person's vote on a review."""

    person: str
    verdict: str  # approve | deny
    reason: str
    time: str


class OutcomeView(msgspec.Struct, frozen=True):
    """What became of an approved operation; `status` is never_resubmitted, running, or an outcome's status."""

    status: str
    tag: str = ""
    rows: int = 0
    changed: int | None = None
    error: str | None = None


class ReviewView(msgspec.Struct, frozen=True):
    """One held operation waiting for people, or what became of it.

    `text` is the exact statement for those who may decide it while it is pending, else the masked one.
    """

    id: str
    state: str  # pending | approved | denied | expired | withdrawn | used | revoked
    session: str
    operation: str
    identity: IdentityView
    target: str
    verb: str
    text: str
    rule: str
    reason: str
    reviewers: list[str]
    quorum: int
    requested: str
    deadline: str
    database: str = ""
    role: str = ""
    parameters: list[str | None] = []
    accesses: list[AccessView] = []
    has_where: bool = False
    in_transaction: bool = False
    is_held: bool = False  # the client still waits on the wire
    held_until: str | None = None
    estimated_rows: int | None = None
    votes: list[VoteView] = []
    may_decide: bool = False  # the asking person may vote
    why_not: str = ""  # else the reason
    similar_before: int = 0  # operations of this identity held by this rule before, and approved
    outcome: OutcomeView | None = None
