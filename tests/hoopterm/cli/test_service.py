from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hoopterm.cli.service import on_signals, start, state_of, stop, tell_ready
from hoopterm.errors import Refused


def test_the_state_is_found_in_a_file_or_in_a_folder_of_them(tmp_path: Path) -> None:
    assert state_of(tmp_path / "hoopterm.yaml") == tmp_path / "state"
    (tmp_path / "a.yaml").write_text("rules: []\n")
    (tmp_path / "b.yaml").write_text("engine: {state: there}\n")
    assert state_of(tmp_path) == tmp_path / "there"
    assert state_of(tmp_path / "b.yaml") == tmp_path / "there"


def test_a_second_engine_on_one_state_is_refused_before_anything_is_touched(tmp_path: Path) -> None:
    (tmp_path / "hoopterm.yaml").write_text("rules: []\n")
    log = tmp_path / "state" / "log"
    log.mkdir(parents=True)
    with (log / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Refused, match=rf"an engine( \(pid {os.getpid()}\))? runs on .*/state already"):
            start(tmp_path / "hoopterm.yaml", 5)
    assert not (tmp_path / "state" / "engine.log").exists()


def test_stopping_waits_for_the_end() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        stop(process.pid, process.stdin.close, 10)
        assert process.wait() is not None


def test_stopping_something_that_does_not_end_is_told() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        with pytest.raises(Refused, match="still drains"):
            stop(process.pid, lambda: None, 0.05)
        process.kill()


def test_systemd_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(path))
        notify.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        tell_ready()
        assert notify.recv(100) == b"READY=1"
    assert "NOTIFY_SOCKET" not in os.environ
    tell_ready()


async def test_signals_call_what_they_stand_for() -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    on_signals(lambda: heard.put_nowait("stop"), lambda: heard.put_nowait("reload"))
    try:
        for number, word in ((signal.SIGHUP, "reload"), (signal.SIGTERM, "stop"), (signal.SIGINT, "stop")):
            os.kill(os.getpid(), number)
            assert await heard.get() == word
    finally:
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().remove_signal_handler(number)
