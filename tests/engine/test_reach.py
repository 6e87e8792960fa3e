"""What is remembered of how targets answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import SessionRefused, UpstreamError
from engine.reach import Reach, Reached

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_a_target_that_failed_is_failing_until_it_answers() -> None:
    moment = NOW
    reach = Reach(lambda: moment)
    assert reach.of("shop") == Reached()
    with pytest.raises(UpstreamError), reach.trying("shop"):
        error = UpstreamError("the upstream refused us", "no such role")
        error.add_note("of db.internal")
        raise error
    assert "of db.internal" in reach.of("shop").trouble, "what only operators may know is told to them"
    assert reach.of("shop").is_failing
    assert "no such role" in reach.of("shop").trouble
    moment += timedelta(seconds=1)
    with reach.trying("shop"):
        pass
    assert not reach.of("shop").is_failing
    assert reach.of("shop").trouble, "why it failed is still known"


def test_a_client_that_leaves_says_nothing_of_the_target() -> None:
    reach = Reach(lambda: NOW)
    with pytest.raises(SessionRefused), reach.trying("shop"):
        raise SessionRefused("the client left")
    assert reach.of("shop") == Reached()


def test_why_it_failed_is_not_kept_longer_than_a_line() -> None:
    reach = Reach(lambda: NOW)
    with pytest.raises(UpstreamError), reach.trying("shop"):
        raise UpstreamError("no" * 10_000)
    assert len(reach.of("shop").trouble) == 300


def test_targets_that_are_gone_are_forgotten() -> None:
    reach = Reach(lambda: NOW)
    for name in ("shop", "web1"):
        with reach.trying(name):
            pass
    reach.keep(["web1"])
    assert reach.of("shop") == Reached()
    assert reach.of("web1").answered == NOW
