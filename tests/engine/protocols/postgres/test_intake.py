"""The client's messages in order: what is dropped, what ends the session."""

from __future__ import annotations

from engine.protocols.postgres.intake import HANDLERS
from engine.protocols.postgres.requests import REQUESTS, CopyData, CopyDone, CopyFail, Query, Sync, Terminate
from tests.dsl.conversation import IDLE, Conversation
from tests.dsl.wire import whole


def test_every_message_a_client_may_send_is_handled() -> None:
    assert set(HANDLERS) | {CopyData.kind, CopyDone.kind, CopyFail.kind} == set(REQUESTS)


async def test_copy_data_nobody_asked_for_goes_nowhere() -> None:
    async with Conversation(whole) as x:
        x.client_sends(CopyData(b"1"), CopyDone(), CopyFail("no"), Sync())
        await x.expect_upstream(Sync())
        x.upstream_sends(IDLE)
        await x.expect_client(IDLE)


async def test_what_a_client_sent_before_it_left_still_goes_up() -> None:
    async with Conversation(whole) as x:
        x.client_sends(Query("select 1"), Terminate())
        await x.expect_upstream(Query("select 1"), Terminate())
        assert repr(x.relay.intake) == "<Intake 0 bytes waiting>"
