"""Counting one answer against its limit; how a whole conversation goes is in tests/dsl/test_limits.py."""

from __future__ import annotations

import pytest

from engine.errors import UpstreamError
from engine.model import Access, Column, Effect, Excess, Limit, Mode, Operation, Resource, Target
from engine.passage import Passage
from engine.protocols.postgres.answers import CopyData, CopyOutResponse, DataRow, Field, RowDescription
from engine.protocols.postgres.delivery import Delivery
from engine.protocols.postgres.limits import Meter, Tally, meter_of, remember_cursor
from engine.protocols.postgres.statement import Statement
from engine.protocols.postgres.tracking import Tracker
from tests.dsl.world import World

ROWS = RowDescription((Field("name", table=2),))
ROW = DataRow((b"ana",)).encode()
SELECT = Statement("text", "SELECT")
UPDATE = Statement("text", "UPDATE")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def tracker() -> Tracker:
    return Tracker("shop", "app", {})


def delivery(world: World, statement: Statement, effect: Effect = Effect.READ) -> Delivery:
    accesses = (Access(effect, Resource("table", "public.t")),)
    is_pure = effect is Effect.READ
    operation = Operation("s-1.1", "s-1", "statement", statement.verb, "text", accesses, is_pure_read=is_pure)
    decision = world.policy.evaluate(world.session.identity, world.session.target, {}, operation, world.now())
    passage = Passage(world, world.session, operation, decision, None, 0)  # type: ignore[arg-type]
    return Delivery(statement, passage, lambda data, statement: ((Column("name", frozenset()),), (0,)))


def described(world: World) -> Delivery:
    answer = delivery(world, SELECT)
    answer.described(ROWS.encode())
    return answer


def test_a_run_of_rows_is_cut_at_the_limit_and_what_follows_too(world: World) -> None:
    meter = Meter(described(world), None, [Tally(3, "rule")])
    assert meter.rows(ROW * 2) == ROW * 2
    assert meter.excess is None
    assert meter.rows(ROW * 5) == ROW
    assert meter.excess == Excess("returned", "rule", 3, 4)
    assert meter.rows(ROW) == b""
    assert world.recorder.cells == ROW * 3


def test_exactly_as_many_rows_as_allowed_are_no_excess(world: World) -> None:
    meter = Meter(described(world), None, [Tally(3, "rule")])
    assert meter.rows(ROW * 3) == ROW * 3
    assert meter.excess is None
    assert meter.undone("SELECT 3") is None


@pytest.mark.parametrize(("wanted", "asked"), [(0, 4), (2, 2), (4, 4), (9, 4), (-1, 4)])
def test_the_server_is_asked_for_one_row_more_than_may_be_returned(world: World, wanted: int, asked: int) -> None:
    assert Meter(described(world), None, [Tally(3, "rule"), Tally(9, "other")]).asked(wanted) == asked
    assert Meter(described(world), 5, []).asked(wanted) == wanted


def test_of_several_tallies_the_one_with_least_room_counts(world: World) -> None:
    tallies = [Tally(10, "own"), Tally(5, "cursor", seen=4)]
    meter = Meter(described(world), None, tallies)
    assert meter.asked(0) == 2
    assert meter.rows(ROW * 2) == ROW
    assert meter.excess == Excess("returned", "cursor", 5, 6)
    assert [tally.seen for tally in tallies] == [1, 5]


def test_a_copy_is_cut_at_the_limit_and_its_trailer_is_no_row(world: World) -> None:
    answer = delivery(world, Statement("text", "COPY", columns=(Column("a", frozenset()),)))
    answer.begins_copy(CopyOutResponse(0, (0,)).encode())
    meter = Meter(answer, None, [Tally(2, "rule")])
    lines = b"".join(CopyData(b"%d\n" % n).encode() for n in range(5))
    assert meter.copied(lines).count(b"\n") == 2
    assert meter.excess == Excess("returned", "rule", 2, 3)
    assert b"2\n" not in world.recorder.cells


def test_an_upstream_that_hides_rows_in_one_copy_message_is_not_believed(world: World) -> None:
    answer = delivery(world, Statement("text", "COPY", columns=(Column("a", frozenset()),)))
    answer.begins_copy(CopyOutResponse(0, (0,)).encode())
    with pytest.raises(UpstreamError, match="several rows"):
        Meter(answer, None, [Tally(2, "rule")]).copied(CopyData(b"1\n2\n3\n").encode())


def test_a_row_too_large_to_be_counted_ends_in_an_error(world: World) -> None:
    with pytest.raises(UpstreamError, match="too large"):
        Meter(described(world), None, [Tally(2, "rule")]).piece(b"x")


@pytest.mark.parametrize(("tag", "is_undone"), [("UPDATE 5", False), ("UPDATE 6", True), ("SELECT 6", True)])
def test_the_tag_says_whether_it_is_undone(world: World, tag: str, is_undone: bool) -> None:
    world.policy.limits["UPDATE"] = Limit(changed=5, changed_by="rule")
    meter = Meter(delivery(world, UPDATE, Effect.WRITE), 5, [])
    fields = meter.undone(tag)
    assert (fields is not None) is is_undone
    if fields is not None:
        assert fields["C"] == "54000"
        assert "rule rule: at most 5 rows may be changed, and it changed 6" in fields["D"]


def test_rows_of_a_counted_change_are_not_fetched_in_parts(world: World) -> None:
    world.policy.limits["UPDATE"] = Limit(changed=5, changed_by="rule")
    fields = Meter(delivery(world, UPDATE, Effect.WRITE), 5, []).suspended()
    assert fields is not None
    assert (fields["C"], "execute it without a limit of rows" in fields["D"]) == ("42501", True)
    assert Meter(described(world), None, [Tally(3, "rule")]).suspended() is None


def test_only_what_may_change_rows_is_counted_for_that(world: World, tracker: Tracker) -> None:
    world.policy.limits = dict.fromkeys(("SELECT", "UPDATE", "BEGIN"), Limit(5, None, "rule"))
    assert meter_of(delivery(world, SELECT), tracker) is None
    meter = meter_of(delivery(world, UPDATE, Effect.WRITE), tracker)
    assert meter is not None
    assert meter.changed == 5
    begin = Statement("begin", "BEGIN", transaction="begin")
    assert meter_of(delivery(world, begin, Effect.HOUSEKEEPING), tracker) is None


def test_nothing_is_counted_without_a_limit_or_on_an_observed_target(world: World, tracker: Tracker) -> None:
    assert meter_of(delivery(world, SELECT), tracker) is None
    world.policy.limits["SELECT"] = Limit(returned=5, returned_by="rule")
    assert meter_of(delivery(world, SELECT), tracker) is not None
    target = world.session.target
    world.session.target = Target(target.name, target.protocol, target.address, mode=Mode.OBSERVE)
    assert meter_of(delivery(world, SELECT), tracker) is None


def test_what_reads_on_a_cursor_is_bound_by_what_limited_its_query(world: World, tracker: Tracker) -> None:
    """FETCH itself is housekeeping, which another rule may allow without any limit."""
    world.policy.limits["DECLARE"] = Limit(returned=5, returned_by="rule")
    remember_cursor(tracker, delivery(world, Statement("declare", "DECLARE", declares="c")))
    fetch = Statement("fetch", "FETCH", fetches="c")
    first = meter_of(delivery(world, fetch, Effect.HOUSEKEEPING), tracker)
    assert first is not None
    assert first.asked(0) == 6
    tracker.tallies["c"].seen += 4
    again = meter_of(delivery(world, fetch, Effect.HOUSEKEEPING), tracker)
    assert again is not None
    assert again.asked(0) == 2
    assert meter_of(delivery(world, Statement("fetch", "FETCH", fetches="d"), Effect.HOUSEKEEPING), tracker) is None
