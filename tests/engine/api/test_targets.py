"""Targets and agents over the wire."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.api.targets import is_local
from engine.config.loading import load
from engine.errors import UpstreamError
from tests.engine.api.conftest import Serving

CANARY = "canary-b1f7-never-shown"


async def test_a_target_says_how_it_is_reached_and_how_it_answered(serving: Serving) -> None:
    session, _ = await serving.open_session()
    with pytest.raises(UpstreamError), serving.gateway.reach.trying("shop"):
        raise UpstreamError("the upstream does not answer", "connection refused")
    (shop,) = await serving.client.targets()
    assert (shop.name, shop.login, shop.credential, shop.tls) == ("shop", "app", "none", "prefer")
    assert (shop.sessions, shop.failing, shop.answered) == (1, True, None)
    assert "connection refused" in shop.trouble
    (listed,) = (await serving.client.status()).targets
    assert listed.failing
    with serving.gateway.reach.trying("shop"):
        pass
    (shop,) = await serving.client.targets()
    assert not shop.failing
    assert shop.answered is not None
    await serving.gateway.close_session(session, "done")


async def test_an_agent_says_who_answers_for_it_and_whether_it_may_come(serving: Serving) -> None:
    await serving.client.create_token("report-bot", 60)
    session, adapter = await serving.open_session()
    (bot,) = await serving.client.agents()
    assert (bot.name, bot.sponsor, bot.purpose, bot.groups) == ("report-bot", "alice", "nightly reports", ["agents"])
    assert (bot.tokens, bot.sessions, bot.locked, bot.expires) == (1, 1, "", None)
    await serving.client.lock(reason="INC-7", identity="alice")
    await adapter.ended.wait()
    (bot,) = await serving.client.agents()
    assert bot.locked, "its sponsor's lock covers it"
    await serving.gateway.close_session(session, "done")


async def test_no_value_of_a_credential_is_in_any_answer(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SECURITY promise 3: no credential reaches a client, by the control API either."""
    monkeypatch.setenv("SHOP_PASSWORD", CANARY)
    path = tmp_path / "secret.yaml"
    path.write_text(serving.config.read_text().replace("{user: app}", "{user: app, password: {env: SHOP_PASSWORD}}"))
    serving.gateway.revision = load([path])
    with serving.gateway.reach.trying("shop"):
        login, _ = await serving.gateway.login(serving.gateway.revision.targets["shop"])
    assert login.password is not None
    assert login.password.reveal() == CANARY
    created = await serving.client.create_token("report-bot", 60)
    client = serving.client
    answers = [
        await client.status(),
        await client.targets(),
        await client.agents(),
        await client.tokens(),
        await client.locks(),
        await client.sessions(),
        await client.reviews(),
        await client.changes(0),
        await client.policy(),
        await client.ssh_keys(),
    ]
    told = msgspec.json.encode(answers).decode() + repr(answers)
    assert "SHOP_PASSWORD" in told
    assert CANARY not in told
    assert created.secret not in told
    assert "PRIVATE" not in told


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1:5432", True),
        ("[::1]:5432", True),
        ("localhost:5432", True),
        ("/var/run/postgresql", True),
        ("db.internal:5432", False),
        ("10.0.0.1:22", False),
        ("", False),
    ],
)
def test_an_address_of_this_machine_is_known(address: str, local: bool) -> None:
    assert is_local(address) is local
