"""One review, and the table of what can become of it: pure values, no clock, no store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from engine.errors import Conflict
from engine.model import Access, Identity, Outcome, Panel, ReviewTerms


class State(StrEnum):
    """Where a review stands."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    USED = "used"
    REVOKED = "revoked"


class Move(StrEnum):
    """What can happen to a review."""

    APPROVE = "approve"
    DENY = "deny"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"
    USE = "use"
    REVOKE = "revoke"


TRANSITIONS: Final[Mapping[State, Mapping[Move, State]]] = {
    State.PENDING: {
        Move.APPROVE: State.APPROVED,
        Move.DENY: State.DENIED,
        Move.EXPIRE: State.EXPIRED,
        Move.WITHDRAW: State.WITHDRAWN,
    },
    State.APPROVED: {
        Move.USE: State.USED,
        Move.EXPIRE: State.EXPIRED,
        Move.REVOKE: State.REVOKED,
    },
    State.DENIED: {},
    State.EXPIRED: {},
    State.WITHDRAWN: {},
    State.USED: {},
    State.REVOKED: {},
}

OPEN: Final = frozenset(state for state, moves in TRANSITIONS.items() if moves)


def after(state: State, move: Move) -> State:
    """The state after a move; raises Conflict where the table has none."""
    following = TRANSITIONS[state].get(move)
    if following is None:
        raise Conflict(
            f"the review is {state.value}", f"{move.value} is not possible any more", "nothing is to be done"
        )
    return following


def decided_before(review: Review) -> Conflict:
    """Why nothing can be decided of a review any more, with who did."""
    wanted = "deny" if review.state is State.DENIED else "approve"
    people = ", ".join(vote.person for vote in review.votes if vote.verdict == wanted)
    did = "denied" if review.state is State.DENIED else "approved"
    why = f"{people} {did} it before" if people and review.decided is not None else "it was decided before"
    return Conflict(f"review {review.id} is {review.state.value}", why, "nothing is to be done")


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's vote: approve or deny."""

    person: str
    verdict: str
    reason: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Texts:
    """What an operation says and touches, exactly or masked: names of commands and paths are what somebody typed."""

    text: str = field(repr=False)
    parameters: tuple[str | None, ...] = field(default=(), repr=False)
    accesses: tuple[Access, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One held operation waiting for people, or what became of it.

    `exact` is there only while it is pending, `masked` stays. `binding` is the keyed digest of all that an approval
    counts for. `held_until` is set while the client waits on the wire. `decided` is when people approved or denied it.
    """

    id: str
    state: State
    session: str
    operation: str
    identity: Identity
    target: str
    database: str
    role: str
    kind: str
    verb: str
    context: tuple[tuple[str, str], ...]
    masked: Texts
    parameter_types: tuple[str, ...]
    rule: str
    reason: str
    rule_digest: str
    terms: ReviewTerms
    binding: str = field(repr=False)
    requested: datetime
    deadline: datetime
    exact: Texts | None = None
    has_where: bool = False
    in_transaction: bool = False
    estimated_rows: int | None = None
    similar_before: int = 0
    votes: tuple[Vote, ...] = ()
    held_until: datetime | None = None
    decided: datetime | None = None
    outcome: Outcome | None = None

    @property
    def is_open(self) -> bool:
        """Whether anything can still become of it."""
        return self.state in OPEN

    @property
    def is_held(self) -> bool:
        """Whether the client waits for it on the wire."""
        return self.held_until is not None

    @property
    def deadline_text(self) -> str:
        """The deadline in RFC 3339, UTC."""
        return self.deadline.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def outcome_status(self) -> str:
        """What became of an approved operation: never_resubmitted, running, or how it ended; "" before that."""
        if self.outcome is not None:
            return self.outcome.status.value
        if self.state is State.USED:
            return "running"
        return "never_resubmitted" if self.decided is not None and self.state is not State.DENIED else ""

    @property
    def panels(self) -> tuple[Panel, ...]:
        """Whose approval it needs: each of them."""
        return self.terms.panels or (Panel(self.rule, self.terms.reviewers, self.terms.quorum),)
