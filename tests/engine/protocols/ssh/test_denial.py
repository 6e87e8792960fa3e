from __future__ import annotations

import json

from engine.errors import Denied, RecordError
from engine.model import Decision, Verdict
from engine.protocols.base import Hold
from engine.protocols.ssh import denial


def test_a_denial_says_what_why_and_what_next_and_once_more_for_programs() -> None:
    denied = Denied(
        "EXEC denied",
        "rule no-rm: use \x1b[31mansible",
        "ask for a rule",
        decision=Decision(Verdict.DENY, "no-rm", "use ansible"),
        operation="s-1.a",
    )
    what, why, hint, line, rest = denial.words_of(denied).split("\r\n")
    assert (what, hint, rest) == ("hoopterm: EXEC denied", "hoopterm: ask for a rule", "")
    assert why == "hoopterm: rule no-rm: use ?[31mansible"
    assert json.loads(line.removeprefix("hoopterm: "))["rule"] == "no-rm"
    assert denial.status_of(denied) == 126


def test_what_the_engine_cannot_do_ends_as_an_error_of_ssh_itself_does() -> None:
    assert denial.status_of(RecordError("the record cannot be written", "disk full")) == 255


def test_a_hold_says_who_decides_and_until_when() -> None:
    words = denial.words_of_hold(Hold("r-1", "restarts", "by hand", ("dba",), 1, "2027-01-01T00:00:00Z", 60.0))
    assert "review r-1" in words
    assert "dba (one of them); decided until 2027-01-01T00:00:00Z" in words
    assert all(line.startswith("hoopterm: ") for line in words.splitlines())
