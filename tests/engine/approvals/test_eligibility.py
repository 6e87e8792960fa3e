from dataclasses import replace
from typing import Any

import pytest

from engine.approvals.eligibility import is_approved, why_not
from engine.approvals.request import Vote
from engine.model import Panel
from tests.engine.approvals.conftest import Desk, configured


async def asked(desk: Desk, **identity: Any) -> Any:
    return await desk.ask(desk.client(replace(desk.bot, **identity)))


async def test_a_reviewer_with_the_permission_may_decide(desk: Desk) -> None:
    assert why_not(await asked(desk), "bob", desk.config) == ""


@pytest.mark.parametrize(
    ("identity", "person", "why"),
    [
        ({}, "alice", "alice sponsors bot"),
        ({"token_minted_by": "bob"}, "bob", "minted the token"),
        ({"on_behalf_of": "bob"}, "bob", "on behalf of"),
        ({"subject": "bob", "kind": "human", "sponsor": None}, "bob", "bob asked for it"),
        ({"on_behalf_of": "helper"}, "carol", "answers for who asked"),
        ({"token_minted_by": "helper"}, "carol", "answers for who asked"),
        ({}, "dave", "minted the token"),
        ({"token_minted_by": None}, "dave", "does not have the permission approver"),
        ({}, "erin", "not among its reviewers: dba"),
        ({}, "Bob", "not among the people"),
        ({}, "mallory", "not among the people"),
    ],
)
async def test_nobody_decides_their_own_and_only_reviewers_decide(
    desk: Desk, identity: dict[str, Any], person: str, why: str
) -> None:
    assert why in why_not(await asked(desk, **identity), person, desk.config)


async def test_a_sponsor_of_today_may_not_decide_what_was_asked_under_another(desk: Desk) -> None:
    review = await asked(desk)
    today = configured({"name: bot, sponsor: alice": "name: bot, sponsor: carol"})
    assert "answers for who asked" in why_not(review, "carol", today)
    assert "sponsors bot" in why_not(review, "alice", today)


async def test_one_person_in_two_groups_is_one_vote(desk: Desk) -> None:
    """SECURITY.md: one person in two groups is one vote."""
    review = await asked(desk)
    votes = (Vote("bob", "approve", "", desk.clock()), Vote("bob", "approve", "", desk.clock()))
    terms = replace(review.terms, reviewers=frozenset({"dba", "security"}), quorum=2)
    assert not is_approved(replace(review, votes=votes, terms=terms), desk.config)
    both = (*votes, Vote("erin", "approve", "", desk.clock()))
    assert is_approved(replace(review, votes=both, terms=terms), desk.config)


async def test_every_panel_needs_its_own_quorum(desk: Desk) -> None:
    review = await asked(desk)
    panels = (Panel("a", frozenset({"dba"}), 2), Panel("b", frozenset({"security"}), 1))
    review = replace(review, terms=replace(review.terms, panels=panels))

    def approved_by(*people: str) -> bool:
        return is_approved(
            replace(review, votes=tuple(Vote(name, "approve", "", desk.clock()) for name in people)), desk.config
        )

    assert not approved_by("bob")
    assert not approved_by("bob", "erin")
    assert approved_by("bob", "carol")


async def test_a_vote_of_somebody_who_lost_the_permission_does_not_count(desk: Desk) -> None:
    """CVE-2026-91167: what people may is looked at when it counts, not when they first had it."""
    review = replace(await asked(desk), votes=(Vote("bob", "approve", "", desk.clock()),))
    assert is_approved(review, desk.config)
    assert not is_approved(
        review, configured({"bob: {unix: bob, groups: [dba, security]}": "bob: {unix: bob, groups: [security]}"})
    )
