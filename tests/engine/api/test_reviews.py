"""Reviews over the wire: who sees which text, who may decide, and what is evidenced."""

from __future__ import annotations

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
