"""Sessions over the wire: live and past, and their end."""

from __future__ import annotations

import pytest

from hoopterm.errors import Refused
from tests.engine.api.conftest import Serving


async def test_live_sessions_come_first_and_past_ones_stay(serving: Serving) -> None:
    first, _ = await serving.open_session()
    await serving.gateway.close_session(first, "done")
    second, _ = await serving.open_session()
    assert [(it.id, it.state) for it in await serving.client.sessions()] == [(second.id, "live"), (first.id, "closed")]
    assert [it.id for it in await serving.client.sessions("live")] == [second.id]
    assert [it.id for it in await serving.client.sessions("closed")] == [first.id]
    assert (await serving.client.session(first.id)).closed is not None
    assert (await serving.client.session(second.id)).closed is None
    await serving.gateway.close_session(second, "done")


async def test_killing_ends_the_client_with_the_reason_and_who(serving: Serving) -> None:
    session, adapter = await serving.open_session()
    await serving.client.kill(session.id, "runaway")
    assert adapter.reasons == ["ended by root: runaway"]
    await serving.gateway.close_session(session, "killed")


@pytest.mark.parametrize("act", ["session", "kill"])
async def test_a_session_that_does_not_exist_is_not_found(serving: Serving, act: str) -> None:
    with pytest.raises(Refused) as caught:
        await getattr(serving.client, act)("s-absent")
    assert caught.value.code == "not_found"


async def test_watching_is_an_event(serving: Serving) -> None:
    session, _ = await serving.open_session()
    await serving.gateway.close_session(session, "done")
    assert [frame.code async for frame in serving.client.watch(session.id)] == ["s", "s"]
    (read,) = await serving.events("evidence.read")
    assert (read["session"], read["identity"], read["data"]["what"]) == (session.id, "root", "watch")


@pytest.mark.parametrize("id", ["../hoopterm", "s-absent", "..", "%2e%2e"])
async def test_a_recording_outside_its_folder_is_not_found(serving: Serving, id: str) -> None:
    with pytest.raises(Refused) as caught:
        _ = [frame async for frame in serving.client.watch(id)]
    assert caught.value.code == "not_found"
