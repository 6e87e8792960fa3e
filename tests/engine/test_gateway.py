import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.config.loading import load
from engine.errors import ConfigError, Denied, NotFound, SessionRefused
from engine.gateway import Gateway
from engine.model import Effect, Outcome, Status, Verdict
from engine.session import Session
from tests.engine.conftest import Peer, Sent, events, operation

_ASKS = "    review: {reviewers: {groups: [dba]}, hold: 20s}\n"


async def test_a_token_opens_a_session_and_revoking_it_ends_the_session(gateway: Gateway) -> None:
    token, secret = await gateway.tokens.create("bot", timedelta(hours=1), "alice")
    identity = await gateway.authenticate("bot", secret)
    peer = Peer()
    session = await gateway.open_session(identity, "shop", peer, "here")
    await gateway.tokens.revoke(token.id, "alice")
    assert peer.reasons == ["the token was revoked"]
    await gateway.close_session(session, "revoked")


async def test_an_identity_that_expires_ends_its_session(gateway: Gateway, session: Session) -> None:
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    class Ending(Peer):
        def terminate(self, reason: str) -> None:
            if not ended.done():
                ended.set_result(reason)

    session.adapter = Ending()
    session.identity = replace(session.identity, expires=gateway.now())
    async with asyncio.timeout(10):
        assert "expired" in await ended


async def test_what_waits_ends_with_the_token_it_was_asked_through(gateway: Gateway) -> None:
    token, secret = await gateway.tokens.create("bot", timedelta(hours=1), "alice")
    session = await gateway.open_session(await gateway.authenticate("bot", secret), "shop", Peer(), "here")
    sent = Sent([operation(Effect.DELETE)])
    async with asyncio.TaskGroup() as tasks:
        admitting = tasks.create_task(_refused(gateway, session, sent))
        await sent.is_held.wait()
        await gateway.tokens.revoke(token.id, "alice")
    assert "revoked" in admitting.result().why or "withdrawn" in admitting.result().why
    await gateway.close_session(session, "revoked")


async def test_what_waits_is_decided_again_under_a_new_policy(gateway: Gateway, session: Session) -> None:
    config = next(iter(gateway.revision.files))
    config.write_text(config.read_text().replace("decide: review", "decide: deny").replace(_ASKS, ""))
    sent = Sent([operation(Effect.DELETE)])
    async with asyncio.TaskGroup() as tasks:
        admitting = tasks.create_task(_refused(gateway, session, sent))
        await sent.is_held.wait()
        await gateway.apply(load(config), "bob")
    assert admitting.result().decision.verdict is Verdict.DENY


async def _refused(gateway: Gateway, session: Session, sent: Sent) -> Denied:
    with pytest.raises(Denied) as caught:
        await gateway.pipeline.admit(session, sent)
    return caught.value


async def test_a_refused_session_is_an_event(gateway: Gateway) -> None:
    with pytest.raises(SessionRefused):
        await gateway.authenticate("bot", "ht_no_no")
    (refused,) = await events(gateway, "session.refused")
    assert refused["identity"] == "bot"


async def test_one_identity_cannot_take_every_place(
    gateway: Gateway, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SECURITY: promise 6, never another session's service."""
    monkeypatch.setattr("engine.admission.MAX_SESSIONS", 1)
    with pytest.raises(SessionRefused, match="bot has 1 open"):
        await gateway.open_session(session.identity, "shop", Peer(), "here")
    assert len(await events(gateway, "session.refused")) == 1
    other = replace(session.identity, subject="officer")
    await gateway.close_session(await gateway.open_session(other, "shop", Peer(), "here"), "done")


async def test_a_session_is_recorded_from_its_start_to_its_end(gateway: Gateway, session: Session) -> None:
    await gateway.close_session(session, "done")
    opened, closed = await events(gateway, "session.opened", "session.closed")
    assert opened["session"] == closed["session"] == session.id
    assert opened["data"]["sponsor"] == "alice"
    assert closed["data"]["reason"] == "done"


async def test_totals_count_live_and_past_sessions(gateway: Gateway, session: Session) -> None:
    (passage,) = await gateway.pipeline.admit(session, Sent([operation(Effect.WRITE)]))
    passage.conclude(Outcome(Status.COMPLETED, masked=3))
    assert (gateway.totals().operations, gateway.totals().masked) == (1, 3)
    await gateway.close_session(session, "done")
    assert (gateway.totals().operations, gateway.totals().masked) == (1, 3)


async def test_killing_names_who_did_it(gateway: Gateway, session: Session) -> None:
    gateway.endings.kill(session.id, "runaway", "bob")
    peer = session.adapter
    assert isinstance(peer, Peer)
    assert peer.reasons == ["ended by bob: runaway"]
    with pytest.raises(NotFound):
        gateway.endings.kill("s-none", "", "bob")


async def test_what_fails_beside_a_session_ends_nothing(gateway: Gateway, session: Session) -> None:
    async def fails() -> None:
        raise RuntimeError("beside")

    gateway.spawn(fails(), "fail")
    assert (await gateway.pipeline.admit(session, Sent([operation(Effect.WRITE)])))[0].is_durable


async def test_an_engine_that_cannot_listen_says_so(tmp_path: Path) -> None:
    config = tmp_path / "hoopterm.yaml"
    config.write_text('engine: {state: ./state}\nlisteners: {postgres: {listen: "192.0.2.1:1"}}\n')

    async def ready(_: Gateway) -> None:
        raise AssertionError

    with pytest.raises(ConfigError, match=r"listeners\.postgres"):
        async with asyncio.timeout(10):
            await Gateway(load(config)).serve(ready)
