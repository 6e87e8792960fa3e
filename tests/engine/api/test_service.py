"""The engine itself over the wire: status, the live feed, connecting, stopping."""

from __future__ import annotations

import os
from contextlib import aclosing
from dataclasses import replace

import pytest

from engine.config.models import Listener
from engine.listeners import Listening
from hoopterm.client import Client
from hoopterm.errors import Refused
from tests.engine.api.conftest import USERS, Serving, needs_root


def listen(serving: Serving) -> None:
    """Let the gateway say that it listens for PostgreSQL clients."""
    gateway = serving.gateway
    settings = replace(gateway.revision.settings, listeners={"postgres": Listener(listen="127.0.0.1:15432")})
    gateway.revision = replace(gateway.revision, settings=settings)
    gateway.listeners.listening.append(Listening("postgres", "127.0.0.1", 15432, "auto"))


async def test_the_status_says_how_it_is_and_who_asks(serving: Serving) -> None:
    session, _ = await serving.open_session()
    await serving.hold(session)
    status = await serving.client.status()
    assert (status.pid, status.you) == (os.getpid(), "root")
    assert status.permissions == ["admin", "approver", "auditor", "operator"]
    assert (status.sessions, status.pending_reviews, status.draining) == (1, 1, False)
    (target,) = status.targets
    assert (target.name, target.credential, target.sessions) == ("shop", "none", 1)
    (space,) = status.space
    assert space.path == str((serving.gateway.state / "log").absolute())
    assert 0 < space.free < space.total
    await serving.gateway.close_session(session, "done")


async def test_the_live_feed_is_what_is_and_then_what_changes(serving: Serving) -> None:
    session, _ = await serving.open_session()
    first = await serving.hold(session)
    async with aclosing(serving.client.live()) as changes:
        status = (await anext(changes)).status
        opened = (await anext(changes)).session
        waiting = (await anext(changes)).review
        assert status is not None
        assert opened is not None
        assert opened.id == session.id
        assert waiting is not None
        assert waiting.id == first
        await serving.client.approve(first)
        changed = (await anext(changes)).review
        assert changed is not None
        assert changed.state in ("pending", "approved")
        await serving.gateway.close_session(session, "done")
        async for change in changes:
            if change.session is not None and change.session.state == "closed":
                break


@needs_root
async def test_the_live_feed_has_only_what_its_reader_may_see(serving: Serving) -> None:
    session, _ = await serving.open_session()
    await serving.hold(session)
    from engine.api.auth import SEES_REVIEWS, SEES_SESSIONS, Caller, identify

    seen = {}
    for name, uid in USERS.items():
        caller: Caller = await identify(uid, serving.gateway.revision, serving.gateway.locks)
        seen[name] = (caller.has(SEES_REVIEWS), caller.has(SEES_SESSIONS))
    assert seen == {
        "admin": (False, True),
        "approver": (True, False),
        "operator": (False, True),
        "auditor": (True, True),
    }
    await serving.gateway.close_session(session, "done")


async def test_the_certificate_is_served(serving: Serving) -> None:
    assert (await serving.client.ca()).startswith("-----BEGIN CERTIFICATE-----")


async def test_connecting_mints_a_token_for_the_asking_person_alone(serving: Serving) -> None:
    gateway = serving.gateway
    listen(serving)
    access = await serving.client.connect("shop/analytics")
    assert (access.user, access.target, access.port) == ("root", "shop/analytics", 15432)
    assert access.token not in repr(access)
    assert access.ca is not None
    identity = await gateway.authenticate("root", access.token)
    assert (identity.subject, identity.token_minted_by) == ("root", "root")


@needs_root
async def test_whoever_no_rule_covers_cannot_connect(serving: Serving) -> None:
    listen(serving)
    status, answer = await serving.ask_as(USERS["auditor"], "POST", "/connect", {"target": "shop"})
    assert status == 403
    assert "no access to target shop" in answer["error"]["message"]
    _, unknown = await serving.ask_as(USERS["auditor"], "POST", "/connect", {"target": "absent"})
    assert unknown["error"]["message"].replace("absent", "shop") == answer["error"]["message"]


async def test_connecting_where_nothing_listens_says_so(serving: Serving) -> None:
    with pytest.raises(Refused, match="no listener speaks postgres"):
        await serving.client.connect("shop")


async def test_stopping_drains(serving: Serving) -> None:
    await serving.client.stop()
    assert serving.gateway._stopping.is_set()
    async with Client(serving.client.address) as client:
        assert client.address == serving.client.address
