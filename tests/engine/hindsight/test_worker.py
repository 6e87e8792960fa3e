"""The process that judges the past, asked for one task."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec

from engine.api.schema import BacktestView, SuggestionView
from engine.hindsight.worker import Task, perform
from tests.engine.hindsight.remembering import CONFIG, FILE
from tests.engine.search.conftest import Record, record

__all__ = ["record"]


def test_without_an_index_it_says_why_in_one_line(tmp_path: Path) -> None:
    task = msgspec.json.encode(Task("backtest", {str(FILE): CONFIG.replace("MODE", "enforce")}, 10, False))
    command = [sys.executable, "-m", "engine.hindsight.worker", str(tmp_path)]
    done = subprocess.run(command, input=task, capture_output=True, timeout=60, check=True)
    (line,) = done.stdout.splitlines()
    assert "no recorded operations" in msgspec.json.decode(line)["error"]["message"]


async def test_what_a_log_and_its_recordings_say_is_decided_again_and_drafted_for(record: Record) -> None:
    await record.open_session(mode="observe", groups=["agents"])
    await record.intend("o-1", "SELECT id FROM orders")
    await record.intend("o-2", "SELECT id FROM customers", resources=["table:public.customers(id)"])
    await record.publish()
    record.index().close()
    sources = {str(FILE): CONFIG.replace("MODE", "enforce")}
    rules = "rules: [{name: orders, decide: allow, what: {effects: [read], tables: [public.orders]}}]\n"
    tried = {str(FILE): sources[str(FILE)] + rules}
    (view,) = perform(record.state, Task("backtest", tried, 10, False))
    assert isinstance(view, BacktestView)
    assert [(each.operation, each.text, each.new) for each in view.changes] == [
        ("o-2", "SELECT id FROM customers", "deny")
    ]
    (drafted,) = perform(record.state, Task("suggest", sources, 10, False))
    assert isinstance(drafted, SuggestionView)
    together = {**sources, str(FILE.with_name("suggested.yaml")): drafted.yaml}
    (again,) = perform(record.state, Task("backtest", together, 10, False))
    assert isinstance(again, BacktestView)
    assert (again.examined, again.changed, again.undecidable) == (2, 0, 0)
