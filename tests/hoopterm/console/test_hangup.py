"""The console on a terminal that goes away without a word."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path


def test_a_console_whose_terminal_is_gone_ends(tmp_path: Path) -> None:
    """Whoever starts it as somebody else (sudo, runuser) leads its session, and may keep the hang-up to themselves."""
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    console = subprocess.Popen(
        [sys.executable, "-m", "hoopterm", "--engine", str(tmp_path / "none.sock"), "console"],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,  # no terminal is its own, so nothing sends it SIGHUP
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(terminal)
    try:
        painted = b""
        while b"screens" not in painted:
            painted += os.read(master, 65536)
        os.close(master)
        assert console.wait(30) == 0
    finally:
        console.kill()
        console.wait()
