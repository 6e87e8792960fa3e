"""What was sent before and comes again: the fast lane, and every way out of it.

Each script holds however its bytes are cut; whole, the second time goes by the lane.
"""

from __future__ import annotations

from typing import Any

import pytest

from engine.masking.plan import MaskRule
from engine.model import Verdict
from engine.protocols.postgres.answers import (
    BindComplete,
    CommandComplete,
    DataRow,
    ErrorResponse,
    Field,
    NoticeResponse,
    ParameterStatus,
    ParseComplete,
    RowDescription,
)
from engine.protocols.postgres.denial import raising_query
from engine.protocols.postgres.requests import Bind, Describe, Execute, Parse, Query, Sync
from tests.dsl.conversation import IDLE, IN_TRANSACTION, Conversation, Denied, Report
from tests.dsl.world import FakeRevision

NAME = RowDescription((Field("name", table=2, number=1),))
EMAIL = RowDescription((Field("email", table=1, number=2),))
RAISED = ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "42601", "M": 'syntax error at or near "hoopterm"', "P": "1"})
BROKEN = ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "22012", "M": "division by zero"})
NOTICE = NoticeResponse({"S": "NOTICE", "V": "NOTICE", "C": "00000", "M": "look out"})
ASK = Query("select name from t")
ANSWER = (NAME, DataRow((b"ana",)), CommandComplete("SELECT 1"), IDLE)


async def once(x: Conversation, ask: Query = ASK) -> None:
    """The statement is sent for the first time, and learned."""
    x.client_sends(ask)
    await x.expect_upstream(ask)
    x.upstream_sends(*ANSWER)
    await x.expect_client(*ANSWER)


async def prepared(x: Conversation, text: str = "select name from t") -> None:
    x.client_sends(Parse("s", text), Sync())
    await x.expect_upstream(Parse("s", text), Sync())
    x.upstream_sends(ParseComplete(), IDLE)
    await x.expect_client(ParseComplete(), IDLE)


def told(x: Conversation) -> list[tuple[str, dict[str, Any]]]:
    """All that was recorded and logged, without what names one operation."""
    names = {"operation", "salt", "digest"}
    log = [(event, about["data"]) for event, about in x.world.log.events]
    return [
        (code, {name: value for name, value in data.items() if name not in names})
        for code, data in [*x.world.recorder.events, *log]
    ]


@pytest.fixture
def is_whole(request: pytest.FixtureRequest) -> bool:
    """Whether what is sent arrives in one piece, as the lane needs it."""
    return bool(request.node.callspec.params["cut"] == "whole")


async def test_a_statement_that_comes_again_is_answered_and_recorded_like_the_first(
    x: Conversation, is_whole: bool
) -> None:
    await once(x)
    first = told(x)
    x.world.recorder.events.clear()
    x.world.log.events.clear()
    x.client_sends(ASK)
    assert x.relay.lane.is_busy or not is_whole
    await x.expect_upstream(ASK)
    x.upstream_sends(*ANSWER)
    await x.expect_client(*ANSWER)
    assert not x.relay.lane.is_busy
    assert told(x) == first
    assert x.world.recorder.cells == DataRow((b"ana",)).encode() * 2
    assert x.world.session.counts.operations == 2
    assert x.world.session.counts.rows == 2
    assert x.world.session.open_operations == {}


async def test_an_answer_without_rows_is_recorded_without_rows(x: Conversation) -> None:
    for _ in range(2):
        x.client_sends(ASK)
        await x.expect_upstream(ASK)
        x.upstream_sends(NAME, CommandComplete("SELECT 0"), IDLE)
        await x.expect_client(NAME, CommandComplete("SELECT 0"), IDLE)
    assert x.world.recorder.cells == b""
    assert [code for code, _ in x.world.recorder.events] == ["q", "c", "e"] * 2


async def test_its_rows_are_masked(x: Conversation) -> None:
    for _ in range(2):
        x.client_sends(Query("select email from customers"))
        await x.expect_upstream(Query("select email from customers"))
        x.upstream_sends(EMAIL, DataRow((b"ana@b.example",)), CommandComplete("SELECT 1"), IDLE)
        await x.expect_client(EMAIL, DataRow((b"*" * 13,)), CommandComplete("SELECT 1"), IDLE)
    assert b"example" not in x.world.recorder.cells
    assert x.world.session.counts.masked == 2


async def test_an_error_fails_it_natively_and_the_session_goes_on(x: Conversation) -> None:
    await once(x)
    x.client_sends(ASK)
    await x.expect_upstream(ASK)
    x.upstream_sends(BROKEN, IDLE)
    await x.expect_client(Report("22012"), IDLE)
    await once(x)
    assert x.world.recorder.ended() == [("SELECT", "completed"), ("SELECT", "failed"), ("SELECT", "completed")]
    assert len(x.world.log.of("operation.failed")) == 1


async def test_an_error_in_the_middle_of_its_rows_fails_it(x: Conversation) -> None:
    await once(x)
    x.client_sends(ASK)
    await x.expect_upstream(ASK)
    x.upstream_sends(NAME, DataRow((b"ana",)), BROKEN, IDLE)
    await x.expect_client(NAME, DataRow((b"ana",)), Report("22012"), IDLE)
    assert x.world.recorder.ended()[-1] == ("SELECT", "failed")


@pytest.mark.parametrize("place", range(4))
async def test_a_notice_or_setting_anywhere_in_the_answer_passes(x: Conversation, place: int) -> None:
    setting = ParameterStatus("application_name", "x")
    await once(x)
    x.client_sends(ASK)
    await x.expect_upstream(ASK)
    answer = [*ANSWER[:place], NOTICE, setting, *ANSWER[place:]]
    x.upstream_sends(*answer)
    heard = await x.client_hears(len(answer))
    assert [type(message) for message in heard] == [type(message) for message in answer]
    assert x.world.recorder.ended()[-1] == ("SELECT", "completed")
    assert [code for code, _ in x.world.recorder.events].count("n") == 1


async def test_an_answer_in_two_chunks_passes(x: Conversation) -> None:
    await once(x)
    x.client_sends(ASK)
    await x.expect_upstream(ASK)
    x.upstream_sends(NAME, DataRow((b"ana",)))
    await x.expect_client(NAME, DataRow((b"ana",)))
    x.upstream_sends(DataRow((b"bob",)), CommandComplete("SELECT 2"), IDLE)
    await x.expect_client(DataRow((b"bob",)), CommandComplete("SELECT 2"), IDLE)
    assert x.world.session.counts.rows == 3


async def test_what_the_client_sends_meanwhile_goes_up_in_order(x: Conversation) -> None:
    await once(x)
    x.client_sends(ASK)
    x.client_sends(Query("select 1"), ASK)
    await x.expect_upstream(ASK, Query("select 1"), ASK)
    x.upstream_sends(*ANSWER, NAME, CommandComplete("SELECT 0"), IDLE, *ANSWER)
    await x.expect_client(*ANSWER, NAME, CommandComplete("SELECT 0"), IDLE, *ANSWER)
    assert [status for _, status in x.world.recorder.ended()] == ["completed"] * 4


async def test_nothing_of_the_answer_is_shown_before_its_intent_is_durable(x: Conversation) -> None:
    await once(x)
    x.world.log.is_stalled = True
    x.client_sends(ASK)
    await x.expect_upstream(ASK)
    x.upstream_sends(*ANSWER)
    await x.expect_silence()
    x.world.log.catch_up()
    await x.expect_client(*ANSWER)


async def test_more_that_arrives_while_the_record_stalls_waits_with_it(x: Conversation) -> None:
    await once(x)
    x.world.log.is_stalled = True
    x.client_sends(ASK)
    await x.expect_upstream(ASK)
    x.upstream_sends(NAME, DataRow((b"ana",)))
    x.upstream_sends(CommandComplete("SELECT 1"))
    x.upstream_sends(IDLE)
    await x.expect_silence()
    x.world.log.catch_up()
    await x.expect_client(*ANSWER)
    await once(x)


async def test_an_intent_that_cannot_be_recorded_ends_the_session_unanswered(x: Conversation) -> None:
    await once(x)
    x.world.log.is_stalled = True
    x.client_sends(ASK)
    await x.expect_upstream(ASK)
    x.upstream_sends(*ANSWER)
    await x.quiet()
    x.world.log.catch_up("the disk is full")
    await x.expect_client(Report("58030"))
    assert "the disk is full" in await x.ended()


async def test_a_new_policy_decides_it_anew(x: Conversation) -> None:
    await once(x)
    x.decides(SELECT=Verdict.DENY)
    revision = FakeRevision(x.world.policy, x.world.revision.mask_rules, "two")
    x.world.session.use(revision)  # type: ignore[arg-type]  # a Revision as far as it is used
    x.client_sends(ASK)
    await x.expect_upstream(raising_query())
    x.upstream_sends(RAISED, IDLE)
    await x.expect_client(Denied("42501"), IDLE)


async def test_new_masks_apply_to_it(x: Conversation) -> None:
    ask = Query("select email from customers")
    await once(x, ask)
    for masks, shown in (((), b"ana"), ((MaskRule("pii", columns=("customers.email",)),), b"***")):
        revision = FakeRevision(x.world.policy, masks, str(masks))
        x.world.session.use(revision)  # type: ignore[arg-type]  # a Revision as far as it is used
        for _ in range(2):
            x.client_sends(ask)
            await x.expect_upstream(ask)
            x.upstream_sends(EMAIL, DataRow((b"ana",)), CommandComplete("SELECT 1"), IDLE)
            await x.expect_client(EMAIL, DataRow((shown,)), CommandComplete("SELECT 1"), IDLE)


async def test_a_decision_that_does_not_stand_is_made_each_time(x: Conversation) -> None:
    x.world.policy.denied_parameter = "17"
    await once(x)
    x.client_sends(ASK)
    assert not x.relay.lane.is_busy
    await x.expect_upstream(ASK)
    x.upstream_sends(*ANSWER)
    await x.expect_client(*ANSWER)


async def test_a_setting_that_changes_what_names_mean_makes_it_forget(x: Conversation) -> None:
    await once(x)
    x.upstream_sends(ParameterStatus("search_path", "other"))
    await x.expect_client(ParameterStatus("search_path", "other"))
    x.client_sends(ASK)
    assert not x.relay.lane.is_busy
    await x.expect_upstream(ASK)
    x.upstream_sends(*ANSWER)
    await x.expect_client(*ANSWER)


async def test_inside_a_transaction_it_is_the_same(x: Conversation) -> None:
    x.client_sends(Query("begin"))
    await x.expect_upstream(Query("begin"))
    x.upstream_sends(CommandComplete("BEGIN"), IN_TRANSACTION)
    await x.expect_client(CommandComplete("BEGIN"), IN_TRANSACTION)
    for _ in range(2):
        x.client_sends(ASK)
        await x.expect_upstream(ASK)
        x.upstream_sends(*ANSWER[:-1], IN_TRANSACTION)
        await x.expect_client(*ANSWER[:-1], IN_TRANSACTION)


async def test_a_client_that_leaves_meanwhile_is_recorded(x: Conversation) -> None:
    await once(x)
    x.client_sends(ASK)
    await x.expect_upstream(ASK)
    x.client.feed_eof()
    await x.ended()
    assert x.world.recorder.ended()[-1] == ("SELECT", "lost")


@pytest.mark.parametrize("answer", [b"T\0\0\0\2", b"D\0\0\0\0", b"C\xff\xff\xff\xff", NAME.encode() + b"D\0\0\0\5\0"])
async def test_an_upstream_that_breaks_its_protocol_ends_the_session(x: Conversation, answer: bytes) -> None:
    await once(x)
    x.client_sends(ASK)
    await x.expect_upstream(ASK)
    x.upstream.feed(answer + IDLE.encode())
    await x.quiet()
    *_, last = await x.client_hears(2)
    assert Report("08001") == last
    await x.ended()
    assert x.world.recorder.ended()[-1] == ("SELECT", "lost")


@pytest.mark.parametrize("is_described", [True, False])
async def test_a_prepared_statement_that_is_bound_again_goes_the_same_way(
    x: Conversation, is_described: bool, is_whole: bool
) -> None:
    await prepared(x, "select email from customers where id = $1")
    asks = [Describe("P")] if is_described else []
    for number in range(3):
        bind = Bind("", "s", (b"%d" % number,))
        x.client_sends(bind, *asks, Execute(), Sync())
        assert x.relay.lane.is_busy == (number > 0) or not is_whole
        await x.expect_upstream(bind, Describe("P"), Execute(), Sync())
        x.upstream_sends(BindComplete(), EMAIL, DataRow((b"a@b.c",)), CommandComplete("SELECT 1"), IDLE)
        shown = [EMAIL] if is_described else []
        await x.expect_client(BindComplete(), *shown, DataRow((b"*****",)), CommandComplete("SELECT 1"), IDLE)
    asked = [data["parameters"] for code, data in x.world.recorder.events if code == "q"]
    assert asked == [["0"], ["1"], ["2"]]
    assert x.world.recorder.ended() == [("SELECT", "completed")] * 3
    columns = [data["columns"] for code, data in x.world.recorder.events if code == "c"]
    assert columns[0] == columns[1] == columns[2]


@pytest.mark.parametrize("at", [0, 1, 2])
async def test_a_bound_statement_that_fails_goes_out_of_the_lane(x: Conversation, at: int) -> None:
    await prepared(x)
    run = (Bind("", "s"), Execute(), Sync())
    well, badly = (BindComplete(), NAME, CommandComplete("SELECT 0")), (BindComplete(), NAME)
    for answer in (well, (*badly[:at], BROKEN)):
        x.client_sends(*run)
        await x.expect_upstream(Bind("", "s"), Describe("P"), Execute(), Sync())
        x.upstream_sends(*answer, IDLE)
        shown = [Report("22012") if message is BROKEN else message for message in answer if message is not NAME]
        await x.expect_client(*shown, IDLE)
    assert x.world.recorder.ended() == [("SELECT", "completed"), ("SELECT", "failed")]
    assert x.relay.codec.is_idle


async def test_a_bound_statement_inside_a_transaction_keeps_its_portal(x: Conversation) -> None:
    await prepared(x)
    x.client_sends(Query("begin"))
    await x.expect_upstream(Query("begin"))
    x.upstream_sends(CommandComplete("BEGIN"), IN_TRANSACTION)
    await x.expect_client(CommandComplete("BEGIN"), IN_TRANSACTION)
    for _ in range(2):
        x.client_sends(Bind("", "s"), Describe("P"), Execute(), Sync())
        await x.expect_upstream(Bind("", "s"), Describe("P"), Execute(), Sync())
        x.upstream_sends(BindComplete(), NAME, CommandComplete("SELECT 0"), IN_TRANSACTION)
        await x.expect_client(BindComplete(), NAME, CommandComplete("SELECT 0"), IN_TRANSACTION)
    x.client_sends(Execute(), Sync())
    await x.expect_upstream(Execute(), Sync())
    x.upstream_sends(CommandComplete("SELECT 0"), IN_TRANSACTION)
    await x.expect_client(CommandComplete("SELECT 0"), IN_TRANSACTION)
