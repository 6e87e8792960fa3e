"""The engine as a process: its ready line, its signals, its background, its end."""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.api.schema import SpaceView
from tests.hoopterm.cli.conftest import Command, StubEngine
from tests.hoopterm.samples import status

CONFIGURATION = """
engine: {{state: ./state}}
identity: {{people: {{me: {{unix: {unix}, groups: [all]}}}}}}
permissions: {{admin: [all], approver: [all], operator: [all], auditor: [all]}}
agents: [{{name: bot, sponsor: me, groups: [agents]}}]
targets: [{{name: shop, protocol: postgres, address: "127.0.0.1:1", credential: {{user: app}}}}]
rules: [{{name: reads, decide: allow, who: {{groups: [agents]}}, what: {{effects: [read]}}}}]
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOOPTERM_ENGINE", raising=False)
    path = tmp_path / "hoopterm.yaml"
    path.write_text(CONFIGURATION.format(unix=pwd.getpwuid(os.getuid()).pw_name))
    return path


@pytest.fixture
def running(config: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "hoopterm", "engine", "run", "--config", str(config)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        process.kill()


def test_it_says_when_it_serves_and_drains_on_sigterm(
    running: subprocess.Popen[str], config: Path, hoopterm: Command
) -> None:
    assert running.stdout is not None
    ready = json.loads(running.stdout.readline())
    control = str(config.parent / "state" / "control.sock")
    assert ready == {"event": "ready", "pid": running.pid, "control": control, "listeners": {}}
    assert hoopterm("engine", "status", "--json").json["pid"] == running.pid
    running.send_signal(signal.SIGTERM)
    assert running.wait(20) == 0
    assert not Path(control).exists()
    assert hoopterm("audit", "verify", "--json").json["ok"] is True


def test_sighup_reads_the_configuration_again_and_a_bad_one_changes_nothing(
    running: subprocess.Popen[str], config: Path, hoopterm: Command
) -> None:
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.readline()
    before = hoopterm("engine", "status", "--json").json["policy"]
    config.write_text(config.read_text() + "nonsense: 1\n")
    running.send_signal(signal.SIGHUP)
    while "not taken over" not in running.stderr.readline():
        pass
    assert hoopterm("engine", "status", "--json").json["policy"] == before
    assert hoopterm("audit", "tail", "--event", "policy.refused", "--json").json["data"]["author"] == "SIGHUP"


def test_start_returns_when_it_serves_and_stop_when_it_has_ended(config: Path, hoopterm: Command) -> None:
    started = hoopterm("engine", "start", "--json").json
    try:
        assert Path(started["log"]) == config.parent / "state" / "engine.log"
        assert hoopterm("token", "create", "bot").out.startswith("ht_")
        again = hoopterm("engine", "start")
        assert again.status == 1
    finally:
        stopped = hoopterm("engine", "stop", "--json")
    assert stopped.json == {"pid": started["pid"], "state": "stopped"}
    assert not Path(f"/proc/{started['pid']}").exists() or _is_zombie(started["pid"])
    assert hoopterm("engine", "status").status == 3


def test_a_configuration_that_does_not_hold_stops_the_start_with_its_problems(config: Path, hoopterm: Command) -> None:
    config.write_text("nonsense: 1\n")
    done = hoopterm("engine", "start")
    assert done.status == 1
    assert "hoopterm.yaml:1:1" in done.err
    command = [sys.executable, "-m", "hoopterm", "engine", "run", "--config", str(config)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "hoopterm.yaml:1:1" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_configuration_that_is_not_there_is_usage(tmp_path: Path, hoopterm: Command) -> None:
    assert hoopterm("engine", "start", "--config", str(tmp_path / "absent.yaml")).status == 2


def test_the_status_shows_how_much_room_the_record_has_and_what_fails(engine: StubEngine, hoopterm: Command) -> None:
    ample = SpaceView("/var/lib/hoopterm", "ample", 600 * 10**9, 10**12, 10**11, 10**10, 5e9, 118.2)
    full = SpaceView("/mnt/log", "full", 4 * 10**8, 10**12, 10**11, 10**10)
    engine.answers["GET", "/status"] = status(space=[ample, full], troubles={"checkpoint": "Input/output error"})
    out = hoopterm("engine", "status").out
    assert "✓ ample  600 GB free of 1.0 TB · 118 days left · /var/lib/hoopterm" in out
    assert "✗ full  400 MB free of 1.0 TB · days left not known yet · /mnt/log · operations are refused" in out
    assert "✗ checkpoint: Input/output error" in out
    assert hoopterm("engine", "status", "--json").json["space"][1]["level"] == "full"


def test_the_status_is_drawn(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/status"] = status()
    out = hoopterm("engine", "status").out
    for part in ("● running", "bob · approver", "postgres on 127.0.0.1:15432 · tls auto", "env=prod", "120 entries"):
        assert part in out


def test_the_unit_is_printed(hoopterm: Command) -> None:
    assert "ExecStart=" in hoopterm("engine", "unit").out


def _is_zombie(pid: int) -> bool:
    return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()


def test_a_credential_that_is_missing_is_told_at_the_start(config: Path, hoopterm: Command) -> None:
    without = "credential: {user: app, password: {env: NOT_IN_THE_ENVIRONMENT}}"
    config.write_text(config.read_text().replace("credential: {user: app}", without))
    started = hoopterm("engine", "start", "--config", str(config))
    assert "NOT_IN_THE_ENVIRONMENT is not in the environment" in started.err
    assert hoopterm("engine", "stop").status == 0
