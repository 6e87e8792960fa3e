from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.audit.log import Log
from engine.config.loading import load
from engine.endings import locks_after
from engine.errors import Conflict, Denied, HooptermError, NotFound, RecordError, SessionRefused
from engine.gateway import Gateway
from engine.identity.locks import Locked
from engine.model import Effect
from engine.session import Session
from tests.engine.conftest import Peer, Sent, events, operation


def reasons(session: Session) -> list[str]:
    peer = session.adapter
    assert isinstance(peer, Peer)
    return peer.reasons


async def opened(gateway: Gateway) -> Session:
    return await gateway.open_session(gateway.revision.identity_of("bot"), "shop", Peer(), "here")


@pytest.mark.parametrize(
    ("kind", "name"), [(Locked.IDENTITY, "bot"), (Locked.IDENTITY, "alice"), (Locked.TARGET, "shop")]
)
async def test_a_lock_ends_live_sessions_and_refuses_new_ones_until_it_is_taken_off(
    gateway: Gateway, session: Session, kind: Locked, name: str
) -> None:
    _, ended = await gateway.endings.lock(kind, name, "bob", "INC-7")
    assert ended == 1
    assert len(reasons(session)) == 1
    with pytest.raises(SessionRefused, match="is locked"):
        await opened(gateway)
    await gateway.endings.unlock(kind, name, "bob", "over")
    again = await opened(gateway)
    assert reasons(again) == []
    await gateway.close_session(again, "done")


async def test_a_lock_leaves_others_alone(gateway: Gateway, session: Session) -> None:
    _, ended = await gateway.endings.lock(Locked.IDENTITY, "Bot", "bob", "another")
    assert ended == 0
    assert reasons(session) == []


async def test_locking_unlocking_and_refusing_are_events(gateway: Gateway) -> None:
    await gateway.endings.lock(Locked.IDENTITY, "bot", "bob", "INC-7")
    with suppress(SessionRefused):
        await opened(gateway)
    await gateway.endings.unlock(Locked.IDENTITY, "bot", "bob", "over")
    await gateway.endings.lock(Locked.TARGET, "shop", "bob", "maintenance")
    found = await events(gateway, "identity.locked", "identity.unlocked", "session.refused")
    assert [(entry["event"], entry["identity"], entry["target"]) for entry in found] == [
        ("identity.locked", "bot", None),
        ("session.refused", "bot", "shop"),
        ("identity.unlocked", "bot", None),
        ("identity.locked", None, "shop"),
    ]
    assert found[0]["data"] == {"kind": "identity", "by": "bob", "reason": "INC-7"}
    assert "INC-7" not in str(found[1])


async def test_a_session_that_is_being_opened_while_the_lock_is_set_ends_too(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, reached, goes_on = gateway.store.add_session, asyncio.Event(), asyncio.Event()

    async def slow(session: Session) -> None:
        reached.set()
        await goes_on.wait()
        await add(session)

    monkeypatch.setattr(gateway.store, "add_session", slow)
    async with asyncio.TaskGroup() as tasks:
        opening = tasks.create_task(opened(gateway))
        await reached.wait()
        await gateway.endings.lock(Locked.IDENTITY, "bot", "bob", "INC-7")
        goes_on.set()
    session = opening.result()
    assert reasons(session) == ["bot is locked"]
    with pytest.raises(Denied, match="denied"):
        await gateway.pipeline.admit(session, Sent([operation(Effect.WRITE)]))
    assert gateway.pipeline.admit_now(session, operation(Effect.READ)) is None
    await gateway.close_session(session, "locked")


async def refused(act: Coroutine[Any, Any, object]) -> Denied:
    with pytest.raises(Denied) as caught:
        await act
    return caught.value


async def test_an_approval_that_was_given_does_not_run_once_it_is_locked(gateway: Gateway, session: Session) -> None:
    sent = Sent([operation(Effect.DELETE)])
    async with asyncio.TaskGroup() as tasks:
        admitting = tasks.create_task(refused(gateway.pipeline.admit(session, sent)))
        await sent.is_held.wait()
        await gateway.approvals.vote(sent.held[0].review, gateway.revision.people["bob"], "approve", "")
        await gateway.endings.lock(Locked.TARGET, "shop", "dan", "INC-7")
    assert "locked" in f"{admitting.result()}"
    assert await events(gateway, "operation.intended") == []
    review = await gateway.approvals.get(sent.held[0].review)
    assert review.state.value in ("revoked", "used")


async def test_a_lock_that_comes_while_an_approval_is_used_up_still_stops_it(
    gateway: Gateway, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = gateway.approvals.take

    async def late(*arguments: Any) -> Any:
        taken = await take(*arguments)
        await gateway.endings.lock(Locked.IDENTITY, "bot", "dan", "INC-7")
        return taken

    monkeypatch.setattr(gateway.approvals, "take", late)
    sent = Sent([operation(Effect.DELETE)])
    async with asyncio.TaskGroup() as tasks:
        admitting = tasks.create_task(refused(gateway.pipeline.admit(session, sent)))
        await sent.is_held.wait()
        await gateway.approvals.vote(sent.held[0].review, gateway.revision.people["bob"], "approve", "")
    assert "locked" in str(admitting.result())
    assert await events(gateway, "operation.intended") == []


async def test_what_waits_for_people_ends_with_the_lock_and_so_does_what_the_locked_voted_on(
    gateway: Gateway, session: Session
) -> None:
    asked = operation(Effect.DELETE)
    decision = gateway.pipeline.decide(session, asked)
    pending = await gateway.approvals.request(session, asked, decision)
    await gateway.endings.lock(Locked.IDENTITY, "alice", "dan", "she sponsors the bot")
    assert (await gateway.approvals.get(pending.id)).state.value == "withdrawn"
    await gateway.endings.unlock(Locked.IDENTITY, "alice", "dan", "over")
    given = await gateway.approvals.request(session, asked, decision)
    await gateway.approvals.vote(given.id, gateway.revision.people["bob"], "approve", "")
    await gateway.endings.lock(Locked.IDENTITY, "bob", "dan", "his laptop is gone")
    assert (await gateway.approvals.get(given.id)).state.value == "revoked"


async def test_locking_twice_is_a_conflict_that_says_who_was_first(gateway: Gateway) -> None:
    await gateway.endings.lock(Locked.IDENTITY, "bot", "bob", "INC-7")
    with pytest.raises(Conflict, match=r"by bob at .*INC-7"):
        await gateway.endings.lock(Locked.IDENTITY, "bot", "dan", "again")
    with pytest.raises(NotFound):
        await gateway.endings.unlock(Locked.TARGET, "bot", "dan", "")


async def lost(*_: object) -> None:
    raise HooptermError("the store cannot be used")


async def test_a_lock_holds_while_the_store_is_lost_and_is_kept_when_asked_again(
    gateway: Gateway, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(gateway.store, "add_lock", lost)
        with pytest.raises(RecordError, match="bot is locked, but that cannot be kept"):
            await gateway.endings.lock(Locked.IDENTITY, "bot", "bob", "INC-7")
        assert len(reasons(session)) == 1
        with pytest.raises(SessionRefused):
            await opened(gateway)
    assert await gateway.store.locks() == []
    await gateway.endings.lock(Locked.IDENTITY, "bot", "bob", "INC-7")
    assert [lock.name for lock in await gateway.store.locks()] == ["bot"]


async def test_a_lock_that_cannot_be_recorded_holds_and_is_stored(
    gateway: Gateway, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise RecordError("the record cannot be written")

    with monkeypatch.context() as patch:
        patch.setattr(gateway.log, "append", fail)
        with pytest.raises(RecordError):
            await gateway.endings.lock(Locked.IDENTITY, "bot", "bob", "INC-7")
    assert len(reasons(session)) == 1
    assert [lock.name for lock in await gateway.store.locks()] == ["bot"]


async def test_an_unlock_that_the_store_does_not_take_leaves_the_lock_and_the_log_says_so(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    await gateway.endings.lock(Locked.IDENTITY, "bot", "bob", "INC-7")
    with monkeypatch.context() as patch:
        patch.setattr(gateway.store, "remove_lock", lost)
        with pytest.raises(HooptermError):
            await gateway.endings.unlock(Locked.IDENTITY, "bot", "bob", "over")
    with pytest.raises(SessionRefused):
        await opened(gateway)
    names = [entry["event"] for entry in await events(gateway, "identity.locked", "identity.unlocked")]
    assert names == ["identity.locked", "identity.unlocked", "identity.locked"]


async def test_a_session_comes_under_a_lock_when_its_sponsor_changes(gateway: Gateway, session: Session) -> None:
    await gateway.endings.lock(Locked.IDENTITY, "bob", "dan", "INC-7")
    assert reasons(session) == []
    agent = replace(gateway.revision.agents["bot"], sponsor="bob")
    await gateway.apply(replace(gateway.revision, agents={"bot": agent}), "dan")
    assert reasons(session) == ["bot is locked"]


async def served(config: Path, act: Callable[[Gateway], Coroutine[Any, Any, None]]) -> None:
    gateway = Gateway(load(config))
    serves = asyncio.Event()

    async def ready(_: Gateway) -> None:
        serves.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(gateway.serve(ready))
        await serves.wait()
        try:
            await act(gateway)
        finally:
            gateway.stop()


@pytest.mark.parametrize("is_store_lost", [False, True])
async def test_a_lock_survives_a_restart_and_the_loss_of_the_store(
    gateway: Gateway, tmp_path: Path, is_store_lost: bool
) -> None:
    config = next(iter(gateway.revision.files))
    other = tmp_path / "other" / "hoopterm.yaml"
    other.parent.mkdir()
    other.write_text(config.read_text())

    async def lock(gateway: Gateway) -> None:
        await gateway.endings.lock(Locked.IDENTITY, "bot", "bob", "INC-7")
        await gateway.endings.lock(Locked.TARGET, "shop", "bob", "INC-7")
        await gateway.endings.unlock(Locked.TARGET, "shop", "bob", "over")

    async def look(gateway: Gateway) -> None:
        with pytest.raises(SessionRefused, match="bot is locked"):
            await opened(gateway)
        assert [(lock.name, lock.reason) for lock in await gateway.store.locks()] == [("bot", "INC-7")]

    await served(other, lock)
    if is_store_lost:
        for path in (other.parent / "state").glob("hoopterm.db*"):
            path.unlink()
    await served(other, look)


async def test_a_live_lock_of_the_log_that_cannot_be_read_keeps_the_engine_from_starting(
    tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other" / "hoopterm.yaml"
    other.parent.mkdir()
    other.write_text(next(iter(gateway.revision.files)).read_text())

    def unreadable(self: Log, since: int = 0) -> Any:
        raise RecordError("the audit log does not read")

    monkeypatch.setattr(Log, "read", unreadable)

    async def nothing(_: Gateway) -> None:
        raise AssertionError("it serves")

    with pytest.raises(BaseExceptionGroup) as caught:
        async with asyncio.timeout(10):
            await served(other, nothing)
    assert caught.group_contains(RecordError, match="does not read")


async def test_killing_a_session_does_not_need_its_record(
    gateway: Gateway, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RecordError("the record cannot be written")

    monkeypatch.setattr(session.recorder, "event", fail)
    gateway.endings.kill(session.id, "runaway", "bob")
    assert reasons(session) == ["ended by bob: runaway"]
    monkeypatch.undo()


async def test_revoking_a_token_ends_its_session(gateway: Gateway) -> None:
    token, secret = await gateway.tokens.create("bot", timedelta(hours=1), "alice")
    session = await gateway.open_session(await gateway.authenticate("bot", secret), "shop", Peer(), "here")
    await gateway.tokens.revoke(token.id, "alice")
    assert reasons(session) == ["the token was revoked"]
    await gateway.close_session(session, "revoked")


def event(name: str, verb: str = "locked", kind: str = "identity") -> dict[str, Any]:
    subject = {"identity": None, "target": None, kind: name}
    data = {"kind": kind, "by": "dan", "reason": "INC-7"}
    return {"event": f"identity.{verb}", "time": "2026-11-22T03:00:00Z", "data": data, **subject}


def test_the_log_tells_what_is_locked() -> None:
    events = [
        event("bot"),
        event("shop", kind="target"),
        event("erin"),
        {"event": "session.opened", "identity": "bot", "target": "shop", "time": "", "data": {}},
        event("bot", "unlocked"),
        event("shop", "unlocked"),  # an identity of that name: the target stays locked
    ]
    assert [(each.kind, each.name, each.by) for each in locks_after(events)] == [
        (Locked.TARGET, "shop", "dan"),
        (Locked.IDENTITY, "erin", "dan"),
    ]
