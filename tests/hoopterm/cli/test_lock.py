from __future__ import annotations

import pytest

from engine.api.schema import LockView
from tests.hoopterm.cli.conftest import Command, StubEngine

LOCK = LockView("identity", "alice", "bob", "INC-7", "2026-11-22T21:00:00Z", covers=["etl-bot", "report-bot"], ended=2)


def test_locking_says_what_it_ended_and_whom_else_it_stops(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["POST", "/lock"] = LOCK
    done = hoopterm("lock", "--identity", "alice", "--reason", "INC-7")
    assert engine.asked[0][3] == {"reason": "INC-7", "identity": "alice", "target": None}
    assert "■ locked  identity alice  2 sessions ended" in done.out
    assert "etl-bot, report-bot" in done.out
    assert done.status == 0


def test_a_name_that_nobody_has_yet_is_locked_with_a_warning(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["POST", "/lock"] = LockView("target", "shpo", "bob", "x", "2026-11-22T21:00:00Z", is_known=False)
    done = hoopterm("lock", "--target", "shpo", "--reason", "x")
    assert "nothing is named shpo yet" in done.err
    assert hoopterm("lock", "--target", "shpo", "--reason", "x", "--json").json["is_known"] is False


@pytest.mark.parametrize("noun", ["lock", "unlock"])
@pytest.mark.parametrize(
    "arguments",
    [[], ["--reason", "x"], ["--identity", "a"], ["--identity", "a", "--target", "b", "--reason", "x"]],
)
def test_it_takes_one_name_and_a_reason(hoopterm: Command, noun: str, arguments: list[str]) -> None:
    done = hoopterm(noun, *arguments, "--json")
    assert (done.status, done.out) == (2, "")
    assert '"code":"usage"' in done.err


def test_the_list_has_what_is_locked_by_whom_and_why(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/locks"] = [LOCK]
    out = hoopterm("lock", "list").out
    for word in ("identity", "alice", "bob", "INC-7", "etl-bot, report-bot"):
        assert word in out
    assert hoopterm("lock", "list", "--json").json[0]["name"] == "alice"


def test_nothing_locked_is_said(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/locks"] = []
    assert "nothing is locked" in hoopterm("lock", "list").err
