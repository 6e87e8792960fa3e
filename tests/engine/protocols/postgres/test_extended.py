"""The extended query protocol where no script of tests/dsl/test_extended.py goes."""

from __future__ import annotations

from engine.model import Verdict
from engine.protocols.postgres.answers import (
    BindComplete,
    CommandComplete,
    EmptyQueryResponse,
    ErrorResponse,
    NoData,
    ParameterDescription,
    ParseComplete,
)
from engine.protocols.postgres.denial import raising_parse
from engine.protocols.postgres.requests import Bind, Describe, Execute, Flush, Parse, Sync
from tests.dsl.conversation import IDLE, Conversation, Denied, Report
from tests.dsl.wire import whole

RAISED = ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "42601", "M": "syntax error"})


async def test_an_empty_statement_is_bound_and_executed_as_nothing() -> None:
    async with Conversation(whole) as x:
        messages = (Parse("", ""), Bind("", ""), Describe("P"), Execute(), Sync())
        x.client_sends(*messages)
        await x.expect_upstream(*messages)
        answers = (ParseComplete(), BindComplete(), NoData(), EmptyQueryResponse(), IDLE)
        x.upstream_sends(*answers)
        await x.expect_client(*answers)
        assert x.world.log.of("operation.intended") == []


async def test_a_described_statement_is_decided_under_the_policy_of_now() -> None:
    async with Conversation(whole) as x:
        x.client_sends(Parse("s", "delete from t"), Describe("S", "s"), Sync())
        await x.expect_upstream(Parse("s", "delete from t"), Describe("S", "s"), Sync())
        x.upstream_sends(ParseComplete(), ParameterDescription(()), NoData(), IDLE)
        await x.expect_client(ParseComplete(), ParameterDescription(()), NoData(), IDLE)
        x.decides(DELETE=Verdict.DENY)
        x.client_sends(Describe("S", "s"), Sync())
        await x.expect_upstream(raising_parse(), Sync())
        x.upstream_sends(RAISED, IDLE)
        await x.expect_client(Denied("42501"), IDLE)


async def test_a_portal_nobody_made_does_not_exist() -> None:
    async with Conversation(whole) as x:
        x.client_sends(Execute(), Sync())
        await x.expect_upstream(raising_parse(), Sync())
        x.upstream_sends(RAISED, IDLE)
        await x.expect_client(Report("34000", 'portal "" does not exist'), IDLE)


async def test_a_setting_in_the_middle_of_a_batch_is_asked_for_inside_it() -> None:
    """SECURITY: search_path tricks: reports come only after Sync, so the batch's own SET is asked for."""
    async with Conversation(whole) as x:
        x.client_sends(Parse("", "set search_path to evil"), Bind("", ""), Execute())
        x.client_sends(Parse("", "select 1"), Sync())
        await x.expect_upstream(Parse("", "set search_path to evil"), Bind("", ""), Describe("P"), Execute(), Flush())
        x.upstream_sends(ParseComplete(), BindComplete(), NoData(), CommandComplete("SET"))
        await x.expect_client(ParseComplete(), BindComplete(), CommandComplete("SET"))
        for value in ("none", "UTF8", "evil", "app", "on"):
            await x.answer_probe(value)
        await x.expect_upstream(Parse("", "select 1"), Sync())
        assert x.world.analyst.seen[-1][:2] == ("select 1", ("evil",))
        x.upstream_sends(ParseComplete(), IDLE)
        await x.expect_client(ParseComplete(), IDLE)
