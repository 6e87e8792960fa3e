"""The picture of the engine, without a screen."""

from __future__ import annotations

import msgspec

from engine.api.schema import LiveView
from hoopterm.console.store import STALE_AFTER, LinkState, Store, Topic, matches
from tests.hoopterm.console import scenes


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def loaded(clock: Clock) -> Store:
    store = Store(clock=clock)
    store.load(scenes.status(), scenes.queue(), scenes.sessions())
    return store


def test_the_queue_is_pending_by_deadline_then_past_newest_first() -> None:
    assert loaded(Clock()).queue() == ["rv_1", "rv_2", "rv_3", "rv_0", "rv_00"]


def test_a_review_decided_elsewhere_leaves_the_waiting() -> None:
    store = loaded(Clock())
    store.take_changes()
    store.apply(LiveView(review=scenes.held(state="denied")))
    assert [review.id for review in store.waiting] == ["rv_2", "rv_3"]
    assert store.queue()[0] == "rv_2"
    assert store.take_changes() == {Topic.REVIEWS}
    assert store.take_changes() == frozenset()


def test_the_answer_to_a_vote_does_not_undo_what_the_feed_knows() -> None:
    store = loaded(Clock())
    store.apply(LiveView(review=scenes.held(state="used")))
    store.decided(scenes.held(state="approved"))
    assert store.reviews["rv_1"].state == "used"


def test_sessions_are_live_newest_first_then_past() -> None:
    assert loaded(Clock()).session_order() == ["se_7f3a", "se_81c0", "se_0a09", "se_2b11"]


def test_silence_makes_the_picture_stale() -> None:
    clock = Clock()
    store = loaded(clock)
    assert not store.is_stale
    clock.now += STALE_AFTER + 1
    assert store.is_stale
    store.touch()
    assert not store.is_stale


def test_a_lost_link_is_stale_at_once_and_counts_down() -> None:
    clock = Clock()
    store = loaded(clock)
    store.lose("gone", 2.0)
    assert store.is_stale
    assert store.link is LinkState.LOST
    clock.now += 0.5
    assert store.retry_in == 1.5


def test_an_engine_never_heard_is_stale() -> None:
    assert Store().is_stale


def test_the_past_is_bounded_and_the_waiting_is_kept() -> None:
    store = loaded(Clock())
    for number in range(2000):
        store.apply(LiveView(review=scenes.held(f"old_{number}", state="used", requested=scenes.stamp(-number))))
    assert len(store.reviews) <= 1000
    assert {"rv_1", "rv_2", "rv_3"} <= set(store.reviews)


def test_many_sessions_are_bounded_and_the_live_are_kept() -> None:
    store = loaded(Clock())
    ended = scenes.sessions()[2]
    for number in range(40_010):
        store.apply(LiveView(session=msgspec.structs.replace(ended, id=f"old_{number}")))
    assert len(store.sessions) <= 40_000
    assert {"se_7f3a", "se_81c0"} <= set(store.sessions)


def test_lately_is_of_the_same_agent_only() -> None:
    store = loaded(Clock())
    assert [past.id for past in store.past_of(store.reviews["rv_1"], 5)] == ["rv_0"]
    assert [waits.id for waits in store.pending_of("se_81c0")] == ["rv_2", "rv_3"]


def test_a_filter_keeps_all_words_and_drops_the_inverted() -> None:
    assert matches("shop delete", "report-bot Shop DELETE")
    assert not matches("shop !delete", "report-bot shop DELETE")
    assert matches("", "anything")
    assert matches("!", "anything")


def test_sessions_that_come_end_and_go_on_stand_where_sorting_all_of_them_would_put_them() -> None:
    store = Store(clock=Clock())
    store.load(scenes.status(), [], scenes.sessions())
    one = scenes.sessions()[0]
    for number in range(60):
        opened = f"2026-11-25T01:00:{number * 7 % 60:02}.000000Z"
        store.apply(LiveView(session=msgspec.structs.replace(one, id=f"se_{number}", opened=opened)))
    for number in range(0, 60, 3):
        known = store.sessions[f"se_{number}"]
        store.apply(LiveView(session=msgspec.structs.replace(known, operations=99)))
        closed = f"2026-11-25T02:00:{number:02}.000000Z"
        store.apply(LiveView(session=msgspec.structs.replace(known, state="closed", closed=closed)))
    live = [each for each in store.sessions.values() if each.state == "live"]
    past = [each for each in store.sessions.values() if each.state != "live"]
    live.sort(key=lambda each: (each.opened, each.id), reverse=True)
    past.sort(key=lambda each: (each.closed or each.opened, each.id), reverse=True)
    assert store.session_order() == [each.id for each in live + past]
    assert store.live_sessions == len(live)
