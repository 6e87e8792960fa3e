import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from engine.store.reviews import StoredReview, StoredVote
from engine.store.store import Store

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
REVIEW = StoredReview("r1", "pending", "bot", "deletes", NOW, NOW + timedelta(minutes=15), b"{}", exact=b"secret")
VOTE = StoredVote("bob", "approve", "fine", NOW)


async def test_a_review_comes_back_with_its_votes_in_order(store: Store) -> None:
    await store.add_review(REVIEW)
    assert await store.add_vote("r1", VOTE)
    assert await store.add_vote("r1", replace(VOTE, person="carol"))
    assert await store.review("r1") == replace(REVIEW, votes=(VOTE, replace(VOTE, person="carol")))


async def test_one_person_votes_once(store: Store) -> None:
    await store.add_review(REVIEW)
    assert await store.add_vote("r1", VOTE)
    assert not await store.add_vote("r1", replace(VOTE, verdict="deny"))
    assert await store.add_vote("r1", replace(VOTE, person="Bob"))


async def test_of_many_that_move_it_at_once_one_wins(store: Store) -> None:
    await store.add_review(REVIEW)
    moves = [store.move_review("r1", "pending", state, decided=NOW, erase=True) for state in ("approved", "denied") * 4]
    assert sum(await asyncio.gather(*moves)) == 1


async def test_moving_it_erases_the_exact_texts(store: Store) -> None:
    await store.add_review(REVIEW)
    assert await store.move_review("r1", "pending", "approved", decided=NOW, erase=True)
    moved = await store.review("r1")
    assert moved == replace(REVIEW, state="approved", exact=None, decided=NOW)
    assert "secret" not in repr(REVIEW)


async def test_lists_are_by_state_latest_first_and_bounded(store: Store) -> None:
    for number in range(4):
        requested = NOW + timedelta(minutes=number)
        await store.add_review(
            replace(REVIEW, id=f"r{number}", requested=requested, state="denied" if number else "used")
        )
    assert [each.id for each in await store.reviews(["denied"], limit=2)] == ["r3", "r2"]
    assert [each.id for each in await store.reviews(["used", "pending"])] == ["r0"]


async def test_approvals_before_are_counted_by_identity_and_rule(store: Store) -> None:
    for number, state in enumerate(["approved", "used", "denied", "pending"]):
        await store.add_review(replace(REVIEW, id=f"r{number}", state=state))
    assert await store.count_approved("bot", "deletes") == 2
    assert await store.count_approved("Bot", "deletes") == 0
    assert await store.count_approved("bot", "writes") == 0


async def test_the_outcome_is_kept(store: Store) -> None:
    await store.add_review(REVIEW)
    await store.set_outcome("r1", b"{}")
    kept = await store.review("r1")
    assert kept is not None
    assert kept.outcome == b"{}"
