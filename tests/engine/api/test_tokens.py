"""Tokens over the wire: who may be let in by whom, and that no secret is told twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import RecordError
from hoopterm.errors import Refused
from tests.engine.api.conftest import Serving


async def test_a_token_lets_its_agent_in(serving: Serving) -> None:
    created = await serving.client.create_token("report-bot", 60, "alice")
    identity = await serving.gateway.authenticate("report-bot", created.secret)
    assert (identity.subject, identity.token_minted_by, identity.on_behalf_of) == ("report-bot", "root", "alice")
    (listed,) = await serving.client.tokens()
    assert listed.id == created.token.id
    assert created.secret not in repr(listed)


async def test_minting_and_revoking_are_events_without_the_secret(serving: Serving) -> None:
    created = await serving.client.create_token("report-bot", 60)
    await serving.client.revoke_token(created.token.id)
    (minted,), (revoked,) = await serving.events("token.created"), await serving.events("token.revoked")
    assert (minted["identity"], minted["data"]["by"]) == ("report-bot", "root")
    assert revoked["data"]["token"] == created.token.id
    assert created.secret not in str(minted)


@pytest.mark.parametrize(
    ("subject", "on_behalf_of", "why"),
    [
        ("nobody-knows", None, "no agent 'nobody-knows'"),
        ("alice", None, "may not mint a token for alice"),
        ("Report-Bot", None, "no agent 'Report-Bot'"),
        ("report-bot", "mallory", "no person 'mallory'"),
    ],
)
async def test_nobody_can_be_made_somebody_else(
    serving: Serving, subject: str, on_behalf_of: str | None, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        await serving.client.create_token(subject, 60, on_behalf_of)
    assert await serving.client.tokens() == []


@pytest.mark.parametrize("ttl", [0, -1, 1e9, 1e300, -1e300])
async def test_a_life_of_nothing_or_beyond_the_limit_is_refused(serving: Serving, ttl: float) -> None:
    with pytest.raises(Refused) as caught:
        await serving.client.create_token("report-bot", ttl)
    assert caught.value.code == "forbidden"


async def test_no_token_is_minted_for_an_agent_that_has_expired(serving: Serving) -> None:
    known = serving.gateway.revision.agents["report-bot"]
    agents = {**serving.gateway.revision.agents, "report-bot": replace(known, expires=serving.gateway.now())}
    serving.gateway.revision = replace(serving.gateway.revision, agents=agents)
    with pytest.raises(Refused, match="no token is minted for report-bot: it may come no more since"):
        await serving.client.create_token("report-bot", 60)
    assert await serving.client.tokens() == []


async def test_a_token_ends_its_sessions_when_it_is_revoked(serving: Serving) -> None:
    created = await serving.client.create_token("report-bot", 60)
    from tests.engine.api.conftest import Adapter

    adapter = Adapter()
    identity = await serving.gateway.authenticate("report-bot", created.secret)
    session = await serving.gateway.open_session(identity, "shop", adapter, "x")
    await serving.client.revoke_token(created.token.id)
    await adapter.ended.wait()
    await serving.gateway.close_session(session, "done")


async def test_a_token_that_cannot_be_recorded_is_not_given(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> int:
        raise RecordError("the record cannot be written")

    monkeypatch.setattr(serving.gateway.log, "append", fail)
    with pytest.raises(Refused, match="cannot be written"):
        await serving.client.create_token("report-bot", 60)
    monkeypatch.undo()
    assert [token.revoked is None for token in await serving.client.tokens()] == [False]
