"""A real program at work in a real terminal, keys typed into it: what it wrote, and when."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

LINGERS = 1.0  # seconds a program is listened to after its last key


class Piece(NamedTuple):
    """What was written at once, or typed, so many seconds after it began."""

    at: float
    data: bytes
    is_typed: bool = False


def perform(
    command: Sequence[str], keys: Sequence[tuple[float, str]], size: tuple[int, int], environment: Mapping[str, str]
) -> Iterator[Piece]:
    """Run a command in a terminal of so many columns and rows, type each key at its time, and end it after the last."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], list(command), dict(environment))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    os.kill(pid, signal.SIGWINCH)
    begun, waiting = time.monotonic(), list(keys)
    last = keys[-1][0] + LINGERS
    try:
        while (now := time.monotonic() - begun) < last:
            while waiting and waiting[0][0] <= now:
                _, key = waiting.pop(0)
                os.write(terminal, key.encode())
                yield Piece(now, key.encode(), is_typed=True)
            until = waiting[0][0] if waiting else last
            if select.select([terminal], [], [], max(until - now, 0))[0]:
                try:
                    output = os.read(terminal, 65536)
                except OSError:  # it has ended
                    return
                yield Piece(time.monotonic() - begun, output)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.close(terminal)
        os.waitpid(pid, 0)
