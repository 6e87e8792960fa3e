"""Revisions on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.api.schema import AppliedView, DiffView, RevisionDetailView, RevisionView, ShiftView
from tests.hoopterm.cli.conftest import Command, StubEngine

ONE, TWO = "a" * 64, "b" * 64
SHIFT = ShiftView("gains", ["bot"], ["shop"], ["read"], ["deny"], ["allow", "deny"], ["reads"])


def test_a_diff_says_who_gains_what(
    hoopterm: Command, engine: StubEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hoopterm.yaml").write_text("rules: []\n")
    engine.answers["POST", "/policy/diff"] = DiffView(ONE, TWO, ["+ rule reads (allow)"], [SHIFT], "")
    shown = hoopterm("policy", "diff").out
    assert "+ rule reads (allow)" in shown
    assert "partly allow/deny" in shown
    assert hoopterm("policy", "diff", "--json").json["shifts"][0]["identities"] == ["bot"]


def test_the_history_is_listed_and_each_of_it_shown(hoopterm: Command, engine: StubEngine) -> None:
    engine.answers["GET", "/policy/history"] = [RevisionView(TWO, "2026-01-02T00:00:00Z", "ana", "why", ONE, True)]
    detail = RevisionDetailView(TWO, "2026-01-02T00:00:00Z", "ana", "why", ONE, {}, ["- rule x (allow)"], "--- a/x\n")
    engine.answers["GET", f"/policy/history/{TWO}"] = detail
    assert "(in force)" in hoopterm("policy", "history").out
    assert "- rule x (allow)" in hoopterm("policy", "show", TWO).out


def test_a_rollback_needs_a_reason(hoopterm: Command, engine: StubEngine) -> None:
    engine.answers["POST", "/policy/rollback"] = AppliedView(ONE, TWO, 1, "ana", [])
    assert hoopterm("policy", "rollback", ONE).status == 2
    assert hoopterm("policy", "rollback", ONE, "--reason", "it was wrong", "--json").json["revision"] == ONE
