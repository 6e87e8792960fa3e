import pytest

from engine.approvals.docket import Docket
from engine.approvals.request import Move, State
from engine.errors import Conflict
from tests.engine.approvals.conftest import Desk


async def taken_up(desk: Desk) -> Docket:
    docket = Docket(desk.store, desk.log, desk.bus, desk.clock)
    await docket.load()
    return docket


async def test_the_store_has_the_last_word(desk: Desk) -> None:
    review = await desk.ask()
    mine, theirs = await taken_up(desk), await taken_up(desk)
    await theirs.move(theirs.cases[review.id], Move.DENY, {})
    with pytest.raises(Conflict, match="denied"):
        await mine.move(mine.cases[review.id], Move.APPROVE, {})
    assert mine.cases == {}


async def test_a_move_is_an_event_with_what_was_said(desk: Desk) -> None:
    review = await desk.ask()
    docket = await taken_up(desk)
    await docket.move(docket.cases[review.id], Move.WITHDRAW, {"by": "client"})
    event, said = desk.log.entries[-1]
    assert event == "review.withdrawn"
    assert said["data"] == {"review": review.id, "rule": "deletes", "by": "client"}
    assert (said["identity"], said["target"], said["session"], said["operation"]) == ("bot", "shop", "s-1", "o-1")


async def test_whoever_waits_is_woken_by_the_move_itself(desk: Desk) -> None:
    review = await desk.ask()
    docket = await taken_up(desk)
    case = docket.cases[review.id]
    await docket.move(case, Move.APPROVE, {})
    assert case.moved.is_set()
    assert docket.approved(review.binding) == [case]
    assert docket.waiting(review.binding) is None


async def test_ending_what_has_ended_changes_nothing(desk: Desk) -> None:
    review = await desk.ask()
    docket = await taken_up(desk)
    case = docket.cases[review.id]
    await docket.end(case, {})
    await docket.end(case, {})
    assert case.review.state is State.WITHDRAWN
    assert desk.log.events.count("review.withdrawn") == 1


async def test_a_closed_review_can_not_be_opened_again(desk: Desk) -> None:
    review = await desk.ask()
    await desk.queue.withdraw(review.id)
    with pytest.raises(Conflict, match="withdrawn"):
        await (await taken_up(desk)).case(review.id)
