"""Hidden questions on the client's own session."""

from __future__ import annotations

import asyncio

import pytest

from engine.protocols.postgres.answers import (
    BindComplete,
    CloseComplete,
    CommandComplete,
    DataRow,
    ErrorResponse,
    NoticeResponse,
    ParseComplete,
    ReadyForQuery,
)
from engine.protocols.postgres.requests import Close, Flush, Parse, Query, Sync
from tests.dsl.conversation import IDLE, Conversation, Report
from tests.dsl.wire import whole

BROKEN = ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "22012", "M": "division by zero"})


async def test_rows_come_back_as_text_and_nothing_reaches_the_client() -> None:
    async with Conversation(whole) as x, asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(x.relay.probe("select a, b from c"))
        parse, _, _, *closes, sync = await x.upstream_hears(6)
        assert isinstance(parse, Parse)
        assert parse.text == "select a, b from c"
        assert parse.name != ""
        assert all(isinstance(close, Close) and close.name == parse.name for close in closes)
        assert isinstance(sync, Sync)
        x.upstream_sends(ParseComplete(), BindComplete(), DataRow((b"1", None)), DataRow((b"2", b"x")))
        x.upstream_sends(NoticeResponse({"M": "hidden"}), CommandComplete("SELECT 2"))
        x.upstream_sends(CloseComplete(), CloseComplete(), IDLE)
        assert await asking == [("1", None), ("2", "x")]
        await x.expect_silence()


async def test_the_name_cannot_be_guessed() -> None:
    names = set()
    for _ in range(2):
        async with Conversation(whole) as x, asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(_refused(x))
            parse = (await x.upstream_hears(6))[0]
            assert isinstance(parse, Parse)
            names.add(parse.name)
            x.upstream_sends(BROKEN, IDLE)
            await asking
    assert len(names) == 2


async def test_an_error_outside_a_batch_is_nobodys_but_the_question() -> None:
    async with Conversation(whole) as x, asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(_refused(x))
        await x.upstream_hears(6)
        x.upstream_sends(BROKEN, IDLE)
        await asking
        await x.expect_silence()


async def test_an_error_inside_a_batch_is_the_batchs_too() -> None:
    """The server passes over the rest of it: the client must hear why."""
    async with Conversation(whole) as x, asyncio.TaskGroup() as tasks:
        x.client_sends(Parse("", "select 1"), Flush())
        await x.expect_upstream(Parse("", "select 1"), Flush())
        x.upstream_sends(ParseComplete())
        await x.expect_client(ParseComplete())
        asking = tasks.create_task(_refused(x))
        assert isinstance((await x.upstream_hears(6))[-1], Flush)
        x.upstream_sends(BROKEN)
        await asking
        await x.expect_client(Report("22012"))
        x.client_sends(Sync())
        await x.expect_upstream(Sync())
        x.upstream_sends(IDLE)
        await x.expect_client(IDLE)


async def test_a_session_that_ends_answers_no_question() -> None:
    async with Conversation(whole) as x, asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(_refused(x))
        await x.upstream_hears(6)
        x.client.feed_eof()
        await asking


async def test_a_failed_transaction_is_not_asked() -> None:
    async with Conversation(whole) as x:
        x.client_sends(Query("begin"))
        await x.expect_upstream(Query("begin"))
        x.upstream_sends(BROKEN, ReadyForQuery("E"))
        await x.expect_client(Report("22012"), ReadyForQuery("E"))
        await _refused(x)


async def _refused(x: Conversation) -> None:
    with pytest.raises(LookupError):
        await x.relay.probe("select 1/0")
