"""Extended query conversations: statements, portals, pipelines."""

from __future__ import annotations

from engine.model import Verdict
from engine.protocols.postgres.answers import (
    BindComplete,
    CloseComplete,
    CommandComplete,
    DataRow,
    ErrorResponse,
    Field,
    NoData,
    ParameterDescription,
    ParseComplete,
    PortalSuspended,
    RowDescription,
)
from engine.protocols.postgres.denial import raising_parse
from engine.protocols.postgres.requests import Bind, Close, Describe, Execute, Flush, Parse, Query, Sync
from tests.dsl.conversation import IDLE, Conversation, Denied, Report, Told

NAME = RowDescription((Field("name", table=2, number=1),))
EMAIL = RowDescription((Field("email", table=1, number=2),))
RAISED = ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "42601", "M": 'syntax error at or near "hoopterm"', "P": "1"})
BROKEN = ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "22012", "M": "division by zero"})

INSERT = Parse("", "insert into t values ($1)")
COMPLETE = CommandComplete("INSERT 0 1")


async def test_an_unnamed_statement_is_parsed_bound_described_and_executed(x: Conversation) -> None:
    x.client_sends(Parse("", "select name from t"), Bind("", ""), Describe("P"), Execute(), Sync())
    await x.expect_upstream(Parse("", "select name from t"), Bind("", ""), Describe("P"), Execute(), Sync())
    x.upstream_sends(ParseComplete(), BindComplete(), NAME, DataRow((b"ana",)), CommandComplete("SELECT 1"), IDLE)
    await x.expect_client(ParseComplete(), BindComplete(), NAME, DataRow((b"ana",)), CommandComplete("SELECT 1"), IDLE)
    assert x.world.recorder.ended() == [("SELECT", "completed")]


async def test_columns_are_asked_for_where_the_client_does_not(x: Conversation) -> None:
    """A prepared statement executed without a fresh Describe is masked like any other."""
    x.client_sends(Parse("s", "select email from customers"), Sync())
    await x.expect_upstream(Parse("s", "select email from customers"), Sync())
    x.upstream_sends(ParseComplete(), IDLE)
    await x.expect_client(ParseComplete(), IDLE)
    for _ in range(2):
        x.client_sends(Bind("", "s"), Execute(), Sync())
        await x.expect_upstream(Bind("", "s"), Describe("P"), Execute(), Sync())
        x.upstream_sends(BindComplete(), EMAIL, DataRow((b"a@b.c",)), CommandComplete("SELECT 1"), IDLE)
        await x.expect_client(BindComplete(), DataRow((b"*****",)), CommandComplete("SELECT 1"), IDLE)


async def test_a_portal_is_fetched_in_parts_as_one_operation(x: Conversation) -> None:
    x.client_sends(Parse("", "select email from customers"), Bind("p", ""), Execute("p", 1), Flush())
    await x.expect_upstream(
        Parse("", "select email from customers"), Bind("p", ""), Describe("P", "p"), Execute("p", 1), Flush()
    )
    x.upstream_sends(ParseComplete(), BindComplete(), EMAIL, DataRow((b"a",)), PortalSuspended())
    await x.expect_client(ParseComplete(), BindComplete(), DataRow((b"*",)), PortalSuspended())
    x.client_sends(Execute("p", 5), Sync())
    await x.expect_upstream(Execute("p", 5), Sync())
    x.upstream_sends(DataRow((b"bb",)), CommandComplete("SELECT 1"), IDLE)
    await x.expect_client(DataRow((b"**",)), CommandComplete("SELECT 1"), IDLE)
    assert x.world.recorder.ended() == [("SELECT", "completed")]
    assert x.world.session.counts.rows == 2


async def test_a_denial_at_parse_skips_to_sync_as_the_server_does(x: Conversation) -> None:
    """SECURITY: messages after a denial up to Sync are skipped as the protocol says."""
    x.decides(DROP=Verdict.DENY)
    x.client_sends(Parse("", "drop table t"), Bind("", ""), Describe("P"), Execute(), Sync())
    await x.expect_upstream(raising_parse(), Sync())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Denied("42501", "DROP denied"), IDLE)


async def test_a_denial_in_a_pipeline_claims_nothing_ran_that_did_not(x: Conversation) -> None:
    """SECURITY: a denial inside a pipeline discards nothing else and claims nothing ran that did not."""
    x.decides(DROP=Verdict.DENY)
    x.client_sends(INSERT, Bind("", "", (b"1",)), Execute())
    x.client_sends(Parse("", "drop table t"), Bind("", ""), Execute())
    x.client_sends(Parse("", "delete from t"), Bind("", ""), Execute(), Sync(), Query("select 1"))
    await x.expect_upstream(
        INSERT,
        Bind("", "", (b"1",)),
        Describe("P"),
        Execute(),
        raising_parse(),
        Sync(),
        Query("select 1"),
    )
    x.upstream_sends(ParseComplete(), BindComplete(), NoData(), COMPLETE, RAISED, IDLE)
    await x.expect_client(ParseComplete(), BindComplete(), COMPLETE, Denied("42501"), IDLE)
    x.upstream_sends(NAME, CommandComplete("SELECT 0"), IDLE)
    await x.expect_client(NAME, CommandComplete("SELECT 0"), IDLE)
    assert [data["verb"] for data in x.world.log.of("operation.intended")] == ["INSERT", "SELECT"]


async def test_parameters_decide_at_bind(x: Conversation) -> None:
    x.world.policy.denied_parameter = "13"
    x.client_sends(INSERT, Bind("", "", (b"13",)), Execute(), Sync())
    await x.expect_upstream(INSERT, raising_parse(), Sync())
    x.upstream_sends(ParseComplete(), RAISED, IDLE)
    await x.expect_client(ParseComplete(), Denied("42501", "INSERT denied"), IDLE)


async def test_a_binary_parameter_is_decoded_by_its_type(x: Conversation) -> None:
    x.world.policy.denied_parameter = "13"
    x.client_sends(Parse("", "insert into t values ($1)", (23,)), Bind("", "", (b"\0\0\0\x0d",), (1,)), Sync())
    await x.expect_upstream(Parse("", "insert into t values ($1)", (23,)), raising_parse(), Sync())
    x.upstream_sends(ParseComplete(), RAISED, IDLE)
    await x.expect_client(ParseComplete(), Denied("42501"), IDLE)


async def test_the_server_is_asked_for_a_binary_parameters_type(x: Conversation) -> None:
    x.world.policy.denied_parameter = "13"
    x.client_sends(INSERT, Bind("", "", (b"\0\0\0\x0d",), (1,)), Execute(), Sync())
    await x.expect_upstream(INSERT, Describe("S"), Flush())
    x.upstream_sends(ParseComplete(), ParameterDescription((23,)), NoData())
    await x.expect_upstream(raising_parse(), Sync())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(ParseComplete(), Denied("42501"), IDLE)


async def test_a_held_bind_waits_with_what_precedes_it_answered(x: Conversation) -> None:
    """SECURITY: code that Bind would run does not run before approval."""
    x.decides(DELETE=Verdict.REVIEW)
    x.client_sends(INSERT, Bind("", "", (b"1",)), Execute())
    x.client_sends(Parse("", "delete from t"), Bind("", ""), Execute(), Sync())
    await x.expect_upstream(
        INSERT,
        Bind("", "", (b"1",)),
        Describe("P"),
        Execute(),
        Parse("", "delete from t"),
        Flush(),
    )
    x.upstream_sends(ParseComplete(), BindComplete(), NoData(), COMPLETE, ParseComplete())
    await x.expect_client(Told("00000", "review r-1"), ParseComplete(), BindComplete(), COMPLETE, ParseComplete())
    await x.expect_silence()
    x.approve(by="bob")
    await x.expect_upstream(Bind("", ""), Describe("P"), Execute(), Sync())
    x.upstream_sends(BindComplete(), NoData(), CommandComplete("DELETE 1"), IDLE)
    await x.expect_client(BindComplete(), CommandComplete("DELETE 1"), IDLE)


async def test_an_error_before_a_held_bind_withdraws_its_review(x: Conversation) -> None:
    x.decides(DELETE=Verdict.REVIEW)
    x.client_sends(INSERT, Bind("", "", (b"1",)), Execute())
    x.client_sends(Parse("", "delete from t"), Bind("", ""), Execute(), Sync())
    await x.expect_upstream(
        INSERT, Bind("", "", (b"1",)), Describe("P"), Execute(), Parse("", "delete from t"), Flush()
    )
    x.upstream_sends(ParseComplete(), BindComplete(), NoData(), BROKEN)
    await x.expect_upstream(Sync())
    x.upstream_sends(IDLE)
    await x.expect_client(Told("00000"), ParseComplete(), BindComplete(), Report("22012"), IDLE)
    assert [data["status"] for data in x.world.log.of("operation.failed")] == ["failed"]


async def test_what_an_error_skips_is_concluded_as_skipped(x: Conversation) -> None:
    x.client_sends(INSERT, Bind("", "", (b"1",)), Execute(), Bind("", "", (b"2",)), Execute(), Sync())
    await x.expect_upstream(
        INSERT,
        Bind("", "", (b"1",)),
        Describe("P"),
        Execute(),
        Bind("", "", (b"2",)),
        Describe("P"),
        Execute(),
        Sync(),
    )
    x.upstream_sends(ParseComplete(), BindComplete(), NoData(), BROKEN, IDLE)
    await x.expect_client(ParseComplete(), BindComplete(), Report("22012"), IDLE)
    assert x.world.recorder.ended() == [("INSERT", "failed"), ("INSERT", "skipped")]


async def test_messages_after_a_known_error_are_not_decided(x: Conversation) -> None:
    x.client_sends(INSERT, Bind("", "", (b"1",)), Execute(), Flush())
    await x.expect_upstream(INSERT, Bind("", "", (b"1",)), Describe("P"), Execute(), Flush())
    x.upstream_sends(ParseComplete(), BindComplete(), NoData(), BROKEN)
    await x.expect_client(ParseComplete(), BindComplete(), Report("22012"))
    x.client_sends(Parse("", "delete from t"), Bind("", ""), Execute(), Query("delete from t"), Sync())
    await x.expect_upstream(Sync())
    x.upstream_sends(IDLE)
    await x.expect_client(IDLE)
    assert [data["verb"] for data in x.world.log.of("operation.intended")] == ["INSERT"]


async def test_a_definition_that_an_earlier_batch_may_have_skipped_is_not_trusted(x: Conversation) -> None:
    """A redefinition lost to an error must not make the old statement pass for the new one."""
    x.decides(DELETE=Verdict.REVIEW)
    x.client_sends(Parse("s", "delete from t"), Sync())
    await x.expect_upstream(Parse("s", "delete from t"), Sync())
    x.upstream_sends(ParseComplete(), IDLE)
    await x.expect_client(ParseComplete(), IDLE)
    x.client_sends(
        Parse("", "select broken"), Close("S", "s"), Parse("s", "select 1"), Sync(), Bind("", "s"), Execute(), Sync()
    )
    await x.expect_upstream(Parse("", "select broken"), Close("S", "s"), Parse("s", "select 1"), Sync())
    await x.expect_silence()
    x.upstream_sends(BROKEN, IDLE)
    await x.expect_client(Report("22012"), IDLE, Told("00000", "review r-1"))
    x.reject(by="bob")
    await x.expect_upstream(raising_parse(), Sync())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Denied("42501", "DELETE was not approved"), IDLE)


async def test_a_statement_nobody_prepared_is_refused_in_the_servers_words(x: Conversation) -> None:
    x.client_sends(Bind("", "nothing"), Execute(), Sync())
    await x.expect_upstream(raising_parse(), Sync())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Report("26000", 'prepared statement "nothing" does not exist'), IDLE)


async def test_a_closed_statement_is_gone(x: Conversation) -> None:
    x.client_sends(Parse("s", "select 1"), Close("S", "s"), Bind("", "s"), Sync())
    await x.expect_upstream(Parse("s", "select 1"), Close("S", "s"), raising_parse(), Sync())
    x.upstream_sends(ParseComplete(), CloseComplete(), RAISED, IDLE)
    await x.expect_client(ParseComplete(), CloseComplete(), Report("26000"), IDLE)


async def test_several_statements_in_one_parse_are_refused(x: Conversation) -> None:
    x.client_sends(Parse("", "select 1; delete from t"), Sync())
    await x.expect_upstream(raising_parse(), Sync())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Report("42601", "cannot insert multiple commands"), IDLE)


async def test_a_bound_portal_is_decided_again_under_a_new_policy(x: Conversation) -> None:
    x.client_sends(Parse("", "delete from t"), Bind("p", ""), Flush())
    await x.expect_upstream(Parse("", "delete from t"), Bind("p", ""), Flush())
    x.upstream_sends(ParseComplete(), BindComplete())
    await x.expect_client(ParseComplete(), BindComplete())
    x.decides(DELETE=Verdict.DENY)
    x.world.session.use(type(x.world.revision)(x.world.policy, digest="two"))  # type: ignore[arg-type]  # a fake
    x.client_sends(Execute("p"), Sync())
    await x.expect_upstream(raising_parse(), Sync())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Denied("42501"), IDLE)
