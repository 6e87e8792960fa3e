"""Exports of a terminal in asciinema's players: they leave on the screen what `hoopterm replay` has there."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from replay.screen import Screen
from tests.servers import npm
from tests.servers.bastion import Bastion, StartBastion
from tests.servers.typist import typist

RULES = """
rules:
  - {name: shells, decide: allow, who: {groups: [agents]}, what: {effects: [execute], verbs: [SHELL]}}
"""
COLUMNS, ROWS = 72, 18
NOTE = "naïve café ✓\n日本語 wide\nred blue\n" + "".join(f"line {number}\n" for number in range(9))


@pytest.fixture
def recording(start_bastion: StartBastion, tmp_path: Path) -> Path:
    """Of somebody who edits a note in vim, on a terminal that grows, and hangs up with the editor on the screen."""
    (tmp_path / "note").write_text(NOTE)
    bastion = start_bastion(RULES)
    line = ["ssh", *bastion.options(), "-tt", "-p", str(bastion.port), "web1@127.0.0.1"]
    with typist(line, size=(60, 12)) as user:
        user.type(b"export LC_ALL=C.UTF-8 PS1='ready'\\>' '; clear\r")
        user.shows(rb"ready> ")
        user.resize(COLUMNS, ROWS)
        user.process.send_signal(signal.SIGWINCH)
        user.type(f"vim -Nu NONE --cmd 'syntax on|set nu ruler' {tmp_path}/note\r".encode())
        user.shows(rb"wide")
        user.type(b"5Gonew text \xe2\x9c\x93\x1b:match Error /line/\r2G")
        user.settles()
    return of(bastion)


def of(bastion: Bastion) -> Path:
    bastion.stop()
    (found,) = bastion.state.glob("recordings/*.hoop")
    return found


def exported(recording: Path, *options: str) -> str:
    line = [sys.executable, "-m", "hoopterm", "replay", str(recording), "--export", *options]
    return subprocess.run(line, check=True, capture_output=True, text=True, timeout=60).stdout


def picture(lines: list[str]) -> list[str]:
    return [line.rstrip() for line in lines]


@pytest.fixture
def last(recording: Path) -> list[str]:
    """The lines of the last screen, as `hoopterm replay` shows it."""
    shown = picture(exported(recording, "text", "--at", "999:00").splitlines())
    assert len(shown) == ROWS
    assert {"  2 日本語 wide", "  6 new text ✓"} <= set(shown)
    return shown


def test_asciinema_plays_the_older_version(recording: Path, last: list[str], tmp_path: Path) -> None:
    cast = tmp_path / "v2.cast"
    cast.write_text(exported(recording, "asciicast", "--version", "2"))
    line = [sys.executable, "-m", "asciinema", "play", "--speed", "1000", "--idle-time-limit", "0.1", str(cast)]
    environment = {"LC_ALL": "C.UTF-8", "HOME": str(tmp_path), "TERM": "xterm-256color"}
    with typist(line, environment, (COLUMNS, ROWS)) as player:
        assert player.ends() == 0
        screen = Screen(COLUMNS, ROWS)
        screen.feed(player.seen)
    assert picture(screen.text) == last


@pytest.mark.parametrize("version", ["2", "3"])
def test_asciinema_s_player_for_browsers_plays_both(recording: Path, last: list[str], version: str) -> None:
    folder = npm.installed(Path(npm.__file__).parent / "player")
    cast = exported(recording, "asciicast", "--version", version)
    done = subprocess.run(
        ["node", "play.mjs"], cwd=folder, input=cast, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert picture(json.loads(done.stdout)) == last
