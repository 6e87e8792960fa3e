from __future__ import annotations

from engine.api.schema import LockView
from tests.hoopterm.cli.conftest import Command, StubEngine


def test_unlocking_says_what_the_lock_was(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["POST", "/unlock"] = LockView("target", "shop", "bob", "INC-7", "2026-11-22T21:00:00Z")
    done = hoopterm("unlock", "--target", "shop", "--reason", "over")
    assert engine.asked[0][3] == {"reason": "over", "identity": None, "target": "shop"}
    assert done.out == "✓ unlocked  target shop  locked by bob: INC-7\n"


def test_a_refusal_is_status_1(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["POST", "/unlock"] = (404, {"error": {"code": "not_found", "message": "shop is not locked"}})
    done = hoopterm("unlock", "--target", "shop", "--reason", "over", "--json")
    assert (done.status, done.out) == (1, "")
    assert "shop is not locked" in done.err
