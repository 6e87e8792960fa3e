"""The simple query protocol where no script of tests/dsl/test_simple.py goes: state that cannot be asked for."""

from __future__ import annotations

from engine.protocols.postgres.answers import CommandComplete, ErrorResponse, ReadyForQuery
from engine.protocols.postgres.denial import raising_query
from engine.protocols.postgres.requests import Query
from tests.dsl.conversation import ABORTED, IDLE, IN_TRANSACTION, Conversation, Report
from tests.dsl.wire import whole

RAISED = ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "42601", "M": "syntax error"})


async def test_what_follows_a_rollback_in_one_string_is_not_guessed_at() -> None:
    """After SET and an error nobody knows on which path the SELECT behind ROLLBACK will be read."""
    async with Conversation(whole) as x:
        x.client_sends(Query("begin"))
        await x.expect_upstream(Query("begin"))
        x.upstream_sends(CommandComplete("BEGIN"), IN_TRANSACTION)
        x.client_sends(Query("set search_path to evil"))
        await x.expect_upstream(Query("set search_path to evil"))
        x.upstream_sends(RAISED, ABORTED)
        await x.expect_client(CommandComplete("BEGIN"), IN_TRANSACTION, Report("42601"), ABORTED)
        x.relay.tracker.is_stale = True
        x.client_sends(Query("rollback; select 1"))
        await x.expect_upstream(raising_query())
        x.upstream_sends(RAISED, ABORTED)
        await x.expect_client(Report("25P02", "send ROLLBACK by itself"), ABORTED)
        x.client_sends(Query("rollback"))
        await x.expect_upstream(Query("rollback"))
        x.upstream_sends(CommandComplete("ROLLBACK"), IDLE)
        await x.expect_client(CommandComplete("ROLLBACK"), IDLE)


async def test_a_text_with_a_nul_inside_breaks_the_protocol() -> None:
    async with Conversation(whole) as x:
        x.client.feed(b"Q\0\0\0\x08a\0b\0")
        await x.expect_client(Report("08P01", "invalid string in message"))


async def test_a_statement_that_is_not_known_yet_waits_for_its_analysis() -> None:
    async with Conversation(whole) as x:
        x.world.analyst.knows_at_once = False
        x.client_sends(Query("select 1"), Query("select 2"))
        await x.expect_upstream(Query("select 1"), Query("select 2"))
        x.upstream_sends(*(message for _ in range(2) for message in (CommandComplete("SELECT 0"), ReadyForQuery("I"))))
        await x.expect_client(CommandComplete("SELECT 0"), IDLE, CommandComplete("SELECT 0"), IDLE)
