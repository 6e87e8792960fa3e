"""What a session follows, and how it ends."""

from __future__ import annotations

import pytest

from engine.model import Verdict
from engine.protocols.postgres.answers import (
    BindComplete,
    CloseComplete,
    CommandComplete,
    DataRow,
    ErrorResponse,
    Field,
    FunctionCallResponse,
    NoticeResponse,
    NotificationResponse,
    ParameterStatus,
    ParseComplete,
    RowDescription,
)
from engine.protocols.postgres.denial import raising_query
from engine.protocols.postgres.requests import (
    Bind,
    Close,
    Describe,
    Execute,
    Flush,
    FunctionCall,
    Parse,
    Query,
    Sync,
    Terminate,
)
from tests.dsl.conversation import ABORTED, IDLE, IN_TRANSACTION, Conversation, Denied, Report, Told

NAME = RowDescription((Field("name", table=2, number=1),))
EMAIL = RowDescription((Field("email", table=1, number=2),))
RAISED = ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "42601", "M": "syntax error"})


async def test_what_a_setting_changes_is_known_before_the_next_statement_is_analysed(x: Conversation) -> None:
    """SECURITY: search_path tricks: a statement pipelined behind SET is read on the path that SET left."""
    x.client_sends(Query("set search_path to evil"), Query("select name from t"))
    await x.expect_upstream(Query("set search_path to evil"))
    await x.expect_silence()
    x.upstream_sends(CommandComplete("SET"), ParameterStatus("search_path", "evil"), IDLE)
    await x.answer_probe("none")
    await x.expect_client(CommandComplete("SET"), ParameterStatus("search_path", "evil"), IDLE)
    await x.expect_upstream(Query("select name from t"))
    assert x.world.analyst.seen[-1] == ("select name from t", ("evil",), "app")
    x.upstream_sends(NAME, CommandComplete("SELECT 0"), IDLE)
    await x.expect_client(NAME, CommandComplete("SELECT 0"), IDLE)


async def test_a_role_is_asked_for_when_it_may_have_changed(x: Conversation) -> None:
    x.client_sends(Query("set role admin"))
    await x.expect_upstream(Query("set role admin"))
    x.upstream_sends(CommandComplete("SET"), IDLE)
    await x.expect_client(CommandComplete("SET"), IDLE)
    x.client_sends(Query("select 1"))
    await x.answer_probe("admin")
    await x.expect_upstream(Query("select 1"))
    assert x.world.analyst.seen[-1] == ("select 1", ("admin", "public"), "admin")
    x.upstream_sends(NAME, CommandComplete("SELECT 0"), IDLE)
    await x.expect_client(NAME, CommandComplete("SELECT 0"), IDLE)


async def test_settings_are_looked_at_again_after_a_rollback(x: Conversation) -> None:
    x.client_sends(Query("begin"))
    await x.expect_upstream(Query("begin"))
    x.upstream_sends(CommandComplete("BEGIN"), IN_TRANSACTION)
    x.client_sends(Query("set role admin"))
    await x.expect_upstream(Query("set role admin"))
    x.upstream_sends(CommandComplete("SET"), IN_TRANSACTION)
    x.client_sends(Query("rollback"))
    await x.answer_probe("admin", status="T")
    await x.expect_upstream(Query("rollback"))
    x.upstream_sends(CommandComplete("ROLLBACK"), IDLE)
    x.client_sends(Query("select 1"))
    await x.answer_probe("none")
    await x.expect_upstream(Query("select 1"))
    assert x.world.analyst.seen[-1][2] == "app"
    x.upstream_sends(CommandComplete("SELECT 0"), IDLE)
    await x.expect_client(
        *(CommandComplete("BEGIN"), IN_TRANSACTION, CommandComplete("SET"), IN_TRANSACTION),
        *(CommandComplete("ROLLBACK"), IDLE, CommandComplete("SELECT 0"), IDLE),
    )


async def test_the_catalog_is_read_anew_after_ddl(x: Conversation) -> None:
    x.client_sends(Query("create table n (id int)"))
    await x.expect_upstream(Query("create table n (id int)"))
    x.upstream_sends(CommandComplete("CREATE TABLE"), IDLE)
    await x.expect_client(CommandComplete("CREATE TABLE"), IDLE)
    await x.quiet()
    assert x.world.analyst.refreshed == 1


async def test_uncommitted_ddl_is_known_to_be_uncommitted(x: Conversation) -> None:
    x.client_sends(Query("begin"))
    await x.expect_upstream(Query("begin"))
    x.upstream_sends(CommandComplete("BEGIN"), IN_TRANSACTION)
    x.client_sends(Query("create table n (id int)"))
    await x.expect_upstream(Query("create table n (id int)"))
    x.upstream_sends(CommandComplete("CREATE TABLE"), IN_TRANSACTION)
    await x.quiet()
    assert x.relay.tracker.state.has_uncommitted_schema
    x.client_sends(Query("commit"))
    await x.expect_upstream(Query("commit"))
    x.upstream_sends(CommandComplete("COMMIT"), IDLE)
    await x.expect_client(
        *(CommandComplete("BEGIN"), IN_TRANSACTION, CommandComplete("CREATE TABLE"), IN_TRANSACTION),
        *(CommandComplete("COMMIT"), IDLE),
    )
    await x.quiet()
    assert not x.relay.tracker.state.has_uncommitted_schema
    assert x.world.analyst.refreshed == 1


async def test_sql_level_statements_can_be_bound_and_deallocated(x: Conversation) -> None:
    x.client_sends(Query("prepare p as select email from customers"), Bind("", "p"), Execute(), Sync())
    await x.expect_upstream(Query("prepare p as select email from customers"))
    x.upstream_sends(CommandComplete("PREPARE"), IDLE)
    await x.expect_upstream(Bind("", "p"), Describe("P"), Execute(), Sync())
    x.upstream_sends(BindComplete(), EMAIL, DataRow((b"a@b.c",)), CommandComplete("SELECT 1"), IDLE)
    await x.expect_client(
        *(CommandComplete("PREPARE"), IDLE, BindComplete(), DataRow((b"*****",)), CommandComplete("SELECT 1"), IDLE)
    )
    x.client_sends(Query("deallocate p"))
    await x.expect_upstream(Query("deallocate p"))
    x.upstream_sends(CommandComplete("DEALLOCATE"), IDLE)
    await x.expect_client(CommandComplete("DEALLOCATE"), IDLE)
    assert "p" not in x.relay.tracker.state.prepared


async def test_a_cursor_that_sql_declared_is_executed_as_the_fetch_it_is(x: Conversation) -> None:
    x.client_sends(Query("declare c cursor for select 1"))
    await x.expect_upstream(Query("declare c cursor for select 1"))
    x.upstream_sends(CommandComplete("DECLARE CURSOR"), IN_TRANSACTION)
    await x.expect_client(CommandComplete("DECLARE CURSOR"), IN_TRANSACTION)
    x.decides(FETCH=Verdict.DENY)
    x.client_sends(Execute("c"), Sync())
    await x.quiet()
    assert x.world.analyst.seen[-1][0] == 'FETCH FORWARD ALL FROM "c"'
    assert x.world.log.of("operation.denied")[0]["verb"] == "FETCH"
    assert (await x.upstream_hears(2))[1:] == [Sync()]
    x.upstream_sends(RAISED, IN_TRANSACTION)
    await x.expect_client(Denied("42501"), IN_TRANSACTION)


async def test_notices_settings_and_notifications_pass_the_masks(x: Conversation) -> None:
    notice = NoticeResponse(
        {"S": "NOTICE", "V": "NOTICE", "C": "25001", "M": "there is already a transaction in progress"}
    )
    heard = NotificationResponse(7, "events", "hello")
    x.upstream_sends(notice, ParameterStatus("TimeZone", "UTC"), heard)
    await x.expect_client(notice, ParameterStatus("TimeZone", "UTC"), heard)


async def test_a_function_call_is_decided_like_any_statement(x: Conversation) -> None:
    x.decides(**{"FUNCTION CALL": Verdict.DENY})
    x.client_sends(FunctionCall(2089, b"\0\0\0\0\0\0"))
    await x.expect_upstream(raising_query())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Denied("42501", "FUNCTION CALL denied"), IDLE)


async def test_an_allowed_function_calls_result_is_masked_as_unknown(x: Conversation) -> None:
    x.world.session.masks.refuses = lambda operation: None  # type: ignore[method-assign]  # off, for one test
    x.client_sends(FunctionCall(2089, b"\0\0\0\0\0\0"))
    await x.expect_upstream(FunctionCall(2089, b"\0\0\0\0\0\0"))
    x.upstream_sends(FunctionCallResponse(b"secret"), IDLE)
    await x.expect_client(FunctionCallResponse(None), IDLE)


async def test_a_client_that_cancels_withdraws_its_review(x: Conversation) -> None:
    x.decides(DELETE=Verdict.REVIEW)
    x.client_sends(Query("delete from t"))
    await x.expect_client(Told("00000", "review r-1"))
    assert x.relay.submission is not None
    x.relay.submission.withdraw()
    await x.expect_upstream(raising_query())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Report("57014", "review r-1 is withdrawn"), IDLE)


async def test_a_client_that_disconnects_withdraws_its_review(x: Conversation) -> None:
    x.decides(DELETE=Verdict.REVIEW)
    x.client_sends(Query("delete from t"))
    await x.expect_client(Told("00000", "review r-1"))
    x.client.feed_eof()
    await x.quiet()
    assert x.relay.is_over
    assert x.world.approvals.reviews[0].state.value == "withdrawn"
    assert x.world.log.of("operation.intended") == []


async def test_what_runs_when_the_client_goes_is_lost(x: Conversation) -> None:
    x.client_sends(Query("insert into t values (1)"))
    await x.expect_upstream(Query("insert into t values (1)"))
    x.client.feed_eof()
    await x.expect_upstream(Terminate())
    assert x.world.recorder.ended() == [("INSERT", "lost")]


async def test_a_client_that_leaves_takes_its_upstream_session_along(x: Conversation) -> None:
    x.client_sends(Terminate())
    await x.expect_upstream(Terminate())
    assert x.relay.is_over


async def test_an_upstream_that_dies_mid_answer_is_a_clear_error(x: Conversation) -> None:
    x.client_sends(Query("select name from t"))
    await x.expect_upstream(Query("select name from t"))
    x.upstream_sends(NAME, DataRow((b"ana",)))
    await x.expect_client(NAME, DataRow((b"ana",)))
    x.upstream.feed_eof()
    await x.expect_client(Report("08001", "the upstream closed the connection"))
    assert x.world.recorder.ended() == [("SELECT", "lost")]


async def test_a_fatal_error_of_the_upstream_reaches_the_client_as_it_is(x: Conversation) -> None:
    fatal = ErrorResponse({"S": "FATAL", "V": "FATAL", "C": "57P01", "M": "terminating connection"})
    x.client_sends(Query("select name from t"))
    await x.expect_upstream(Query("select name from t"))
    x.upstream_sends(NAME, fatal)
    await x.expect_client(NAME, fatal)
    await x.quiet()
    assert x.relay.is_over


async def test_rows_nobody_described_end_the_session(x: Conversation) -> None:
    x.client_sends(Parse("", "select name from t"), Bind("", ""), Execute(), Sync())
    await x.expect_upstream(Parse("", "select name from t"), Bind("", ""), Describe("P"), Execute(), Sync())
    x.upstream_sends(ParseComplete(), BindComplete(), DataRow((b"secret",)))
    await x.quiet()
    assert x.relay.is_over
    await x.expect_client(ParseComplete(), BindComplete(), Report("08001", "broke its protocol"))


async def test_garbage_from_the_upstream_ends_the_session_with_a_clear_error(x: Conversation) -> None:
    """SECURITY: a hostile upstream costs bounded memory and never another session's service."""
    x.upstream.feed(b"Z\xff\xff\xff\xffI")
    await x.expect_client(Report("08001", "broke its protocol"))


async def test_garbage_from_the_client_ends_the_session_with_a_clear_error(x: Conversation) -> None:
    """SECURITY: negative, short, overflowing and oversized lengths (CVE-2026-6668, -107348, -6664)."""
    x.client.feed(b"Q\x80\x00\x00\x00")
    await x.expect_client(Report("08P01", "invalid message length"))


async def test_an_unknown_message_type_is_refused(x: Conversation) -> None:
    """SECURITY: unknown is refused: message types."""
    x.client.feed(b"!\x00\x00\x00\x04")
    await x.expect_client(Report("08P01", "invalid message type 33"))


async def test_a_second_startup_message_is_refused(x: Conversation) -> None:
    """SECURITY: a second StartupMessage (CVE-2026-107350)."""
    x.client.feed(b"\x00\x00\x00\x08\x00\x03\x00\x00")
    await x.expect_client(Report("08P01", "invalid message type 0"))


async def test_a_text_whose_bytes_say_nothing_certain_is_refused(x: Conversation) -> None:
    """SECURITY: client encodings in which a quote hides."""
    x.upstream_sends(ParameterStatus("client_encoding", "SJIS"))
    await x.expect_client(ParameterStatus("client_encoding", "SJIS"))
    x.client_sends(Query("select 'é'"))
    await x.expect_upstream(raising_query())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Report("0A000", "SJIS"), IDLE)
    x.upstream_sends(ParameterStatus("client_encoding", "UTF8"))
    await x.expect_client(ParameterStatus("client_encoding", "UTF8"))
    x.client.feed(b"Q\x00\x00\x00\x07'\xff\x00")
    await x.expect_upstream(raising_query())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Report("22021"), IDLE)


async def test_a_probe_is_hidden_from_the_client(x: Conversation) -> None:
    x.client_sends(Parse("", "select name from t"), Flush())
    await x.expect_upstream(Parse("", "select name from t"), Flush())
    x.upstream_sends(ParseComplete())
    await x.expect_client(ParseComplete())
    probing = x.meanwhile(x.relay.probe("select 1"))
    await x.answer_probe("1")
    assert await probing == [("1",)]
    await x.expect_silence()


async def test_a_session_in_a_failed_transaction_is_not_asked(x: Conversation) -> None:
    x.client_sends(Query("begin"))
    await x.expect_upstream(Query("begin"))
    x.upstream_sends(RAISED, ABORTED)
    await x.expect_client(Report("42601"), ABORTED)
    with pytest.raises(LookupError):
        await x.relay.probe("select 1")


async def test_a_client_that_does_not_read_stops_the_upstream(x: Conversation) -> None:
    """SECURITY: a hostile client costs bounded memory."""
    x.relay.client.pause_writing()
    assert x.upstream.is_paused
    x.relay.client.resume_writing()
    assert not x.upstream.is_paused


async def test_an_upstream_that_does_not_read_stops_the_client(x: Conversation) -> None:
    x.relay.upstream.pause_writing()
    assert x.client.is_paused
    x.relay.upstream.resume_writing()
    assert not x.client.is_paused


async def test_a_client_that_sends_while_it_is_held_is_read_no_further_than_the_bound(x: Conversation) -> None:
    """SECURITY: a hostile client costs bounded memory."""
    x.decides(DELETE=Verdict.REVIEW)
    x.client_sends(Query("delete from t"))
    await x.expect_client(Told("00000"))
    x.client_sends(*(Query("select " + "1" * 9000) for _ in range(40)))
    assert x.client.is_paused
    x.client_sends(Close("S", "never read"))


async def test_closing_a_portal_that_never_ran_says_so(x: Conversation) -> None:
    x.client_sends(Parse("", "select 1"), Bind("p", ""), Close("P", "p"), Sync())
    await x.expect_upstream(Parse("", "select 1"), Bind("p", ""), Close("P", "p"), Sync())
    x.upstream_sends(ParseComplete(), BindComplete(), CloseComplete(), IDLE)
    await x.expect_client(ParseComplete(), BindComplete(), CloseComplete(), IDLE)
    assert x.world.recorder.ended() == [("SELECT", "skipped")]
