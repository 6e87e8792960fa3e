"""The stop button over the wire: who may press it, who may let go, and that everybody sees it."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import pytest

from hoopterm.errors import Refused
from tests.engine.api.conftest import USERS, Serving, needs_root


async def test_a_lock_shows_in_the_list_the_status_and_at_sessions(serving: Serving) -> None:
    session, adapter = await serving.open_session()
    locked = await serving.client.lock(target="shop", reason="INC-7")
    assert (locked.kind, locked.name, locked.by, locked.ended) == ("target", "shop", "root", 1)
    await adapter.ended.wait()
    assert await serving.client.locks() == [locked.__class__(**{**_fields(locked), "ended": 0})]
    status = await serving.client.status()
    assert (status.locks, [target.locked for target in status.targets]) == (1, [True])
    assert [each.locked for each in await serving.client.sessions()] == [True]
    await serving.gateway.close_session(session, "locked")
    assert (await serving.client.session(session.id)).locked
    await serving.client.unlock(target="shop", reason="over")
    assert await serving.client.locks() == []
    assert not (await serving.client.session(session.id)).locked


def _fields(view: Any) -> dict[str, Any]:
    return {name: getattr(view, name) for name in view.__struct_fields__}


async def test_the_answer_says_whom_else_it_stops_and_whether_the_name_is_known(serving: Serving) -> None:
    sponsor = await serving.client.lock(identity="alice", reason="INC-7")
    assert (sponsor.covers, sponsor.is_known) == (["report-bot"], True)
    unknown = await serving.client.lock(identity="alcie", reason="INC-7")
    assert (unknown.covers, unknown.is_known) == ([], False)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"reason": "x"}, "one identity or on one target"),
        ({"reason": "x", "identity": "a", "target": "b"}, "one identity or on one target"),
        ({"reason": " \n", "identity": "a"}, "needs a reason"),
        ({"reason": "x", "identity": "no such name"}, "can have that name"),
        ({"reason": "x", "target": "a\n"}, "can have that name"),
        ({"reason": "x", "target": "a" * 129}, "can have that name"),
    ],
)
async def test_a_lock_names_one_thing_and_a_reason(serving: Serving, asked: dict[str, str], why: str) -> None:
    with pytest.raises(Refused, match=why):
        await serving.client.lock(**asked)
    assert await serving.client.locks() == []


@pytest.mark.parametrize("name", ["report-bot", "alice"])
async def test_no_token_is_minted_for_whom_a_lock_covers(serving: Serving, name: str) -> None:
    await serving.client.lock(identity=name, reason="INC-7")
    with pytest.raises(Refused, match="no token is minted for report-bot: report-bot is locked"):
        await serving.client.create_token("report-bot", 60)
    assert await serving.client.tokens() == []


async def test_a_token_being_minted_while_the_lock_is_set_is_not_given(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = serving.gateway
    create = gateway.tokens.create

    async def late(*arguments: Any) -> Any:
        minted = await create(*arguments)
        await serving.client.lock(identity="report-bot", reason="INC-7")
        return minted

    monkeypatch.setattr(gateway.tokens, "create", late)
    with pytest.raises(Refused, match="locked"):
        await serving.client.create_token("report-bot", 60)
    assert [token.revoked is None for token in gateway.tokens.list()] == [False]


@needs_root
async def test_an_operator_locks_and_unlocks_only_what_they_locked(serving: Serving) -> None:
    bot = {"identity": "report-bot", "reason": "INC-7"}
    assert (await serving.ask_as(USERS["operator"], "POST", "/lock", bot))[0] == 200
    assert (await serving.ask_as(USERS["operator"], "POST", "/unlock", bot))[0] == 200
    await serving.client.lock(identity="report-bot", reason="INC-8")
    status, answer = await serving.ask_as(USERS["operator"], "POST", "/unlock", bot)
    assert (status, "root locked it" in answer["error"]["message"]) == (403, True)
    assert (await serving.ask_as(USERS["admin"], "POST", "/unlock", bot))[0] == 200


@needs_root
async def test_somebody_is_left_to_unlock(serving: Serving) -> None:
    for who, name in (("admin", "admin"), ("operator", "operator"), ("operator", "admin")):
        status, _ = await serving.ask_as(USERS[who], "POST", "/lock", {"identity": name, "reason": "x"})
        assert status == 403
    assert (await serving.ask_as(USERS["admin"], "POST", "/lock", {"identity": "root", "reason": "x"}))[0] == 200


@needs_root
async def test_a_locked_person_may_do_nothing_but_see_that_they_are(serving: Serving) -> None:
    session, _ = await serving.open_session()
    review = await serving.hold(session)
    await serving.client.lock(identity="approver", reason="his laptop is gone")
    for method, path in (("POST", f"/reviews/{review}/approve"), ("GET", "/reviews"), ("GET", "/live")):
        status, answer = await serving.ask_as(USERS["approver"], method, path, {"reason": "x"})
        assert (status, "approver is locked" in answer["error"]["message"]) == (403, True)
    status, answer = await serving.ask_as(USERS["approver"], "GET", "/status")
    assert (status, answer["permissions"]) == (200, [])
    await serving.gateway.close_session(session, "done")


async def test_who_is_locked_while_they_watch_sees_nothing_more(serving: Serving) -> None:
    async with aclosing(serving.client.live()) as changes:
        await anext(changes)
        from engine.identity.locks import Locked

        await serving.gateway.endings.lock(Locked.IDENTITY, "root", "admin", "INC-7")
        session, _ = await serving.open_session()
        with pytest.raises(Refused, match="root is locked"):
            while (await anext(changes)).session is None:
                pass
    await serving.gateway.endings.unlock(Locked.IDENTITY, "root", "admin", "over")
    await serving.gateway.close_session(session, "done")
