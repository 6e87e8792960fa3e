import asyncio
from dataclasses import replace

import pytest

from engine.errors import Denied
from engine.gateway import Gateway
from engine.model import Access, Effect, Limit, Mode, Outcome, Resource, Status, Target, Verdict
from engine.policy.conditions import compile_condition
from engine.policy.evaluate import Policy
from engine.policy.rules import Rule
from engine.session import Session
from tests.engine.conftest import SECRET, Sent, events, operation


async def test_an_allowed_write_is_on_stable_storage_before_it_may_be_forwarded(
    gateway: Gateway, session: Session
) -> None:
    (passage,) = await gateway.pipeline.admit(session, Sent([operation(Effect.WRITE)]))
    assert passage.is_durable
    (intended,) = await events(gateway, "operation.intended")
    assert (intended["data"]["rule"], intended["data"]["verdict"]) == ("write", "allow")


async def test_an_allowed_read_is_admitted_without_waiting(gateway: Gateway, session: Session) -> None:
    passage = gateway.pipeline.admit_now(session, operation(Effect.READ))
    assert passage is not None
    await passage.durable()


async def test_what_may_change_something_never_takes_the_short_way(gateway: Gateway, session: Session) -> None:
    assert gateway.pipeline.admit_now(session, operation(Effect.WRITE)) is None
    assert gateway.pipeline.admit_now(session, operation(Effect.SCHEMA, is_pure_read=True)) is None


async def test_one_denial_refuses_the_whole_submission(gateway: Gateway, session: Session) -> None:
    sent = Sent([operation(Effect.WRITE), operation(Effect.SCHEMA, "o-2")])
    with pytest.raises(Denied) as caught:
        await gateway.pipeline.admit(session, sent)
    assert caught.value.operation == "o-2"
    assert await events(gateway, "operation.intended") == []
    (denied,) = await events(gateway, "operation.denied")
    assert denied["operation"] == "o-2"
    assert session.counts.denied == 1


async def test_a_held_operation_goes_on_once_people_approve(gateway: Gateway, session: Session) -> None:
    sent = Sent([operation(Effect.DELETE)])
    async with asyncio.TaskGroup() as tasks:
        admitting = tasks.create_task(gateway.pipeline.admit(session, sent))
        await sent.is_held.wait()
        assert await events(gateway, "operation.intended") == []
        await gateway.approvals.vote(sent.held[0].review, gateway.revision.people["bob"], "approve", "fine")
    (passage,) = admitting.result()
    assert passage.review is not None
    passage.conclude(Outcome(Status.COMPLETED, "DELETE 1", changed=1))


async def test_a_denied_review_says_by_whom_and_why(gateway: Gateway, session: Session) -> None:
    sent = Sent([operation(Effect.DELETE)])
    async with asyncio.TaskGroup() as tasks:
        admitting = tasks.create_task(asyncio.wait_for(refused(gateway, session, sent), 5))
        await sent.is_held.wait()
        await gateway.approvals.vote(sent.held[0].review, gateway.revision.people["bob"], "deny", "not tonight")
    assert "bob: not tonight" in admitting.result().why


async def test_a_withdrawn_operation_is_refused_and_its_review_ends(gateway: Gateway, session: Session) -> None:
    sent = Sent([operation(Effect.DELETE)])
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(refused(gateway, session, sent))
        await sent.is_held.wait()
        sent.withdrawn.set()
    assert (await gateway.approvals.get(sent.held[0].review)).state == "withdrawn"


async def test_inside_a_transaction_that_may_hold_locks_it_is_rejected_at_once(
    gateway: Gateway, session: Session
) -> None:
    sent = Sent([operation(Effect.DELETE, in_transaction=True)])
    denied = await refused(gateway, session, sent)
    assert denied.retry
    assert sent.held == []


async def test_masking_refuses_what_would_get_round_it(gateway: Gateway, session: Session) -> None:
    for fields in ({"inferences": frozenset({SECRET})}, {"copies": frozenset({SECRET})}, {"copies": None}):
        denied = await refused(gateway, session, Sent([operation(Effect.READ, **fields)]))
        assert denied.decision.rule == "pii"


async def test_an_observed_target_denies_nothing_and_says_what_it_would_have_done(
    gateway: Gateway, session: Session
) -> None:
    target = session.target
    session.target = Target(target.name, target.protocol, target.address, target.database, mode=Mode.OBSERVE)
    (passage,) = await gateway.pipeline.admit(session, Sent([operation(Effect.SCHEMA)]))
    assert "observed only, else deny" in passage.decision.reason


async def test_the_log_has_a_salted_digest_and_the_recording_the_masked_text(
    gateway: Gateway, session: Session
) -> None:
    await gateway.pipeline.admit(session, Sent([operation(Effect.WRITE)]))
    (intended,) = await events(gateway, "operation.intended")
    assert len(intended["data"]["digest"]) == 64
    assert "ada@engines" not in str(intended)


async def test_what_means_something_else_once_it_is_approved_does_not_run(gateway: Gateway, session: Session) -> None:
    sent = Sent([operation(Effect.DELETE)])
    async with asyncio.TaskGroup() as tasks:
        admitting = tasks.create_task(refused(gateway, session, sent))
        await sent.is_held.wait()
        sent.operations = [operation(Effect.DELETE, accesses=(Access(Effect.DELETE, Resource("table", "public.pay")),))]
        await gateway.approvals.vote(sent.held[0].review, gateway.revision.people["bob"], "approve", "fine")
    assert "has changed" in admitting.result().why
    assert (await gateway.approvals.get(sent.held[0].review)).state == "approved"
    assert await events(gateway, "operation.intended") == []


async def refused(gateway: Gateway, session: Session, sent: Sent) -> Denied:
    with pytest.raises(Denied) as caught:
        await gateway.pipeline.admit(session, sent)
    return caught.value


LIMIT = Limit(changed=5, returned=10, changed_by="limited", returned_by="limited")


def limit(session: Session) -> None:
    """A policy of one rule, which limits what it allows."""
    everything = Rule("limited", Verdict.ALLOW, limit=LIMIT)
    session.use(replace(session.revision, policy=Policy([everything])))


async def test_a_limited_read_takes_the_long_way(gateway: Gateway, session: Session) -> None:
    limit(session)
    assert gateway.pipeline.admit_now(session, operation(Effect.READ)) is None
    (passage,) = await gateway.pipeline.admit(session, Sent([operation(Effect.READ)]))
    assert passage.limit == LIMIT


async def test_what_nobody_counts_is_denied_where_it_is_limited(gateway: Gateway, session: Session) -> None:
    untold = operation(Effect.DELETE, uncounted="nobody tells")
    assert gateway.pipeline.decide(session, untold).verdict is Verdict.REVIEW
    limit(session)
    with pytest.raises(Denied, match="denied") as caught:
        await gateway.pipeline.admit(session, Sent([untold]))
    assert caught.value.why == "rule limited: it may change at most 5 rows, and nobody tells"


async def test_an_observed_target_limits_nothing(gateway: Gateway, session: Session) -> None:
    limit(session)
    target = session.target
    session.target = Target(target.name, target.protocol, target.address, target.database, mode=Mode.OBSERVE)
    (passage,) = await gateway.pipeline.admit(session, Sent([operation(Effect.DELETE, uncounted="nobody tells")]))
    assert "observed only, else deny: it may change at most 5 rows" in passage.decision.reason
    (passage,) = await gateway.pipeline.admit(session, Sent([operation(Effect.WRITE, "o-2")]))
    assert (passage.limit, passage.decision.limit) == (None, LIMIT)


async def test_people_are_told_how_many_rows_a_held_operation_would_touch(gateway: Gateway, session: Session) -> None:
    sent = Sent([operation(Effect.DELETE)], estimated=412)
    async with asyncio.TaskGroup() as tasks:
        admitting = tasks.create_task(gateway.pipeline.admit(session, sent))
        await sent.is_held.wait()
        review = await gateway.approvals.get(sent.held[0].review)
        assert review.estimated_rows == 412
        await gateway.approvals.vote(review.id, gateway.revision.people["bob"], "approve", "fine")
    admitting.result()[0].conclude(Outcome(Status.COMPLETED, "DELETE 412", changed=412))


async def test_a_condition_on_the_estimate_has_it_asked_for_before_anything_is_decided(
    gateway: Gateway, session: Session
) -> None:
    few = compile_condition("operation.estimated_rows < 100")
    rules = session.revision.policy.rules
    rules = tuple(replace(rule, condition=few) if rule.name == "write" else rule for rule in rules)
    session.revision = replace(session.revision, policy=Policy(rules))
    assert gateway.pipeline.admit_now(session, operation(Effect.READ)) is None
    (passage,) = await gateway.pipeline.admit(session, Sent([operation(Effect.WRITE)], estimated=99))
    assert passage.decision.rule == "write"
    for unknown_or_many in (100, None):
        with pytest.raises(Denied):
            await gateway.pipeline.admit(session, Sent([operation(Effect.WRITE)], estimated=unknown_or_many))
