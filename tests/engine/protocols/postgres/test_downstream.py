"""The upstream's answers on their way down: the record comes first, and it pushes back."""

from __future__ import annotations

from engine.protocols.postgres.answers import CommandComplete, DataRow, Field, RowDescription
from engine.protocols.postgres.requests import Query
from tests.dsl.conversation import IDLE, Conversation, Report
from tests.dsl.wire import whole

NAME = RowDescription((Field("name", table=2, number=1),))


async def test_an_upstream_whose_answers_wait_for_the_record_is_read_no_further_than_the_bound() -> None:
    async with Conversation(whole) as x:
        x.world.log.is_stalled = True
        x.client_sends(Query("select name from t"))
        await x.expect_upstream(Query("select name from t"))
        rows = [DataRow((b"x" * 1000,))] * 400
        x.upstream_sends(NAME, *rows, CommandComplete("SELECT 400"), IDLE)
        assert x.upstream.is_paused
        assert repr(x.relay.downstream) == "<Downstream waiting for the record>"
        await x.expect_silence()
        x.world.log.catch_up()
        await x.expect_client(NAME, *rows, CommandComplete("SELECT 400"), IDLE)
        assert not x.upstream.is_paused


async def test_an_answer_whose_intent_could_not_be_recorded_is_never_shown() -> None:
    """SECURITY: no record, no execution: a read may run meanwhile, but nobody sees it."""
    async with Conversation(whole) as x:
        x.world.log.is_stalled = True
        x.client_sends(Query("select name from t"))
        await x.expect_upstream(Query("select name from t"))
        x.upstream_sends(NAME, DataRow((b"seen",)), CommandComplete("SELECT 1"), IDLE)
        x.world.log.catch_up("the disk is full")
        await x.expect_client(Report("58030", "the disk is full"))
        assert x.relay.is_over
