from __future__ import annotations

import msgspec

from engine.api.schema import LearnedView, TargetDetailView
from tests.hoopterm.cli.conftest import Command, StubEngine

SHOWN = LearnedView("web1", "web1:22", "ssh-ed25519 A", "SHA256:a", is_pinned=False)


def test_nothing_is_pinned_where_nobody_looks_at_the_fingerprint(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["POST", "/targets/web1/learn"] = SHOWN
    done = hoopterm("target", "learn", "web1")
    assert done.status == 2
    assert "web1 at web1:22 shows the key SHA256:a" in done.err
    assert [body for *_, body in engine.asked] == [{"key": None}]


def test_the_key_that_was_shown_is_the_one_that_is_pinned(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["POST", "/targets/web1/learn"] = SHOWN
    done = hoopterm("target", "learn", "web1", "--yes")
    assert (done.status, done.out) == (0, "web1  SHA256:a  pinned\n")
    assert [body for *_, body in engine.asked] == [{"key": None}, {"key": "ssh-ed25519 A"}]
    assert hoopterm("target", "learn", "web1", "--yes", "--json").json == msgspec.to_builtins(SHOWN)


SHOP = TargetDetailView(
    "shop",
    "postgres",
    "db:5432",
    "shop",
    "enforce",
    {"env": "prod"},
    "env",
    2,
    failing=True,
    tls="verify-full",
    login="app",
    failed="2026-11-22T21:00:00Z",
    trouble="the upstream did not answer in time",
)


def test_targets_are_listed_with_how_they_answered(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/targets"] = [SHOP]
    done = hoopterm("target", "list")
    for word in ("failing", "db:5432", "env", "verify-full", "did not answer"):
        assert word in done.out
    assert hoopterm("target", "list", "--json").json == msgspec.to_builtins([SHOP])


def test_one_target_is_shown_whole(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/targets"] = [SHOP]
    done = hoopterm("target", "show", "shop")
    for word in ("env=prod", "app (env)", "the upstream did not answer in time"):
        assert word in done.out
    assert hoopterm("target", "show", "shop", "--json").json == msgspec.to_builtins(SHOP)
    assert hoopterm("target", "show", "web1").status == 1
