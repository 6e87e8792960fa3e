"""Simple query conversations."""

from __future__ import annotations

from engine.model import Verdict
from engine.protocols.postgres.answers import (
    CommandComplete,
    DataRow,
    EmptyQueryResponse,
    ErrorResponse,
    Field,
    RowDescription,
)
from engine.protocols.postgres.denial import raising_query
from engine.protocols.postgres.requests import Query
from tests.dsl.conversation import ABORTED, IDLE, IN_TRANSACTION, Conversation, Denied, Report, Told

NAME = RowDescription((Field("name", table=2, number=1),))
EMAIL = RowDescription((Field("email", table=1, number=2),))
RAISED = ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "42601", "M": 'syntax error at or near "hoopterm"', "P": "1"})


async def test_an_allowed_read_passes_with_its_answer(x: Conversation) -> None:
    x.client_sends(Query("select name from t"))
    await x.expect_upstream(Query("select name from t"))
    x.upstream_sends(NAME, DataRow((b"ana",)), DataRow((b"bob",)), CommandComplete("SELECT 2"), IDLE)
    await x.expect_client(NAME, DataRow((b"ana",)), DataRow((b"bob",)), CommandComplete("SELECT 2"), IDLE)
    assert x.world.recorder.ended() == [("SELECT", "completed")]


async def test_a_protected_column_is_masked_in_answer_and_recording(x: Conversation) -> None:
    x.client_sends(Query("select email from customers"))
    await x.expect_upstream(Query("select email from customers"))
    x.upstream_sends(EMAIL, DataRow((b"ana@example.com",)), CommandComplete("SELECT 1"), IDLE)
    await x.expect_client(EMAIL, DataRow((b"*" * 15,)), CommandComplete("SELECT 1"), IDLE)
    assert b"example" not in x.world.recorder.cells
    assert x.world.session.counts.masked == 1


async def test_a_denied_statement_fails_natively_and_the_session_goes_on(x: Conversation) -> None:
    x.decides(DROP=Verdict.DENY)
    x.client_sends(Query("drop table t"))
    await x.expect_upstream(raising_query())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Denied("42501", "DROP denied", "rule-drop", '"decision":"deny"'), IDLE)
    x.client_sends(Query("select 1"))
    await x.expect_upstream(Query("select 1"))
    x.upstream_sends(NAME, CommandComplete("SELECT 0"), IDLE)
    await x.expect_client(NAME, CommandComplete("SELECT 0"), IDLE)


async def test_a_denied_statement_aborts_its_transaction_and_keeps_the_session(x: Conversation) -> None:
    x.decides(DROP=Verdict.DENY)
    x.client_sends(Query("begin"))
    await x.expect_upstream(Query("begin"))
    x.upstream_sends(CommandComplete("BEGIN"), IN_TRANSACTION)
    await x.expect_client(CommandComplete("BEGIN"), IN_TRANSACTION)
    x.client_sends(Query("drop table t"))
    await x.expect_upstream(raising_query())
    x.upstream_sends(RAISED, ABORTED)
    await x.expect_client(Denied("42501"), ABORTED)


async def test_one_denied_statement_refuses_the_whole_string(x: Conversation) -> None:
    """SECURITY: a denial inside a multi-statement string leaves no half of the client's work committed."""
    x.decides(DROP=Verdict.DENY)
    x.client_sends(Query("insert into t values (1); drop table t; select 1"))
    await x.expect_upstream(raising_query())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Denied("42501"), IDLE)
    assert x.world.log.of("operation.intended") == []


async def test_each_statement_of_a_string_has_its_own_outcome(x: Conversation) -> None:
    x.client_sends(Query("insert into t values (1); select email from customers; delete from t"))
    await x.expect_upstream(Query("insert into t values (1); select email from customers; delete from t"))
    broken = ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "23503", "M": "violates a foreign key"})
    x.upstream_sends(CommandComplete("INSERT 0 1"), EMAIL, DataRow((b"a@b.c",)), broken, IDLE)
    await x.expect_client(CommandComplete("INSERT 0 1"), EMAIL, DataRow((b"*****",)), Report("23503"), IDLE)
    assert x.world.recorder.ended() == [("INSERT", "completed"), ("SELECT", "failed"), ("DELETE", "skipped")]


async def test_an_empty_string_is_answered_by_the_upstream(x: Conversation) -> None:
    x.client_sends(Query(" ; "))
    await x.expect_upstream(Query(" ; "))
    x.upstream_sends(EmptyQueryResponse(), IDLE)
    await x.expect_client(EmptyQueryResponse(), IDLE)


async def test_a_held_statement_waits_for_people_and_then_runs(x: Conversation) -> None:
    x.decides(DELETE=Verdict.REVIEW)
    x.client_sends(Query("delete from t where id = 1"))
    await x.expect_client(Told("00000", "review r-1", "reviewers: dba", "2026-11-22T20:15:00Z"))
    await x.expect_silence()
    x.approve(by="bob")
    await x.expect_upstream(Query("delete from t where id = 1"))
    x.upstream_sends(CommandComplete("DELETE 1"), IDLE)
    await x.expect_client(CommandComplete("DELETE 1"), IDLE)
    assert [(outcome.tag, outcome.changed) for outcome in x.world.approvals.outcomes] == [("DELETE 1", 1)]


async def test_a_statement_that_people_deny_fails_like_any_denied_one(x: Conversation) -> None:
    x.decides(DELETE=Verdict.REVIEW)
    x.client_sends(Query("delete from t"))
    await x.expect_client(Told("00000", "review r-1"))
    x.reject(by="bob", reason="not at night")
    await x.expect_upstream(raising_query())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Denied("42501", "not at night"), IDLE)


async def test_what_follows_a_held_statement_waits_behind_it(x: Conversation) -> None:
    x.decides(DELETE=Verdict.REVIEW)
    x.client_sends(Query("delete from t"), Query("select 1"))
    await x.expect_client(Told("00000"))
    await x.expect_silence()
    x.approve(by="bob")
    await x.expect_upstream(Query("delete from t"), Query("select 1"))
    x.upstream_sends(CommandComplete("DELETE 1"), IDLE, NAME, CommandComplete("SELECT 0"), IDLE)
    await x.expect_client(CommandComplete("DELETE 1"), IDLE, NAME, CommandComplete("SELECT 0"), IDLE)


async def test_a_read_runs_at_once_and_its_answer_waits_for_the_record(x: Conversation) -> None:
    x.world.log.is_stalled = True
    x.client_sends(Query("select 1"))
    await x.expect_upstream(Query("select 1"))
    x.upstream_sends(NAME, DataRow((b"1",)), CommandComplete("SELECT 1"), IDLE)
    await x.expect_silence()
    x.world.log.catch_up()
    await x.expect_client(NAME, DataRow((b"1",)), CommandComplete("SELECT 1"), IDLE)


async def test_a_write_is_not_forwarded_before_its_intent_is_recorded(x: Conversation) -> None:
    x.world.log.is_stalled = True
    x.client_sends(Query("insert into t values (1)"))
    await x.expect_silence()
    x.world.log.catch_up()
    await x.expect_upstream(Query("insert into t values (1)"))
    x.upstream_sends(CommandComplete("INSERT 0 1"), IDLE)
    await x.expect_client(CommandComplete("INSERT 0 1"), IDLE)


async def test_a_write_whose_intent_cannot_be_recorded_does_not_run(x: Conversation) -> None:
    x.world.log.is_stalled = True
    x.client_sends(Query("insert into t values (1)"))
    await x.expect_silence()
    x.world.log.catch_up("the disk is full")
    await x.expect_upstream(raising_query())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Report("58030", "the disk is full"), IDLE)


async def test_an_error_that_quotes_a_protected_value_is_masked(x: Conversation) -> None:
    x.client_sends(Query("select email from customers"))
    await x.expect_upstream(Query("select email from customers"))
    x.upstream_sends(ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "P0001", "M": "no good: ana@example.com"}), IDLE)
    error, ready = await x.client_hears(2)
    assert "example" not in str(error)
    assert ready == IDLE
