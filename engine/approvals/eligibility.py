"""Who may vote on a review, and why not. People are compared by name, case-exactly, however each of them logged in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from engine.approvals.request import Review
from engine.model import Decision, Identity, Operation, Panel, Target

APPROVER: Final = "approver"


class Reviewer(Protocol):
    """A person as the configuration has them now."""

    @property
    def name(self) -> str:
        """The one name of that person."""

    @property
    def groups(self) -> frozenset[str]:
        """What they belong to."""


class Sponsored(Protocol):
    """An agent as the configuration has it now."""

    @property
    def sponsor(self) -> str:
        """Who answers for it."""


class Decides(Protocol):
    """The policy in force."""

    def evaluate(
        self,
        identity: Identity,
        target: Target,
        session: Mapping[str, object],
        operation: Operation,
        now: datetime,
        *,
        parameters_known: bool = True,
    ) -> Decision:
        """The decision on one operation."""


class Configured(Protocol):
    """The configuration in force: `engine.config.revision.Revision`, as much of it as reviews need."""

    @property
    def people(self) -> Mapping[str, Reviewer]:
        """Everybody, by name."""

    @property
    def agents(self) -> Mapping[str, Sponsored]:
        """Every agent, by name."""

    @property
    def targets(self) -> Mapping[str, Target]:
        """Every target, by name."""

    @property
    def permissions(self) -> Mapping[str, frozenset[str]]:
        """Which groups may what."""

    @property
    def policy(self) -> Decides:
        """The rules."""


def why_not(review: Review, person: str, configured: Configured) -> str:
    """Why this person's vote on the review would not count; "" when it would."""
    reviewer = configured.people.get(person)
    if reviewer is None:
        return f"{person} is not among the people of the configuration"
    if relation := _relation(review.identity, person, configured):
        return f"{person} {relation}, and nobody decides their own"
    if not configured.permissions.get(APPROVER, frozenset()) & reviewer.groups:
        return f"{person} does not have the permission {APPROVER}"
    if not any(panel.reviewers & reviewer.groups for panel in review.panels):
        return f"{person} is not among its reviewers: {', '.join(sorted(review.terms.reviewers))}"
    return ""


def is_approved(review: Review, configured: Configured) -> bool:
    """Whether every panel has its quorum of distinct people who may vote on it as things are now."""
    approving = {vote.person for vote in review.votes if vote.verdict == "approve"}
    counted = {name for name in approving if not why_not(review, name, configured)}
    return all(len(_on_panel(panel, counted, configured)) >= panel.quorum for panel in review.panels)


def _on_panel(panel: Panel, people: set[str], configured: Configured) -> set[str]:
    return {name for name in people if configured.people[name].groups & panel.reviewers}


def _relation(identity: Identity, person: str, configured: Configured) -> str:
    """How the operation is this person's own: asked by them, for them, through a token they minted, or by an agent that
    they answer for, directly or through others."""
    if identity.subject == person:
        return "asked for it"
    if identity.on_behalf_of == person:
        return "is who it was asked for on behalf of"
    if identity.token_minted_by == person:
        return "minted the token it was asked through"
    if identity.sponsor == person:
        return f"sponsors {identity.subject}"
    seen: set[str] = set()
    chain = [identity.subject, identity.sponsor, identity.on_behalf_of, identity.token_minted_by]
    while chain:
        name = chain.pop()
        if name is None or name in seen:
            continue
        seen.add(name)
        if (agent := configured.agents.get(name)) is not None:
            chain.append(agent.sponsor)
    return "answers for who asked" if person in seen else ""
