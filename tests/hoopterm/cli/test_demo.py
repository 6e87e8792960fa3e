"""The demo as people start it, without a terminal: what it prints last, its exit status, what it leaves behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HOOPTERM = [sys.executable, "-m", "hoopterm"]

# A demo whose only step never shows what it should.
POINTLESS = """
import sys
from hoopterm.cli.root import run
from hoopterm.demo import agent, host, scene
host.sshd = lambda: None
scene.STEPS = (agent.Step("waits in vain", "SELECT 1;", "something else", lambda output: False),)
sys.exit(run(["demo", "--headless"]))
"""


def ran(command: list[str], directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_demo_decides_by_itself_and_ends_with_one_line_of_json(tmp_path: Path) -> None:
    done = ran([*HOOPTERM, "demo"], tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert list(result) == ["operations", "masked_values", "denied", "approved", "recording", "log"]
    assert list(result["log"]) == ["size", "verified"]
    assert result["log"]["verified"] is True
    assert min(result["operations"], result["masked_values"], result["denied"], result["approved"]) > 0

    verified = ran([*HOOPTERM, "audit", "verify", ".demo/state", "--json"], tmp_path)
    assert verified.returncode == 0
    assert json.loads(verified.stdout)["size"] == result["log"]["size"]
    replayed = ran([*HOOPTERM, "replay", result["recording"]], tmp_path)
    assert replayed.returncode == 0
    assert "DELETE" in replayed.stdout


def test_the_demo_fails_when_something_did_not_happen(tmp_path: Path) -> None:
    done = ran([sys.executable, "-c", POINTLESS], tmp_path)
    assert done.returncode == 1
    assert "waits in vain" in done.stderr
    assert json.loads(done.stdout)["denied"] == 0
