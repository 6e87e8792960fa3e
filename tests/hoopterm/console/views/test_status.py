"""States are never colour alone."""

from __future__ import annotations

from hoopterm.console.views import status


def test_a_session_that_waits_for_people_says_so() -> None:
    assert status.session("live", is_held=True).word == "held"
    assert status.session("closed", is_held=True).word == "closed"


def test_an_unknown_state_is_shown_as_that() -> None:
    assert status.review("frobbed") is status.UNKNOWN
    assert status.outcome("frobbed").span.text == "? unknown"
