import hashlib
from dataclasses import replace

from engine import entries
from engine.audit.events import EventName
from engine.gateway import Gateway
from engine.model import Decision, Effect, Parameter, Verdict
from engine.session import Session
from replay.format import Frame, read
from tests.engine.conftest import events, operation

DECISION = Decision(Verdict.ALLOW, "read", "")


async def frames(gateway: Gateway, session: Session) -> list[Frame]:
    await gateway.close_session(session, "done")
    with session.recorder.path.open("rb") as file:
        return list(read(file))


async def test_an_operation_is_described_once_with_detectors_applied(gateway: Gateway, session: Session) -> None:
    asked = operation(Effect.READ, parameters=(Parameter("text", "bob@engines.example"), Parameter("text", None)))
    entries.describe(session, asked, DECISION)
    entries.describe(session, asked, DECISION)
    (begun,) = [frame.data for frame in await frames(gateway, session) if frame.code == "q"]
    assert isinstance(begun, dict)
    assert "ada@engines.example" not in begun["text"]
    assert begun["parameters"] == ["*" * 19, None]


async def test_a_line_read_off_a_terminal_is_recorded_as_inferred(gateway: Gateway, session: Session) -> None:
    entries.describe(session, operation(Effect.READ), DECISION)
    entries.describe(session, replace(operation(Effect.READ), id="o-2", is_inferred=True), DECISION)
    told = [frame.data for frame in await frames(gateway, session) if frame.code == "q"]
    assert [data.get("inferred") for data in told if isinstance(data, dict)] == [None, True]


async def test_the_log_has_a_digest_of_the_text_that_only_the_recordings_salt_explains(
    gateway: Gateway, session: Session
) -> None:
    asked = operation(Effect.READ)
    entries.describe(session, asked, DECISION)
    data = entries.evidence(session, asked, DECISION, None)
    assert asked.text not in str(data)
    (begun,) = [frame.data for frame in await frames(gateway, session) if frame.code == "q"]
    assert isinstance(begun, dict)
    assert data["digest"] == hashlib.sha256(bytes.fromhex(begun["salt"]) + asked.text.encode()).hexdigest()


async def test_an_event_names_who_did_what_where(gateway: Gateway, session: Session) -> None:
    entries.append(gateway.log, session, EventName.OPERATION_FAILED, {"verb": "READ"}, operation(Effect.READ))
    (entry,) = await events(gateway, "operation.failed")
    named = {name: entry[name] for name in ("session", "operation", "identity", "target", "data")}
    assert named == {
        "session": session.id,
        "operation": "o-1",
        "identity": "bot",
        "target": "shop",
        "data": {"verb": "READ"},
    }


def test_salts_are_drawn_many_at_a_time_and_never_twice() -> None:
    asked: list[int] = []

    def random(size: int) -> bytes:
        asked.append(size)
        return b"".join(number.to_bytes(16) for number in range(len(asked) * 1000, len(asked) * 1000 + size // 16))

    salts = entries.Salts(random, at_once=4)
    drawn = [salts() for _ in range(10)]
    assert len(set(drawn)) == 10
    assert {len(salt) for salt in drawn} == {16}
    assert asked == [64, 64, 64]
