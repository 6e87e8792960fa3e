"""COPY conversations."""

from __future__ import annotations

from engine.model import Verdict
from engine.protocols.postgres.answers import (
    BindComplete,
    CommandComplete,
    CopyData,
    CopyDone,
    CopyInResponse,
    CopyOutResponse,
    ErrorResponse,
    NoData,
    ParseComplete,
)
from engine.protocols.postgres.denial import raising_query
from engine.protocols.postgres.requests import Bind, CopyFail, Describe, Execute, Flush, Parse, Query, Sync
from tests.dsl.conversation import IDLE, Conversation, Denied, Report

IN = "copy t from stdin"
OUT = "copy customers to stdout"
BROKEN = ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "22P04", "M": "missing data"})
RAISED = ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "42601", "M": "syntax error"})


async def test_copy_out_is_masked(x: Conversation) -> None:
    """SECURITY: nothing unmasked escapes in COPY."""
    x.client_sends(Query(OUT))
    await x.expect_upstream(Query(OUT))
    x.upstream_sends(
        CopyOutResponse(0, (0,)), CopyData(b"a@b.c\n"), CopyData(b"\\N\n"), CopyDone(), CommandComplete("COPY 2"), IDLE
    )
    await x.expect_client(
        CopyOutResponse(0, (0,)), CopyData(b"*****\n"), CopyData(b"\\N\n"), CopyDone(), CommandComplete("COPY 2"), IDLE
    )


async def test_copy_in_is_part_of_the_write(x: Conversation) -> None:
    x.client_sends(Query(IN))
    await x.expect_upstream(Query(IN))
    x.upstream_sends(CopyInResponse(0, (0,)))
    await x.expect_client(CopyInResponse(0, (0,)))
    x.client_sends(CopyData(b"1\n"), CopyData(b"2\n"), CopyDone())
    await x.expect_upstream(CopyData(b"1\n"), CopyData(b"2\n"), CopyDone())
    x.upstream_sends(CommandComplete("COPY 2"), IDLE)
    await x.expect_client(CommandComplete("COPY 2"), IDLE)
    assert x.world.log.of("operation.completed")[0]["changed"] == 2


async def test_a_denied_copy_asks_for_no_data(x: Conversation) -> None:
    x.decides(COPY=Verdict.DENY)
    x.client_sends(Query(IN), CopyData(b"1\n"), CopyDone())
    await x.expect_upstream(raising_query())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Denied("42501"), IDLE)


async def test_sync_during_an_extended_copy_is_passed_over_as_the_server_does(x: Conversation) -> None:
    x.client_sends(Parse("", IN), Bind("", ""), Describe("P"), Execute(), Sync())
    await x.expect_upstream(Parse("", IN), Bind("", ""), Describe("P"), Execute(), Flush())
    x.upstream_sends(ParseComplete(), BindComplete(), NoData(), CopyInResponse(0, (0,)))
    await x.expect_client(ParseComplete(), BindComplete(), NoData(), CopyInResponse(0, (0,)))
    await x.expect_silence()
    x.client_sends(CopyData(b"1\n"), CopyDone(), Sync())
    await x.expect_upstream(CopyData(b"1\n"), CopyDone(), Flush())
    x.upstream_sends(CommandComplete("COPY 1"))
    await x.expect_upstream(Sync())
    x.upstream_sends(IDLE)
    await x.expect_client(CommandComplete("COPY 1"), IDLE)


async def test_data_after_the_server_gave_a_copy_up_goes_nowhere(x: Conversation) -> None:
    x.client_sends(Query(IN))
    await x.expect_upstream(Query(IN))
    x.upstream_sends(CopyInResponse(0, (0,)), BROKEN, IDLE)
    await x.expect_client(CopyInResponse(0, (0,)), Report("22P04"), IDLE)
    x.client_sends(CopyData(b"1\n"), CopyDone(), Query("select 1"))
    await x.expect_upstream(Query("select 1"))
    x.upstream_sends(CommandComplete("SELECT 0"), IDLE)
    await x.expect_client(CommandComplete("SELECT 0"), IDLE)
    assert x.world.recorder.ended()[0] == ("COPY", "failed")


async def test_a_client_may_give_a_copy_up(x: Conversation) -> None:
    x.client_sends(Query(IN))
    await x.expect_upstream(Query(IN))
    x.upstream_sends(CopyInResponse(0, (0,)))
    await x.expect_client(CopyInResponse(0, (0,)))
    x.client_sends(CopyFail("enough"))
    await x.expect_upstream(CopyFail("enough"))
    x.upstream_sends(BROKEN, IDLE)
    await x.expect_client(Report("22P04"), IDLE)


async def test_any_other_message_during_a_copy_ends_the_session(x: Conversation) -> None:
    x.client_sends(Query(IN))
    await x.expect_upstream(Query(IN))
    x.upstream_sends(CopyInResponse(0, (0,)))
    await x.expect_client(CopyInResponse(0, (0,)))
    x.client_sends(Query("delete from t"))
    await x.expect_client(Report("08P01", "unexpected message type 0x51 during COPY from stdin"))
    assert x.relay.is_over


async def test_copy_data_larger_than_any_buffer_passes_in_pieces(x: Conversation) -> None:
    x.client_sends(Query(IN))
    await x.expect_upstream(Query(IN))
    x.upstream_sends(CopyInResponse(0, (0,)))
    await x.expect_client(CopyInResponse(0, (0,)))
    data = b"x" * 200_000
    x.client_sends(CopyData(data), CopyDone())
    await x.expect_upstream(CopyData(data), CopyDone())
    x.upstream_sends(CommandComplete("COPY 1"), IDLE)
    await x.expect_client(CommandComplete("COPY 1"), IDLE)


async def test_an_upstream_may_not_ask_for_data_that_no_statement_announced(x: Conversation) -> None:
    x.client_sends(Query("select 1"))
    await x.expect_upstream(Query("select 1"))
    x.upstream_sends(CopyInResponse(0, (0,)))
    await x.expect_client(Report("08001", "asked for COPY data"))
    assert x.relay.is_over
