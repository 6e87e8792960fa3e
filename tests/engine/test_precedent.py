"""What follows a precedent is recorded as if it had been decided by itself."""

from dataclasses import replace
from typing import Any

from engine.gateway import Gateway
from engine.model import Column, Effect, Outcome, Parameter, Status, Verdict
from engine.passage import Passage
from engine.precedent import Precedent
from engine.protocols.postgres.rows import RowMasker
from engine.session import Session
from replay.format import Frame, RowBatch, read
from replay.verify import verify
from tests.engine.conftest import SECRET, Sent, events, operation
from tests.engine.test_passage import row

COLUMNS = (Column("secret", frozenset({SECRET})), Column("id", frozenset(), type_name="int4"))
ROWS = row(b"canary", b"1") + row(b"bird", b"2")


async def admitted(gateway: Gateway, session: Session, effect: Effect = Effect.READ, **fields: Any) -> Passage:
    return (await gateway.pipeline.admit(session, Sent([operation(effect, **fields)])))[0]


async def precedent(gateway: Gateway, session: Session, **fields: Any) -> Precedent:
    found = gateway.pipeline.precedent(session, await admitted(gateway, session, **fields))
    assert found is not None
    return found


def nameless(data: dict[str, Any] | RowBatch) -> object:
    """A frame's data without what names one operation."""
    if isinstance(data, RowBatch):
        return replace_operation(data)
    return {name: value for name, value in data.items() if name not in ("operation", "salt")}


def replace_operation(batch: RowBatch) -> tuple[int, bytes, str, int, bool]:
    return batch.rows, batch.cells, batch.kind, batch.before, batch.continues


async def test_its_frames_and_its_intent_are_those_of_the_first(gateway: Gateway, session: Session) -> None:
    parameters = (Parameter("text", "bob@engines.example"), Parameter("int4", None))
    passage = await admitted(gateway, session, parameters=parameters)
    passage.masker = masker = RowMasker(passage.plan(COLUMNS, (0, 1)))
    cells = passage.deliver(ROWS)
    passage.conclude(Outcome(Status.COMPLETED, "SELECT 2", 2, masked=2))

    found = gateway.pipeline.precedent(session, passage)
    assert found is not None
    followed = gateway.pipeline.follow(
        session, found, "o-2", passage.operation.text, [parameter.value for parameter in parameters]
    )
    assert followed is not None
    answer = found.answer(b"description", COLUMNS, (0, 1))
    followed.conclude(answer, 2, cells, b"SELECT 2", masker.masked)

    first, second = await events(gateway, "operation.intended")
    assert {**first, "data": {**first["data"], "digest": ""}} | {"sequence": 0, "time": "", "operation": ""} == {
        **second,
        "data": {**second["data"], "digest": ""},
    } | {"sequence": 0, "time": "", "operation": ""}
    assert (session.counts.operations, session.counts.rows, session.counts.masked) == (2, 4, 4)
    assert session.open_operations == {}
    await gateway.close_session(session, "done")
    assert recorded(session, "o-1") == recorded(session, "o-2")
    assert len(recorded(session, "o-2")) == 4
    assert verify(gateway.state).verdict == "self-asserted"


def recorded(session: Session, operation: str) -> list[tuple[str, object]]:
    return [(frame.code, nameless(frame.data)) for frame in frames(session) if about(frame) == operation]


def frames(session: Session) -> list[Frame]:
    with session.recorder.path.open("rb") as file:
        return list(read(file))


def about(frame: Frame) -> object:
    return frame.data.operation if isinstance(frame.data, RowBatch) else frame.data.get("operation")


async def test_a_text_with_something_sensitive_in_it_is_recorded_masked(gateway: Gateway, session: Session) -> None:
    found = await precedent(gateway, session)
    text = 'read of people where mail = eve@engines.example -- "quoted" \\ \t'
    followed = gateway.pipeline.follow(session, found, "o-2", text)
    assert followed is not None
    followed.conclude(found.answer(b"", COLUMNS, ()), 0, b"", b"SELECT 0", 0)
    await gateway.close_session(session, "done")
    (begun,) = [frame.data for frame in frames(session) if frame.code == "q" and about(frame) == "o-2"]
    assert isinstance(begun, dict)
    assert begun["text"] == text.replace("eve@engines.example", "*" * 19)


async def test_it_goes_on_as_an_ordinary_passage(gateway: Gateway, session: Session) -> None:
    found = await precedent(gateway, session)
    followed = gateway.pipeline.follow(session, found, "o-2", "read of people", ["7"])
    assert followed is not None
    passage = followed.passage((Parameter("int4", "7"),))
    assert passage.operation == replace(
        found.operation, id="o-2", text="read of people", parameters=(Parameter("int4", "7"),)
    )
    passage.conclude(Outcome(Status.FAILED, error="division by zero"))
    (failed,) = await events(gateway, "operation.failed")
    assert failed["operation"] == "o-2"


async def test_only_an_allowed_pure_read_is_one(gateway: Gateway, session: Session) -> None:
    write = await admitted(gateway, session, Effect.WRITE)
    assert gateway.pipeline.precedent(session, write) is None
    read = await admitted(gateway, session, id="o-2")
    read.decision = replace(read.decision, is_steady=False)
    assert gateway.pipeline.precedent(session, read) is None
    read.decision = replace(read.decision, is_steady=True, verdict=Verdict.REVIEW)
    assert gateway.pipeline.precedent(session, read) is None


async def test_it_stands_no_longer_than_policy_and_masks(gateway: Gateway, session: Session) -> None:
    found = await precedent(gateway, session)
    assert found.holds(session)
    session.use(replace(session.revision))
    assert not found.holds(session)


async def test_one_whose_entries_may_be_cut_is_none(gateway: Gateway, session: Session) -> None:
    passage = await admitted(gateway, session)
    passage.decision = replace(passage.decision, reason="because " * 4096)
    assert gateway.pipeline.precedent(session, passage) is None


async def test_a_locked_session_follows_nothing(gateway: Gateway, session: Session) -> None:
    found = await precedent(gateway, session)
    session.why_locked = "runaway"
    assert gateway.pipeline.follow(session, found, "o-2", "read of people") is None
