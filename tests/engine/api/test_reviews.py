"""Reviews over the wire: who sees which text, who may decide, and what is evidenced."""

from __future__ import annotations

import asyncio

import pytest

from hoopterm.errors import Refused
from tests.engine.api.conftest import USERS, Serving, needs_root

CARD = "DELETE FROM orders WHERE card = '4111111111111111'"


async def test_what_waits_is_listed_and_shown(serving: Serving) -> None:
    session, _ = await serving.open_session()
    id = await serving.hold(session)
    (listed,) = await serving.client.reviews("pending")
    shown = await serving.client.review(id)
    assert listed == shown
    assert (shown.id, shown.identity.sponsor, shown.rule, shown.may_decide) == (id, "alice", "deletes", True)
    assert shown.text == "DELETE FROM orders WHERE id = 7"
    assert [(access.effect, access.resource) for access in shown.accesses] == [("delete", "table:public.orders")]
    await serving.gateway.close_session(session, "done")


async def test_an_approval_names_who_gave_it_and_that_nothing_ran_yet(serving: Serving) -> None:
    session, _ = await serving.open_session()
    id = await serving.hold(session)
    approved = await serving.client.approve(id, "OPS-114")
    assert (approved.state, approved.votes[0].person, approved.votes[0].reason) == ("approved", "root", "OPS-114")
    assert approved.outcome is not None
    assert approved.outcome.status == "never_resubmitted"
    assert (await serving.client.revoke(id, "mistake")).state == "revoked"
    await serving.gateway.close_session(session, "done")


async def test_a_denial_needs_a_reason(serving: Serving) -> None:
    session, _ = await serving.open_session()
    id = await serving.hold(session)
    with pytest.raises(Refused, match="needs a reason"):
        await serving.client.deny(id, "  ")
    assert (await serving.client.deny(id, "use a migration")).state == "denied"
    with pytest.raises(Refused) as caught:
        await serving.client.approve(id)
    assert caught.value.code == "conflict"
    await serving.gateway.close_session(session, "done")


@needs_root
@pytest.mark.parametrize("verdict", ["approve", "deny"])
async def test_of_two_who_decide_at_the_same_moment_one_does_and_the_other_is_told_who_did(
    serving: Serving, verdict: str
) -> None:
    session, _ = await serving.open_session()
    id = await serving.hold(session)
    await serving.client.review(id)  # its connection is open now
    ours, (status, theirs) = await asyncio.gather(
        getattr(serving.client, verdict)(id, "root says so"),
        serving.ask_as(USERS["approver"], "POST", f"/reviews/{id}/approve", {"reason": "OPS-114"}),
        return_exceptions=True,
    )
    after = await serving.client.review(id)
    (vote,) = after.votes
    if status == 200:
        assert isinstance(ours, Refused)
        assert ours.code == "conflict"
        assert f"{vote.person} approved it before" in ours.message
        assert (after.state, vote.person) == ("approved", "approver")
    else:
        assert status == 409
        assert f"root {'denied' if verdict == 'deny' else 'approved'} it before" in theirs["error"]["message"]
        assert (after.state, vote.person) == ("denied" if verdict == "deny" else "approved", "root")
    assert len(await serving.events("review.approved") + await serving.events("review.denied")) == 1
    with pytest.raises(Refused, match=f"{vote.person} (approved|denied) it before"):
        await serving.client.deny(id, "too late")
    await serving.gateway.close_session(session, "done")


@needs_root
async def test_only_who_may_decide_sees_the_exact_text_and_only_while_it_is_pending(serving: Serving) -> None:
    session, _ = await serving.open_session()
    id = await serving.hold(session, CARD)
    gateway = serving.gateway
    case = gateway.approvals
    exact = (await case.get(id)).exact
    assert exact is not None
    assert exact.text == CARD
    _, approver = await serving.ask_as(USERS["approver"], "GET", f"/reviews/{id}")
    _, auditor = await serving.ask_as(USERS["auditor"], "GET", f"/reviews/{id}")
    assert (approver["may_decide"], approver["text"]) == (True, CARD)
    assert auditor["may_decide"] is False
    assert "permission approver" in auditor["why_not"]
    assert auditor["text"] == (await case.get(id)).masked.text
    await serving.client.approve(id)
    assert (await serving.client.review(id)).text == (await case.get(id)).masked.text
    await serving.gateway.close_session(session, "done")


async def test_reading_an_exact_text_is_an_event_once_for_each_person(serving: Serving) -> None:
    session, _ = await serving.open_session()
    id = await serving.hold(session)
    for _ in range(3):
        await serving.client.reviews("pending")
        await serving.client.review(id)
    read = [entry for entry in await serving.events("evidence.read") if entry["data"]["what"] == "review"]
    assert [(entry["identity"], entry["data"]["reviews"]) for entry in read] == [("root", [id])]
    await serving.gateway.close_session(session, "done")
