from dataclasses import replace

from engine.approvals.records import from_stored, to_stored
from engine.approvals.request import State
from tests.engine.approvals.conftest import Desk, delete


async def test_a_review_comes_back_from_the_store_as_it_went(desk: Desk) -> None:
    review = await desk.ask(operation=delete(effects=("delete", "write"), parameter=None))
    assert from_stored(to_stored(review)) == review


async def test_exact_texts_are_stored_apart_from_the_rest(desk: Desk) -> None:
    stored = to_stored(await desk.ask(operation=delete("DELETE FROM x WHERE n = '4111111111111111'")))
    assert b"4111111111111111" not in stored.detail
    assert b"4111111111111111" in (stored.exact or b"")
    assert from_stored(replace(stored, exact=None)).exact is None


async def test_the_columns_of_the_store_have_the_last_word_on_the_state(desk: Desk) -> None:
    stored = to_stored(await desk.ask())
    assert from_stored(replace(stored, state="used")).state is State.USED
