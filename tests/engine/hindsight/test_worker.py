"""The process that judges the past, asked for one task."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec

from engine.hindsight.worker import Task
from tests.engine.hindsight.remembering import CONFIG, FILE


def test_without_an_index_it_says_why_in_one_line(tmp_path: Path) -> None:
    task = msgspec.json.encode(Task("backtest", {str(FILE): CONFIG.replace("MODE", "enforce")}, 10, False))
    command = [sys.executable, "-m", "engine.hindsight.worker", str(tmp_path)]
    done = subprocess.run(command, input=task, capture_output=True, timeout=60, check=True)
    (line,) = done.stdout.splitlines()
    assert "no recorded operations" in msgspec.json.decode(line)["error"]["message"]
