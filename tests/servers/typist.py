"""Somebody at a real terminal: OpenSSH's client, or a shell, on a pseudo-terminal of the test's."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

_COMES_WITHIN = 20.0
_SETTLES = 0.3


class Typist:
    """Types into a program, and reads what it shows."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], size: tuple[int, int]) -> None:
        self._terminal, inner = os.openpty()
        self.resize(*size)
        self.process = subprocess.Popen(
            command, stdin=inner, stdout=inner, stderr=inner, env=dict(environment), start_new_session=True
        )
        os.close(inner)
        self.seen = b""
        """All that was shown so far."""
        self._position = self._taken = 0

    def type(self, keys: bytes) -> None:
        """Press keys, all at once."""
        os.write(self._terminal, keys)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def shows(self, pattern: bytes) -> bytes:
        """Wait until something like it is shown that was not waited for yet; what was shown up to there."""
        expression = re.compile(pattern, re.DOTALL)
        deadline = time.monotonic() + _COMES_WITHIN
        while (found := expression.search(self.seen, self._position)) is None:
            assert time.monotonic() < deadline, self.seen.decode(errors="replace")
            assert self._read(deadline), f"it ended: {self.seen.decode(errors='replace')}"
        before, self._position = self.seen[self._position : found.end()], found.end()
        return before

    def settles(self) -> None:
        """Wait until nothing more is shown."""
        while select.select([self._terminal], [], [], _SETTLES)[0] and self._read(time.monotonic() + _COMES_WITHIN):
            pass

    def taken(self) -> bytes:
        """What was shown since it was last asked for."""
        taken, self._taken = self.seen[self._taken :], len(self.seen)
        return taken

    def ends(self) -> int:
        """Wait until the program has ended; its exit status."""
        while self._read(time.monotonic() + _COMES_WITHIN):
            pass
        return self.process.wait(_COMES_WITHIN)

    def close(self) -> None:
        """Take the terminal away."""
        os.close(self._terminal)
        self.process.terminate()
        self.process.wait(_COMES_WITHIN)

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], max(0, deadline - time.monotonic()))
        assert ready, f"nothing came: {self.seen.decode(errors='replace')}"
        try:
            data = os.read(self._terminal, 65536)
        except OSError:  # nobody has the other end
            return False
        self.seen += data
        return bool(data)


@contextmanager
def typist(
    command: Sequence[str], environment: Mapping[str, str] | None = None, size: tuple[int, int] = (80, 24)
) -> Iterator[Typist]:
    """One at a terminal of so many columns and rows, taken away afterwards."""
    found = Typist(command, {"PATH": os.environ["PATH"], "TERM": "xterm", **(environment or {})}, size)
    try:
        yield found
    finally:
        found.close()
