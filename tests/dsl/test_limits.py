"""Conversations under a limit: what follows a statement waits for its answer, and what went too far is undone."""

from __future__ import annotations

from engine.model import Limit
from engine.protocols.postgres import answers as a
from engine.protocols.postgres import requests as r
from engine.protocols.postgres.denial import raising_parse
from engine.protocols.postgres.messages import Message
from tests.dsl.conversation import ABORTED, IDLE, IN_TRANSACTION, Conversation, Denied, Report

NAME = a.RowDescription((a.Field("name", table=2, number=1),))
RAISED = a.ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "42601", "M": 'syntax error at or near "hoopterm"'})
BROKEN = a.ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "22012", "M": "division by zero", "P": "8"})
FIVE = Limit(changed=5, changed_by="few")
TWO_ROWS = Limit(returned=2, returned_by="few")
ANA, BOB, EVE = (a.DataRow((name,)) for name in (b"ana", b"bob", b"eve"))

OPENING = (a.CloseComplete(), a.CloseComplete())
PREPARED = (a.ParseComplete(), a.BindComplete())
CLOSED = (a.CloseComplete(), a.CloseComplete())


async def runs(x: Conversation, text: str, *, rows: int = 0, is_first: bool = False) -> None:
    """One statement of a simple query goes upstream by itself."""
    heard = await x.upstream_hears(7 if is_first else 5)
    if is_first:
        assert heard[:2] == [r.Close("P"), r.Close("S")]
    parse, bind, describe, execute, flush = heard[-5:]
    assert isinstance(parse, r.Parse), heard
    assert parse.text == text
    name = parse.name
    assert name.startswith("hoopterm_")
    assert [bind, describe, execute, flush] == [
        r.Bind(name, name),
        r.Describe("P", name),
        r.Execute(name, rows),
        r.Flush(),
    ]


async def closes(x: Conversation, *after: Message) -> None:
    heard = await x.upstream_hears(2 + len(after))
    assert [type(message) for message in heard[:2]] == [r.Close, r.Close]
    assert heard[2:] == list(after)


# ── simple queries ──


async def test_a_commit_is_kept_back_until_the_count_is_known(x: Conversation) -> None:
    x.limits(DELETE=FIVE)
    x.client_sends(r.Query("delete from t"), r.Query("select name from t"))
    await runs(x, "delete from t", is_first=True)
    x.upstream_sends(*OPENING, *PREPARED, a.NoData(), a.CommandComplete("DELETE 5"))
    await closes(x, r.Sync())
    await x.expect_silence()
    x.upstream_sends(*CLOSED, IDLE)
    await x.expect_client(a.CommandComplete("DELETE 5"), IDLE)
    await x.expect_upstream(r.Query("select name from t"))
    x.upstream_sends(NAME, a.CommandComplete("SELECT 0"), IDLE)
    await x.expect_client(NAME, a.CommandComplete("SELECT 0"), IDLE)
    assert x.world.log.of("operation.completed")[0]["changed"] == 5


async def test_what_changed_too_much_is_undone_before_it_is_committed(x: Conversation) -> None:
    x.limits(DELETE=FIVE)
    x.client_sends(r.Query("delete from t"), r.Query("select name from t"))
    await runs(x, "delete from t", is_first=True)
    x.upstream_sends(*OPENING, *PREPARED, a.NoData(), a.CommandComplete("DELETE 6"))
    await x.expect_upstream(raising_parse(), r.Sync())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Denied("54000", "DELETE undone", "rule few", "it changed 6", '"decision":"deny"'), IDLE)
    await x.expect_upstream(r.Query("select name from t"))
    x.upstream_sends(NAME, a.CommandComplete("SELECT 0"), IDLE)
    await x.expect_client(NAME, a.CommandComplete("SELECT 0"), IDLE)
    assert x.world.recorder.ended() == [("DELETE", "denied"), ("SELECT", "completed")]
    assert x.world.log.of("operation.failed")[0]["excess"]["seen"] == 6


async def test_in_a_transaction_it_is_aborted(x: Conversation) -> None:
    x.limits(DELETE=FIVE)
    x.client_sends(r.Query("begin"))
    await x.expect_upstream(r.Query("begin"))
    x.upstream_sends(a.CommandComplete("BEGIN"), IN_TRANSACTION)
    await x.expect_client(a.CommandComplete("BEGIN"), IN_TRANSACTION)
    x.client_sends(r.Query("delete from t"))
    await runs(x, "delete from t", is_first=True)
    x.upstream_sends(*OPENING, *PREPARED, a.NoData(), a.CommandComplete("DELETE 6"))
    await x.expect_upstream(raising_parse(), r.Sync())
    x.upstream_sends(RAISED, ABORTED)
    await x.expect_client(Denied("54000"), ABORTED)


async def test_rows_are_cut_at_the_limit_and_no_row_past_it_is_recorded(x: Conversation) -> None:
    x.limits(SELECT=TWO_ROWS)
    x.client_sends(r.Query("select name from t"))
    await runs(x, "select name from t", rows=3, is_first=True)
    x.upstream_sends(*OPENING, *PREPARED, NAME, ANA, BOB, EVE, a.PortalSuspended())
    await x.expect_upstream(raising_parse(), r.Sync())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(NAME, ANA, BOB, Denied("54000", "there are more"), IDLE)
    assert b"eve" not in x.world.recorder.cells


async def test_the_statements_of_a_string_run_one_after_the_other(x: Conversation) -> None:
    x.limits(DELETE=FIVE)
    x.client_sends(r.Query("insert into t; delete from t; select name from t"))
    await runs(x, "insert into t", is_first=True)
    x.upstream_sends(*OPENING, *PREPARED, a.NoData(), a.CommandComplete("INSERT 0 1"))
    await x.expect_client(a.CommandComplete("INSERT 0 1"))
    await closes(x)
    await runs(x, "delete from t")
    x.upstream_sends(*CLOSED, *PREPARED, a.NoData(), a.CommandComplete("DELETE 6"))
    await x.expect_upstream(raising_parse(), r.Sync())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Denied("54000"), IDLE)
    assert x.world.recorder.ended() == [("INSERT", "completed"), ("DELETE", "denied"), ("SELECT", "skipped")]


async def test_an_error_is_the_statements_own_and_its_place_that_of_the_whole_text(x: Conversation) -> None:
    x.limits(DELETE=FIVE)
    x.client_sends(r.Query("insert into t; delete from t; select 1"))
    await runs(x, "insert into t", is_first=True)
    x.upstream_sends(*OPENING, *PREPARED, a.NoData(), a.CommandComplete("INSERT 0 1"))
    await closes(x)
    await runs(x, "delete from t")
    x.upstream_sends(*CLOSED, BROKEN)
    await x.expect_upstream(r.Sync())
    x.upstream_sends(IDLE)
    _, error, ready = await x.client_hears(3)
    assert isinstance(error, a.ErrorResponse)
    assert (error.fields["C"], error.fields["P"], ready) == ("22012", "23", IDLE)
    assert x.world.recorder.ended() == [("INSERT", "completed"), ("DELETE", "failed"), ("SELECT", "skipped")]


async def test_a_commit_that_fails_takes_the_tag_with_it(x: Conversation) -> None:
    x.limits(DELETE=FIVE)
    x.client_sends(r.Query("delete from t"))
    await runs(x, "delete from t", is_first=True)
    x.upstream_sends(*OPENING, *PREPARED, a.NoData(), a.CommandComplete("DELETE 1"))
    await closes(x, r.Sync())
    x.upstream_sends(*CLOSED, BROKEN, IDLE)
    await x.expect_client(Report("22012"), IDLE)
    assert x.world.recorder.ended() == [("DELETE", "failed")]


async def test_a_copy_in_is_committed_only_once_it_was_counted(x: Conversation) -> None:
    x.limits(COPY=FIVE)
    x.client_sends(r.Query("copy t from stdin"))
    await runs(x, "copy t from stdin", is_first=True)
    x.upstream_sends(*OPENING, *PREPARED, a.NoData(), a.CopyInResponse(0, (0,)))
    await x.expect_client(a.CopyInResponse(0, (0,)))
    x.client_sends(r.CopyData(b"1\n"), r.CopyDone(), r.Query("select name from t"))
    await x.expect_upstream(r.CopyData(b"1\n"), r.CopyDone(), r.Flush())
    x.upstream_sends(a.CommandComplete("COPY 6"))
    await x.expect_upstream(raising_parse(), r.Sync())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Denied("54000", "COPY undone"), IDLE)
    await x.expect_upstream(r.Query("select name from t"))
    x.upstream_sends(NAME, a.CommandComplete("SELECT 0"), IDLE)
    await x.expect_client(NAME, a.CommandComplete("SELECT 0"), IDLE)


async def test_what_an_earlier_error_of_the_batch_passes_over_says_nothing_of_its_own(x: Conversation) -> None:
    x.limits(DELETE=FIVE)
    x.client_sends(r.Parse("", "select broken"), r.Query("delete from t"))
    await x.expect_upstream(r.Parse("", "select broken"))
    await runs(x, "delete from t", is_first=True)
    x.upstream_sends(BROKEN)
    await x.expect_client(Report("22012"))
    x.client_sends(r.Sync())
    await x.expect_upstream(r.Sync())
    x.upstream_sends(IDLE)
    await x.expect_client(IDLE)
    assert x.world.recorder.ended() == [("DELETE", "skipped")]


async def test_what_is_under_way_when_the_upstream_goes_is_lost_and_not_claimed(x: Conversation) -> None:
    x.limits(DELETE=FIVE)
    x.client_sends(r.Query("delete from t; select name from t"))
    await runs(x, "delete from t", is_first=True)
    x.upstream_sends(*OPENING, *PREPARED, a.NoData())
    await x.quiet()
    x.upstream.feed_eof()
    await x.client_hears(1)
    assert x.world.recorder.ended() == [("DELETE", "lost"), ("SELECT", "lost")]


# ── the extended protocol ──


async def test_nothing_goes_up_behind_a_limited_execute_before_its_answer(x: Conversation) -> None:
    x.limits(DELETE=FIVE)
    x.client_sends(r.Parse("", "delete from t"), r.Bind("", ""), r.Execute(), r.Execute(), r.Sync())
    await x.expect_upstream(r.Parse("", "delete from t"), r.Bind("", ""), r.Describe("P"), r.Execute(), r.Flush())
    x.upstream_sends(a.ParseComplete(), a.BindComplete(), a.NoData())
    await x.expect_client(a.ParseComplete(), a.BindComplete())
    await x.expect_silence()
    x.upstream_sends(a.CommandComplete("DELETE 6"))
    await x.expect_upstream(raising_parse())
    x.upstream_sends(RAISED)
    await x.expect_upstream(r.Sync())
    x.upstream_sends(IDLE)
    await x.expect_client(Denied("54000", "it changed 6"), IDLE)
    assert x.world.recorder.ended() == [("DELETE", "denied")]


async def test_a_pipeline_goes_on_where_the_limit_is_kept(x: Conversation) -> None:
    x.limits(DELETE=FIVE)
    x.client_sends(r.Parse("", "delete from t"), r.Bind("", ""), r.Describe("P"), r.Execute(), r.Sync())
    await x.expect_upstream(r.Parse("", "delete from t"), r.Bind("", ""), r.Describe("P"), r.Execute(), r.Flush())
    x.upstream_sends(*PREPARED, a.NoData(), a.CommandComplete("DELETE 5"))
    await x.expect_upstream(r.Sync())
    x.upstream_sends(IDLE)
    await x.expect_client(*PREPARED, a.NoData(), a.CommandComplete("DELETE 5"), IDLE)


async def test_rows_of_a_portal_are_counted_over_all_its_executions(x: Conversation) -> None:
    x.limits(SELECT=TWO_ROWS)
    x.client_sends(r.Parse("", "select name from t"), r.Bind("p", ""), r.Execute("p", 1), r.Execute("p", 5), r.Sync())
    await x.expect_upstream(
        r.Parse("", "select name from t"), r.Bind("p", ""), r.Describe("P", "p"), r.Execute("p", 1), r.Flush()
    )
    x.upstream_sends(*PREPARED, NAME, ANA, a.PortalSuspended())
    await x.expect_client(*PREPARED, ANA, a.PortalSuspended())
    await x.expect_upstream(r.Execute("p", 2), r.Flush())
    x.upstream_sends(BOB, EVE, a.PortalSuspended())
    await x.expect_upstream(raising_parse())
    x.upstream_sends(RAISED)
    await x.expect_upstream(r.Sync())
    x.upstream_sends(IDLE)
    await x.expect_client(BOB, Denied("54000"), IDLE)


async def test_a_cursor_is_counted_over_all_that_is_fetched_on_it(x: Conversation) -> None:
    """FETCH by itself is housekeeping, without a limit of its own."""
    x.limits(DECLARE=TWO_ROWS)
    x.client_sends(r.Query("begin"))
    await x.expect_upstream(r.Query("begin"))
    x.upstream_sends(a.CommandComplete("BEGIN"), IN_TRANSACTION)
    x.client_sends(r.Query("declare c cursor"))
    await runs(x, "declare c cursor", rows=3, is_first=True)
    x.upstream_sends(*OPENING, *PREPARED, a.NoData(), a.CommandComplete("DECLARE CURSOR"))
    await closes(x, r.Sync())
    x.upstream_sends(*CLOSED, IN_TRANSACTION)
    await x.expect_client(
        a.CommandComplete("BEGIN"), IN_TRANSACTION, a.CommandComplete("DECLARE CURSOR"), IN_TRANSACTION
    )
    x.client_sends(r.Query("fetch 2 from c"))
    await runs(x, "fetch 2 from c", rows=3, is_first=True)
    x.upstream_sends(*OPENING, *PREPARED, NAME, ANA, BOB, a.CommandComplete("FETCH 2"))
    await closes(x, r.Sync())
    x.upstream_sends(*CLOSED, IN_TRANSACTION)
    await x.expect_client(NAME, ANA, BOB, a.CommandComplete("FETCH 2"), IN_TRANSACTION)
    x.client_sends(r.Query("fetch 1 from c"))
    await runs(x, "fetch 1 from c", rows=1, is_first=True)
    x.upstream_sends(*OPENING, *PREPARED, NAME, EVE, a.PortalSuspended())
    await x.expect_upstream(raising_parse(), r.Sync())
    x.upstream_sends(RAISED, ABORTED)
    await x.expect_client(NAME, Denied("54000"), ABORTED)


async def test_a_limit_that_comes_into_force_while_a_portal_is_bound_counts(x: Conversation) -> None:
    x.client_sends(r.Parse("", "delete from t"), r.Bind("p", ""), r.Flush())
    await x.expect_upstream(r.Parse("", "delete from t"), r.Bind("p", ""), r.Flush())
    x.upstream_sends(*PREPARED)
    await x.expect_client(*PREPARED)
    x.limits(DELETE=FIVE)
    x.world.session.use(type(x.world.revision)(x.world.policy, digest="two"))  # type: ignore[arg-type]  # a fake
    x.client_sends(r.Execute("p"), r.Sync())
    await x.expect_upstream(r.Describe("P", "p"), r.Execute("p"), r.Flush())
    x.upstream_sends(a.NoData(), a.CommandComplete("DELETE 6"))
    await x.expect_upstream(raising_parse())
    x.upstream_sends(RAISED)
    await x.expect_upstream(r.Sync())
    x.upstream_sends(IDLE)
    await x.expect_client(Denied("54000", "it changed 6"), IDLE)
