"""The demo as people start it, without a terminal: what it prints last, its exit status, what it leaves behind."""

from __future__ import annotations

import ast
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

# A demo on a terminal, whose console only says what waits when it opens.
WATCHED = """
import asyncio, sys
from hoopterm.cli import demo
from hoopterm.cli.root import run
from hoopterm.client import Client
from hoopterm.console import app
from hoopterm.demo import host
host.sshd = lambda: None
demo._PAUSE = 0.0
sys.stdin.isatty = sys.stdout.isatty = lambda: True
def opened(arguments):
    async def look():
        async with Client.at(arguments[0]) as client:
            print(*((each.verb, each.estimated_rows) for each in await client.reviews("pending")))
    asyncio.run(look())
app.run = opened
sys.exit(run(["demo"]))
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


def test_on_a_terminal_the_console_opens_once_the_delete_waits_and_its_rows_are_guessed_well(tmp_path: Path) -> None:
    done = ran([sys.executable, "-c", WATCHED], tmp_path)
    assert done.returncode == 0, done.stderr
    verb, rows = ast.literal_eval(done.stdout)
    assert verb == "DELETE"
    assert 80 < rows < 130
    assert "▸ the agent drops a table: denied" in done.stderr
