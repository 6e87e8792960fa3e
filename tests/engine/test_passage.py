from dataclasses import replace

import pytest

from engine import denials
from engine.gateway import Gateway
from engine.model import Column, Effect, Excess, Limit, Outcome, Status
from engine.passage import Passage
from engine.protocols.postgres.rows import RowMasker, join_cells
from engine.session import Session
from tests.engine.conftest import SECRET, Sent, events, operation


async def admitted(gateway: Gateway, session: Session, effect: Effect) -> Passage:
    return (await gateway.pipeline.admit(session, Sent([operation(effect)])))[0]


def row(*cells: bytes) -> bytes:
    body = join_cells(cells)
    return b"D" + (len(body) + 4).to_bytes(4) + body


async def test_an_answer_is_masked_before_it_is_delivered(gateway: Gateway, session: Session) -> None:
    passage = await admitted(gateway, session, Effect.READ)
    passage.masker = RowMasker(passage.plan([Column("secret", frozenset({SECRET}))]))
    assert passage.deliver(row(b"canary")) == row(b"******")


async def test_without_a_plan_nothing_is_delivered(gateway: Gateway, session: Session) -> None:
    passage = await admitted(gateway, session, Effect.READ)
    with pytest.raises(RuntimeError, match="without a masking plan"):
        passage.deliver(row(b"canary"))


async def test_a_completed_read_logs_its_intent_only(gateway: Gateway, session: Session) -> None:
    passage = await admitted(gateway, session, Effect.READ)
    passage.forwarded()
    passage.conclude(Outcome(Status.COMPLETED, "SELECT 1", rows=1))
    assert await events(gateway, "operation.forwarded", "operation.completed") == []


async def test_a_write_logs_intended_forwarded_and_completed(gateway: Gateway, session: Session) -> None:
    passage = await admitted(gateway, session, Effect.WRITE)
    passage.forwarded()
    passage.conclude(Outcome(Status.COMPLETED, "INSERT 0 1", changed=1))
    logged = await events(gateway, "operation.intended", "operation.forwarded", "operation.completed")
    assert [entry["event"] for entry in logged] == ["operation.intended", "operation.forwarded", "operation.completed"]


async def test_a_failed_read_is_logged(gateway: Gateway, session: Session) -> None:
    passage = await admitted(gateway, session, Effect.READ)
    passage.conclude(Outcome(Status.FAILED, error="division by zero"))
    (failed,) = await events(gateway, "operation.failed")
    assert failed["data"]["error"] == "division by zero"


async def test_an_operation_is_concluded_once(gateway: Gateway, session: Session) -> None:
    passage = await admitted(gateway, session, Effect.WRITE)
    passage.conclude(Outcome(Status.COMPLETED, "INSERT 0 1", rows=1))
    passage.conclude(Outcome(Status.LOST, rows=1))
    assert session.counts.rows == 1
    assert await events(gateway, "operation.failed") == []


async def test_what_is_undone_is_logged_as_denied_with_its_excess(gateway: Gateway, session: Session) -> None:
    passage = await admitted(gateway, session, Effect.WRITE)
    excess = Excess("changed", "work", 5, 20)
    passage.undone(denials.exceeded(passage.operation, passage.decision, excess), excess, rows=0, masked=0)
    passage.conclude(Outcome(Status.COMPLETED, "UPDATE 20", changed=20))
    (failed,) = await events(gateway, "operation.failed", "operation.completed")
    assert failed["data"]["status"] == "denied"
    assert failed["data"]["excess"] == {"kind": "changed", "rule": "work", "most": 5, "seen": 20}
    assert "at most 5 rows may be changed" in failed["data"]["error"]
    assert session.counts.denied == 1


async def test_what_a_limit_would_have_stopped_is_logged_with_its_excess(gateway: Gateway, session: Session) -> None:
    """On an observed target, reads too."""
    passage = await admitted(gateway, session, Effect.READ)
    passage.decision = replace(passage.decision, limit=Limit(returned=5, returned_by="work"))
    passage.conclude(Outcome(Status.COMPLETED, "SELECT 20", rows=20))
    (completed,) = await events(gateway, "operation.completed")
    assert completed["data"]["excess"] == {"kind": "returned", "rule": "work", "most": 5, "seen": 20}
