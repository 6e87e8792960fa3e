"""The text of a vote."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from engine.approvals.ballot import text_of
from engine.approvals.request import Vote

REVIEW = cast(Any, SimpleNamespace(id="rv_1", operation="s-1.2", binding="abc"))
VOTE = Vote("bob", "approve", "agreed", datetime(2026, 3, 1, 10, tzinfo=UTC))


def test_a_vote_says_who_decided_what_and_when() -> None:
    assert text_of(REVIEW, VOTE) == (
        "hoopterm vote 1\n"
        "review: rv_1\n"
        "operation: s-1.2\n"
        "digest: abc\n"
        "verdict: approve\n"
        "person: bob\n"
        'reason: "agreed"\n'
        "time: 2026-03-01T10:00:00.000000Z\n"
    )


def test_a_reason_cannot_add_a_line() -> None:
    """SECURITY 4: approvals cannot be borrowed."""
    text = text_of(REVIEW, replace(VOTE, reason="no\nverdict: approve"))
    assert text.count("\n") == text_of(REVIEW, VOTE).count("\n")
