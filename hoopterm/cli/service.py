"""The engine in the background: started apart from the terminal, watched until it serves, stopped and waited for."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from hoopterm.address import DEFAULT_STATE, settings
from hoopterm.errors import Refused

LOG_NAME = "engine.log"
CONSOLES = (sys.executable, "-I", "-X", "utf8", "-m", "hoopterm.console.nursery")
"""What the engine starts to have consoles over SSH: of this installation, whatever the directory or the environment."""

_LAST_LINES = 12
_READ = 1 << 16


def state_of(config: Path) -> Path:
    """The state directory that a configuration names."""
    folder = config if config.is_dir() else config.parent
    files = sorted(folder.glob("*.y*ml")) if config.is_dir() else [config]
    named = next((found["state"] for file in files if "state" in (found := settings(file))), DEFAULT_STATE)
    return (folder / named).absolute()


def start(config: Path, patience: float) -> dict[str, Any]:
    """Run the engine in the background; its ready line, once it serves. Raises Refused with the end of its log."""
    state = state_of(config)
    _require_free(state)
    state.mkdir(parents=True, exist_ok=True, mode=0o711)
    log = state / LOG_NAME
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    begins = os.fstat(descriptor).st_size
    try:
        child = subprocess.Popen(
            [sys.executable, "-m", "hoopterm", "engine", "run", "--config", str(config.absolute())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=descriptor,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    assert child.stdout is not None
    with child.stdout as stdout:
        line = _read_line(stdout.fileno(), patience)
    if line is None:
        child.terminate()
        raise Refused("not_ready", f"the engine did not get ready within {patience:g} s", _tail(log, begins))
    if not line:
        child.wait()
        raise Refused("not_started", "the engine did not start", _tail(log, begins))
    child.returncode = 0  # it lives on by itself; without this its object would complain when it is collected
    warnings = [text for text in _lines(log, begins) if not text.startswith("{")]
    return {**msgspec.json.decode(line, type=dict[str, Any]), "log": str(log), "warnings": warnings}


def _require_free(state: Path) -> None:
    """Raise Refused where an engine runs on this state already: its log is not ours to write into."""
    try:
        descriptor = os.open(state / "log" / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # none ran here yet; what cannot be read the engine will tell itself
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _holder(os.fstat(descriptor))
        by = f" (pid {holder})" if holder else ""
        hint = "hoopterm engine status shows it; to have another one beside it, give that its own engine.state"
        raise Refused("running", f"an engine{by} runs on {state} already", hint) from None
    finally:
        os.close(descriptor)


def _holder(file: os.stat_result) -> int | None:
    """The process that has the lock of a file (proc_locks(5)), where the kernel tells."""
    device = f"{os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino}"
    try:
        locks = Path("/proc/locks").read_text()
    except OSError:
        return None
    found = (row.split() for row in locks.splitlines())
    return next((int(row[4]) for row in found if row[1] == "FLOCK" and row[5] == device), None)


def stop(pid: int, ask: Callable[[], None], patience: float) -> None:
    """Ask a process to stop and wait until it has; raises Refused when it takes too long."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ask()
        ended, _, _ = select.select([watched], [], [], patience)
    finally:
        os.close(watched)
    if not ended:
        raise Refused(
            "not_stopped", f"the engine (pid {pid}) still drains after {patience:g} s", "its log says of what"
        )


def tell_ready() -> None:
    """Tell systemd that the engine serves, where systemd asked (sd_notify(3))."""
    import socket

    if not (address := os.environ.pop("NOTIFY_SOCKET", "")):
        return
    name = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
        notify.connect(name)
        notify.send(b"READY=1")


def _read_line(descriptor: int, patience: float) -> bytes | None:
    """The first line; empty where the other end closed before, None where it took too long."""
    deadline, received = time.monotonic() + patience, b""
    while b"\n" not in received:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            return None
        chunk = os.read(descriptor, _READ)
        if not chunk:
            return b""
        received += chunk
    return received.partition(b"\n")[0]


def _lines(log: Path, begins: int) -> list[str]:
    with log.open("rb") as file:
        file.seek(begins)
        return file.read(_READ).decode("utf-8", "replace").splitlines()


def _tail(log: Path, begins: int) -> str:
    return "\n".join([*_lines(log, begins)[-_LAST_LINES:], f"its log is {log}"])


def on_signals(stop: Callable[[], None], reload: Callable[[], object]) -> None:
    """Let SIGTERM and SIGINT stop the engine on the running loop, and SIGHUP read its configuration again."""
    import asyncio

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, reload)
