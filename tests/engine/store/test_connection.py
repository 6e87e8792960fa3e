from pathlib import Path

import pytest

from engine.errors import HooptermError
from engine.store.reviews import StoredVote
from engine.store.store import Store
from tests.engine.store.test_reviews import NOW, REVIEW


async def test_a_failing_database_is_an_error_of_ours_without_the_values(tmp_path: Path) -> None:
    store = await Store.open("sqlite", tmp_path)
    await store.add_review(REVIEW)
    with pytest.raises(HooptermError, match="the store cannot be used") as caught:
        await store.add_review(REVIEW)
    assert "bot" not in str(caught.value)
    assert await store.review("r1") == REVIEW
    await store.close()


async def test_a_transaction_that_failed_leaves_nothing_behind(tmp_path: Path) -> None:
    store = await Store.open("sqlite", tmp_path)
    assert not await store.add_vote("nobody", StoredVote("bob", "approve", "", NOW))
    assert await store.reviews(["pending"]) == []
    await store.close()
