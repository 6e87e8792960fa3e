from dataclasses import replace

import pytest

from engine.approvals.asking import operation_of, storable
from tests.engine.approvals.conftest import Desk, delete


async def test_a_pending_review_knows_exactly_what_was_asked(desk: Desk) -> None:
    asked = replace(delete(), in_transaction=True, estimated_rows=3)
    assert operation_of(await desk.ask(operation=asked)) == asked


async def test_a_decided_review_has_forgotten_the_values(desk: Desk) -> None:
    review = await desk.ask()
    operation = operation_of(await desk.approve(review.id, "bob"))
    assert (operation.text, operation.parameters) == ("", ())
    assert operation.accesses == delete().accesses


async def test_a_decision_that_is_no_review_cannot_be_asked_about(desk: Desk) -> None:
    decision = desk.decide(desk.client(), delete(effects=("read",)))
    with pytest.raises(ValueError, match="review rule"):
        await desk.queue.request(desk.client(), delete(effects=("read",)), decision)


def test_text_stays_as_it_is_and_other_bytes_are_shown() -> None:
    assert storable("ä\x00😀") == "ä\x00😀"
    assert storable("\udc80") == "\\udc80"
