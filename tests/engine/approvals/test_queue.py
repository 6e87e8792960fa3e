import asyncio
from dataclasses import replace

import pytest

from engine.approvals.asking import MAX_TEXT
from engine.approvals.queue import MAX_PENDING
from engine.approvals.request import Review, State
from engine.errors import Conflict, Denied, Forbidden, NotFound, RecordError
from engine.model import Outcome, Status
from tests.engine.approvals.conftest import Desk, configured, delete, open_queue


class TestDeciding:
    async def test_an_approval_lets_exactly_this_operation_run_once(self, desk: Desk) -> None:
        review = await desk.ask()
        assert await desk.take() is None
        approved = await desk.approve(review.id, "bob")
        assert approved.state is State.APPROVED
        assert await desk.take(operation=delete(parameter="8")) is None
        used = await desk.take(desk.client(id="s-2"), delete(id="o-2"))
        assert used is not None
        assert used.state is State.USED
        assert await desk.take() is None
        assert desk.log.events == ["review.requested", "review.voted", "review.approved", "review.used"]

    async def test_one_denial_denies_and_it_is_decided_once_only(self, desk: Desk) -> None:
        review = await desk.ask()
        denied = await desk.queue.vote(review.id, desk.person("carol"), "deny", "too many rows")
        assert denied.state is State.DENIED
        with pytest.raises(Conflict, match="denied"):
            await desk.queue.vote(review.id, desk.person("bob"), "approve", "")
        assert await desk.take() is None

    async def test_a_quorum_counts_distinct_people(self, desk: Desk) -> None:
        desk.config = configured(quorum=2)
        await desk.queue.redecide(desk.config)
        review = await desk.ask()
        assert (await desk.approve(review.id, "bob")).state is State.PENDING
        with pytest.raises(Conflict, match="one person is one vote"):
            await desk.approve(review.id, "bob")
        assert (await desk.approve(review.id, "carol")).state is State.APPROVED

    async def test_of_two_that_vote_at_the_same_moment_one_is_too_late(self, desk: Desk) -> None:
        review = await desk.ask()
        results = await asyncio.gather(
            desk.queue.vote(review.id, desk.person("bob"), "approve", ""),
            desk.queue.vote(review.id, desk.person("carol"), "deny", ""),
            return_exceptions=True,
        )
        assert sum(isinstance(result, Conflict) for result in results) == 1
        assert (await desk.queue.get(review.id)).state in (State.APPROVED, State.DENIED)

    async def test_of_many_that_take_one_approval_at_the_same_moment_one_gets_it(self, desk: Desk) -> None:
        review = await desk.ask()
        await desk.approve(review.id, "bob")
        taken = await asyncio.gather(*(desk.take(desk.client(id=f"s-{number}")) for number in range(8)))
        assert sum(each is not None for each in taken) == 1

    async def test_self_approval_and_strangers_are_refused(self, desk: Desk) -> None:
        review = await desk.ask()
        for name in ("alice", "dave", "erin"):
            with pytest.raises(Forbidden):
                await desk.approve(review.id, name)
        assert desk.log.events == ["review.requested"]

    async def test_a_review_nobody_knows_is_not_found(self, desk: Desk) -> None:
        with pytest.raises(NotFound):
            await desk.approve("rv_nothing", "bob")

    async def test_without_a_record_nothing_is_approved(self, desk: Desk) -> None:
        review = await desk.ask()
        desk.log.fails = True
        with pytest.raises(RecordError):
            await desk.approve(review.id, "bob")
        desk.log.fails = False
        assert await desk.take() is None

    async def test_an_operation_that_two_rules_hold_needs_both(self, desk: Desk) -> None:
        both = delete(effects=("delete", "write"))
        review = await desk.ask(operation=both)
        assert (await desk.approve(review.id, "carol")).state is State.PENDING
        assert (await desk.approve(review.id, "erin")).state is State.APPROVED
        assert await desk.take(operation=both) is not None


class TestBorrowing:
    async def test_an_approval_for_one_token_authorises_no_other(self, desk: Desk) -> None:
        """GHSA-fxfw-2m4j-xmc8."""
        review = await desk.ask()
        await desk.approve(review.id, "bob")
        assert await desk.take(desk.client(replace(desk.bot, token="t2"))) is None
        assert await desk.take(desk.client(replace(desk.bot, token_minted_by="bob"))) is None
        assert await desk.take(desk.client(replace(desk.bot, subject="Bot"))) is None
        assert await desk.take() is not None

    async def test_the_end_of_a_token_ends_what_was_asked_through_it(self, desk: Desk) -> None:
        pending, approved = await desk.ask(), await desk.ask(operation=delete("DELETE FROM a"))
        await desk.approve(approved.id, "bob")
        await desk.queue.end(lambda review: review.identity.token == "t1", "its token was revoked")
        assert (await desk.queue.get(pending.id)).state is State.WITHDRAWN
        assert (await desk.queue.get(approved.id)).state is State.REVOKED

    async def test_a_revocation_ends_what_was_granted(self, desk: Desk) -> None:
        review = await desk.ask()
        with pytest.raises(Conflict):
            await desk.queue.revoke(review.id, "bob")
        await desk.approve(review.id, "bob")
        assert (await desk.queue.revoke(review.id, "bob", "changed my mind")).state is State.REVOKED
        assert await desk.take() is None


class TestDeadlines:
    async def test_nobody_approves_and_nothing_is_used_after_the_deadline(self, desk: Desk) -> None:
        """SECURITY.md: a late-opened window ends when the approval said."""
        pending, approved = await desk.ask(), await desk.ask(operation=delete("DELETE FROM a"))
        desk.clock.pass_by(minutes=14)
        await desk.approve(approved.id, "bob")
        desk.clock.pass_by(minutes=1)
        with pytest.raises(Conflict, match="expired"):
            await desk.approve(pending.id, "bob")
        assert await desk.take(operation=delete("DELETE FROM a")) is None
        assert (await desk.queue.get(approved.id)).state is State.EXPIRED
        assert (await desk.queue.get(approved.id)).outcome_status == "never_resubmitted"

    async def test_the_timer_ends_what_is_late(self, desk: Desk) -> None:
        review = await desk.ask()
        watcher = desk.bus.subscribe("reviews")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(desk.queue.run())
            desk.clock.pass_by(minutes=15)
            async for _, changed in watcher:
                if changed.state is State.EXPIRED:
                    break
            desk.queue.stop()
        assert (await desk.queue.get(review.id)).state is State.EXPIRED
        assert desk.log.events[-1] == "review.expired"


class TestWaiting:
    async def test_whoever_waits_hears_of_the_decision(self, desk: Desk) -> None:
        review = await desk.ask()
        watcher = desk.bus.subscribe("reviews")
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(desk.queue.wait(review, 60.0, asyncio.Event()))
            await anext(aiter(watcher))
            assert (await desk.queue.get(review.id)).is_held
            await desk.approve(review.id, "bob")
        assert waiting.result().state is State.APPROVED
        assert not waiting.result().is_held

    async def test_after_the_hold_it_stays_open(self, desk: Desk) -> None:
        review = await desk.ask()
        assert (await desk.queue.wait(review, 0.0, asyncio.Event())).state is State.PENDING
        await desk.approve(review.id, "bob")
        assert await desk.take() is not None

    async def test_a_client_that_goes_away_during_the_hold_withdraws_it(self, desk: Desk) -> None:
        review, gone = await desk.ask(), asyncio.Event()
        gone.set()
        assert (await desk.queue.wait(review, 60.0, gone)).state is State.WITHDRAWN
        with pytest.raises(Conflict, match="withdrawn"):
            await desk.approve(review.id, "bob")

    async def test_a_client_that_went_away_gets_nothing_out_of_an_approval_of_the_same_moment(self, desk: Desk) -> None:
        review, gone = await desk.ask(), asyncio.Event()
        await desk.approve(review.id, "bob")
        gone.set()
        assert (await desk.queue.wait(review, 60.0, gone)).state is State.REVOKED
        assert await desk.take() is None

    async def test_a_waiting_task_that_is_cancelled_withdraws_it_too(self, desk: Desk) -> None:
        review = await desk.ask()
        watcher = desk.bus.subscribe("reviews")
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(desk.queue.wait(review, 60.0, asyncio.Event()))
            await anext(aiter(watcher))
            waiting.cancel()
            tasks.create_task(desk.queue.run())
            async for _, changed in watcher:
                if changed.state is State.WITHDRAWN:
                    break
            desk.queue.stop()

    async def test_the_identical_operation_asked_again_is_the_same_review(self, desk: Desk) -> None:
        review = await desk.ask()
        assert (await desk.ask(desk.client(id="s-2"), delete(id="o-2"))).id == review.id
        assert desk.queue.pending == 1

    async def test_two_that_wait_at_once_are_two_reviews(self, desk: Desk) -> None:
        review = await desk.ask()
        watcher = desk.bus.subscribe("reviews")
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(desk.queue.wait(review, 60.0, asyncio.Event()))
            await anext(aiter(watcher))
            other = await desk.ask(desk.client(id="s-2"))
            assert other.id != review.id
            await desk.approve(review.id, "bob")
            await waiting


class TestRestart:
    async def test_pending_and_approved_reviews_survive_it(self, desk: Desk) -> None:
        pending, approved = await desk.ask(operation=delete("DELETE FROM a")), await desk.ask()
        await desk.approve(approved.id, "bob")
        await desk.restart()
        assert await desk.take() is not None
        await desk.approve(pending.id, "carol")
        assert await desk.take(operation=delete("DELETE FROM a")) is not None

    async def test_what_became_late_meanwhile_is_expired(self, desk: Desk) -> None:
        review = await desk.ask()
        desk.clock.pass_by(hours=1)
        await desk.restart()
        assert (await desk.queue.get(review.id)).state is State.EXPIRED

    async def test_votes_survive_it(self, desk: Desk) -> None:
        desk.config = configured(quorum=2)
        await desk.queue.redecide(desk.config)
        review = await desk.ask()
        await desk.approve(review.id, "bob")
        await desk.restart()
        assert (await desk.approve(review.id, "carol")).state is State.APPROVED

    async def test_another_engine_on_the_same_store_cannot_use_an_approval_again(self, desk: Desk) -> None:
        review = await desk.ask()
        await desk.approve(review.id, "bob")
        other = await open_queue(desk)
        assert await desk.take() is not None
        desk.queue = other
        assert await desk.take() is None


class TestPolicyChanges:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("name: deletes", "name: deletions"),
            ("quorum: 1", "quorum: 2"),
            ("timeout: 15m", "timeout: 16m"),
            ("what: {effects: [delete]}", "what: {effects: [schema]}"),
            ("name: shop", "name: shoppe"),
        ],
    )
    async def test_what_the_same_rule_does_not_hold_any_more_ends(self, desk: Desk, old: str, new: str) -> None:
        pending, approved = await desk.ask(operation=delete("DELETE FROM a")), await desk.ask()
        await desk.approve(approved.id, "bob")
        await desk.queue.redecide(configured({old: new}))
        assert (await desk.queue.get(pending.id)).state is State.WITHDRAWN
        assert (await desk.queue.get(approved.id)).state is State.REVOKED

    async def test_what_the_same_rule_still_holds_survives(self, desk: Desk) -> None:
        pending, approved = await desk.ask(operation=delete("DELETE FROM a")), await desk.ask()
        await desk.approve(approved.id, "bob")
        changed = configured({"timeout: 20m": "timeout: 21m"})
        await desk.queue.redecide(changed)
        assert (await desk.queue.get(pending.id)).state is State.PENDING
        desk.config = changed
        assert await desk.take() is not None

    async def test_it_is_decided_again_after_a_restart_too(self, desk: Desk) -> None:
        pending, approved = await desk.ask(operation=delete("DELETE FROM a")), await desk.ask()
        await desk.approve(approved.id, "bob")
        await desk.restart(configured(quorum=2))
        assert (await desk.queue.get(pending.id)).state is State.WITHDRAWN
        assert (await desk.queue.get(approved.id)).state is State.REVOKED


class TestKeeping:
    async def test_the_exact_text_is_kept_only_while_it_is_pending(self, desk: Desk) -> None:
        secret = delete("DELETE FROM cards WHERE n = '4111111111111111'", "4111111111111111")
        review = await desk.ask(operation=secret)
        assert review.exact is not None
        assert "4111111111111111" in review.exact.text
        await desk.approve(review.id, "bob")
        await desk.store.close()
        for file in desk.state.iterdir():
            assert b"4111111111111111" not in file.read_bytes(), file
        await desk.restart()
        kept: Review = await desk.queue.get(review.id)
        assert kept.exact is None
        assert kept.masked.text == "DELETE FROM cards WHERE n = '****'"

    async def test_no_repr_shows_a_text(self, desk: Desk) -> None:
        assert "DELETE FROM" not in repr(await desk.ask())

    async def test_the_outcome_is_kept(self, desk: Desk) -> None:
        review = await desk.ask()
        await desk.approve(review.id, "bob")
        used = await desk.take()
        assert (await desk.queue.get(review.id)).outcome_status == "running"
        await desk.queue.outcome(used, Outcome(Status.COMPLETED, "DELETE 3", changed=3))
        found = await desk.queue.get(review.id)
        assert found.outcome == Outcome(Status.COMPLETED, "DELETE 3", changed=3)
        assert found.outcome_status == "completed"

    async def test_similar_ones_that_were_approved_before_are_counted(self, desk: Desk) -> None:
        for text in ("DELETE FROM a", "DELETE FROM b"):
            review = await desk.ask(operation=delete(text))
            await desk.approve(review.id, "bob")
        assert (await desk.ask()).similar_before == 2

    async def test_lists_are_latest_first_and_by_state(self, desk: Desk) -> None:
        first = await desk.ask(operation=delete("DELETE FROM a"))
        desk.clock.pass_by(seconds=1)
        second = await desk.ask()
        assert [review.id for review in await desk.queue.list()] == [second.id, first.id]
        await desk.approve(first.id, "bob")
        assert [review.id for review in await desk.queue.list([State.PENDING])] == [second.id]

    async def test_a_person_is_told_why_they_may_not_decide(self, desk: Desk) -> None:
        review = await desk.ask()
        assert desk.queue.why_not(review, desk.person("bob")) == ""
        assert "sponsors" in desk.queue.why_not(review, desk.person("alice"))
        approved = await desk.approve(review.id, "bob")
        assert desk.queue.why_not(approved, desk.person("carol")) == "it is approved"


class TestBounds:
    async def test_what_nobody_can_read_nobody_is_asked_about(self, desk: Desk) -> None:
        with pytest.raises(Denied, match="too long"):
            await desk.ask(operation=delete("x" * (MAX_TEXT + 1)))
        with pytest.raises(Denied, match="too long"):
            await desk.ask(operation=delete(parameter="x" * MAX_TEXT))

    async def test_one_identity_cannot_flood_its_reviewers(self, desk: Desk) -> None:
        for number in range(MAX_PENDING):
            await desk.ask(operation=delete(f"DELETE FROM t{number}"))
        with pytest.raises(Denied, match="open reviews"):
            await desk.ask()

    async def test_bytes_that_are_no_text_can_be_asked_about(self, desk: Desk) -> None:
        review = await desk.ask(operation=delete("DELETE FROM \udc80"))
        await desk.approve(review.id, "bob")
        assert await desk.take(operation=delete("DELETE FROM \udc80")) is not None
        assert await desk.take(operation=delete("DELETE FROM \\udc80")) is None
