"""Backtests and drafts on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.api.schema import BacktestView, ChangedDecisionView, SuggestionView
from tests.hoopterm.cli.conftest import Command, StubEngine

CHANGED = ChangedDecisionView(
    7, "2026-01-02T00:00:00Z", "s", "o", "bot", "shop", "DELETE", ["delete"], ["table:a.b"], "allow", "r", "deny",
    None, "no rule allows it", "DELETE …"
)  # fmt: skip


def test_a_backtest_gathers_what_it_was_told_and_keeps_progress_apart(
    hoopterm: Command, engine: StubEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hoopterm.yaml").write_text("rules: []\n")
    views = (
        BacktestView(250, 300, 1, 0, changes=[CHANGED]),
        BacktestView(300, 300, 1, 2, {"allow→deny": 1}, done=True),
    )
    engine.answers["POST", "/policy/backtest"] = engine.lines(*views)
    done = hoopterm("policy", "backtest", "--json")
    assert (done.json["examined"], done.json["changes"][0]["sequence"]) == (300, 7)
    assert "250 of 300" in done.err
    shown = hoopterm("policy", "backtest").out
    assert "no rule allows it" in shown
    assert "2 cannot be told" in shown


def test_a_draft_is_yaml_on_stdout_and_what_is_left_on_stderr(hoopterm: Command, engine: StubEngine) -> None:
    engine.answers["GET", "/policy/suggest"] = SuggestionView("rules: []\n", 3, [], {"held by the rule x": 2})
    done = hoopterm("policy", "suggest")
    assert done.out == "rules: []\n"
    assert "2 operations without a rule: held by the rule x" in done.err
