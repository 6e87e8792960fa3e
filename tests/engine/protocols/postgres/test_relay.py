"""The life of a relay; its conversations are tests/dsl."""

from __future__ import annotations

from engine.errors import UpstreamError
from engine.protocols.postgres.answers import CommandComplete
from engine.protocols.postgres.requests import Query, Terminate
from tests.dsl.conversation import IDLE, Conversation, Report
from tests.dsl.wire import whole


async def test_it_shows_its_state() -> None:
    async with Conversation(whole) as x:
        assert repr(x.relay) == "<Relay s-1 relaying <Codec frontend idle, 0 open>>"
        x.relay.end("over")
        assert repr(x.relay).startswith("<Relay s-1 ended")


async def test_it_ends_once_and_says_why() -> None:
    async with Conversation(whole) as x:
        x.relay.fail(UpstreamError("the first reason"))
        x.relay.end("the second")
        await x.expect_client(Report("08001", "the first reason"))
        await x.expect_upstream(Terminate())
        assert await x.ended() == "the first reason"


async def test_a_mistake_of_ours_ends_this_session_with_a_native_error_and_no_detail() -> None:
    async with Conversation(whole) as x:
        x.relay.tracker.completed = None  # type: ignore[method-assign, assignment]
        x.client_sends(Query("select 1"))
        await x.expect_upstream(Query("select 1"))
        x.upstream_sends(CommandComplete("SELECT 0"), IDLE)
        await x.expect_client(Report("08001", "internal error"))
        assert x.relay.is_over


async def test_what_arrives_after_the_end_is_not_looked_at() -> None:
    async with Conversation(whole) as x:
        x.relay.end("over")
        x.relay.guard(x.relay.intake.arrived, Query("select 1").encode())
        assert x.world.log.of("operation.intended") == []
