"""One answer: nothing passes without a plan, and its end is told once."""

from __future__ import annotations

import pytest

from engine import denials
from engine.errors import UpstreamError
from engine.model import Column, Excess, Operation
from engine.passage import Passage
from engine.protocols.postgres.answers import CopyData, CopyOutResponse, DataRow, ErrorResponse, Field, RowDescription
from engine.protocols.postgres.delivery import Delivery
from engine.protocols.postgres.statement import Statement
from tests.dsl.world import EMAIL, World

ROWS = RowDescription((Field("email", table=1),))


@pytest.fixture
def world() -> World:
    return World()


def delivery(world: World, verb: str = "SELECT", columns: tuple[Column, ...] | None = None) -> Delivery:
    statement = Statement("text", verb, columns=columns)
    operation = Operation("s-1.1", "s-1", "statement", verb, "text", ())
    decision = world.policy.evaluate(world.session.identity, world.session.target, {}, operation, world.now())
    passage = Passage(world, world.session, operation, decision, None, 0)  # type: ignore[arg-type]
    return Delivery(statement, passage, lambda data, statement: ((Column("email", frozenset({EMAIL})),), (0,)))


def test_rows_without_a_description_do_not_pass(world: World) -> None:
    with pytest.raises(UpstreamError, match="before it described them"):
        delivery(world).rows(DataRow((b"secret",)).encode())
    with pytest.raises(UpstreamError):
        delivery(world).copied(CopyData(b"secret\n").encode())


def test_rows_are_masked_counted_and_concluded_once(world: World) -> None:
    answer = delivery(world)
    answer.described(ROWS.encode())
    assert answer.rows(DataRow((b"abc",)).encode()) == DataRow((b"***",)).encode()
    answer.completed("SELECT 1")
    answer.lost("too late")
    assert (world.session.counts.rows, world.session.counts.masked) == (1, 1)
    assert [data["status"] for code, data in world.recorder.events if code == "e"] == ["completed"]


def test_a_change_of_masking_is_followed_in_the_middle(world: World) -> None:
    answer = delivery(world)
    answer.described(ROWS.encode())
    answer.rows(DataRow((b"abc",)).encode())
    world.session.use(type(world.revision)(world.policy, ()))  # type: ignore[arg-type]
    answer.renew()
    assert answer.rows(DataRow((b"abc",)).encode()) == DataRow((b"abc",)).encode()
    answer.completed("SELECT 2")
    assert (world.session.counts.rows, world.session.counts.masked) == (2, 1)


def test_a_copy_whose_columns_are_unknown_is_masked_whole(world: World) -> None:
    answer = delivery(world, "COPY")
    answer.begins_copy(CopyOutResponse(0, (0, 0)).encode())
    assert answer.copied(CopyData(b"ab\tcd\n").encode()) == CopyData(b"\\N\t\\N\n").encode()
    assert answer.ends_copy() == b""


def test_a_row_larger_than_can_be_masked_ends_in_an_error(world: World) -> None:
    with pytest.raises(UpstreamError, match="too large"):
        delivery(world).piece(b"x")


def test_it_passes_in_pieces_where_nothing_is_masked_and_the_recording_says_so(world: World) -> None:
    world.session.use(type(world.revision)(world.policy, ()))  # type: ignore[arg-type]
    assert delivery(world).piece(b"xyz") == b"xyz"
    assert ("g", {"operation": "s-1.1", "why": "larger than is recorded", "dropped": 3}) in world.recorder.events


def test_an_error_by_cancellation_is_told_as_that(world: World) -> None:
    delivery(world).failed(ErrorResponse({"C": "57014", "M": "canceling"}))
    assert [data["status"] for code, data in world.recorder.events if code == "e"] == ["cancelled"]


@pytest.mark.parametrize(
    ("tag", "changed"), [("DELETE 4", 4), ("INSERT 0 2", 2), ("SELECT 3", 3), ("COPY 5", 5), ("BEGIN", None)]
)
def test_a_command_tag_says_what_changed(world: World, tag: str, changed: int | None) -> None:
    """SELECT without columns is CREATE TABLE AS and SELECT INTO."""
    delivery(world).completed(tag)
    assert [data["changed"] for code, data in world.recorder.events if code == "e"] == [changed]


def test_rows_that_were_selected_were_not_changed(world: World) -> None:
    answer = delivery(world)
    answer.described(ROWS.encode())
    answer.completed("SELECT 3")
    assert [data["changed"] for code, data in world.recorder.events if code == "e"] == [None]


def test_what_is_undone_counts_as_denied(world: World) -> None:
    answer = delivery(world)
    answer.described(ROWS.encode())
    answer.rows(DataRow((b"abc",)).encode())
    excess = Excess("returned", "rule", 1, 2)
    answer.undone(denials.exceeded(answer.passage.operation, answer.passage.decision, excess), excess)
    answer.completed("SELECT 2")
    assert [(data["status"], data["rows"]) for code, data in world.recorder.events if code == "e"] == [("denied", 1)]
    assert world.session.counts.denied == 1
