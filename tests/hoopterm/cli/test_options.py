from __future__ import annotations

import pytest

from hoopterm.cli.options import (
    ask,
    complete_recordings,
    complete_reviews,
    complete_sessions,
    complete_targets,
    complete_tokens,
)
from hoopterm.errors import Refused
from tests.hoopterm.cli.conftest import StubEngine
from tests.hoopterm.samples import review, session, status, token


def test_completions_are_what_the_engine_has(engine: StubEngine) -> None:
    engine.answers["GET", "/reviews"] = [review()]
    engine.answers["GET", "/sessions"] = [session()]
    engine.answers["GET", "/status"] = status()
    engine.answers["GET", "/tokens"] = [token(), token(id="gone", revoked="2026-01-01T00:00:00Z")]
    assert complete_reviews("r-") == ["r-7q2"]
    assert complete_sessions("x") == []
    assert complete_targets("") == ["shop"]
    assert complete_tokens("") == ["abcd"]


def test_a_completion_never_complains(engine: StubEngine) -> None:
    assert complete_recordings("") == []


def test_a_refusal_comes_through(engine: StubEngine) -> None:
    with pytest.raises(Refused):
        ask(None, lambda client: client.ca())
