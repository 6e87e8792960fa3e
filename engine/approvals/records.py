"""Reviews as the store keeps them."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from engine.approvals.request import Review, State, Texts, Vote
from engine.model import Outcome
from engine.store.reviews import StoredReview, StoredVote


def to_stored(review: Review) -> StoredReview:
    """The review for the store: its exact texts apart, so that they can be erased."""
    detail = replace(review, exact=None, votes=(), outcome=None, held_until=None)
    return StoredReview(
        id=review.id,
        state=review.state.value,
        subject=review.identity.subject,
        rule=review.rule,
        requested=review.requested,
        deadline=review.deadline,
        decided=review.decided,
        detail=msgspec.json.encode(detail),
        exact=msgspec.json.encode(review.exact) if review.exact is not None else None,
    )


def from_stored(stored: StoredReview) -> Review:
    """The review that the store kept."""
    detail = msgspec.json.decode(stored.detail, type=Review)
    return replace(
        detail,
        state=State(stored.state),
        decided=stored.decided,
        exact=msgspec.json.decode(stored.exact, type=Texts) if stored.exact is not None else None,
        outcome=msgspec.json.decode(stored.outcome, type=Outcome) if stored.outcome is not None else None,
        votes=tuple(Vote(vote.person, vote.verdict, vote.reason, vote.time) for vote in stored.votes),
    )


def to_stored_vote(vote: Vote) -> StoredVote:
    """The vote for the store."""
    return StoredVote(vote.person, vote.verdict, vote.reason, vote.time)


def encode_outcome(outcome: Outcome) -> bytes:
    """The outcome for the store."""
    return msgspec.json.encode(outcome)
