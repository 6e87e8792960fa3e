"""The installed console on a terminal that somebody looks at: every byte it draws, with the time it came."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SIZE = (200, 50)
_WITHIN = 60.0
_LOOKS_EVERY = 0.01


class Drawn:
    """A program on a pseudo-terminal. Times are of the wall clock, as the engine's are."""

    def __init__(self, command: Sequence[str], home: Path, size: tuple[int, int] = SIZE) -> None:
        self._master, inner = os.openpty()
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": str(home)}
        self.started = time.time()
        self.process = subprocess.Popen(
            command, stdin=inner, stdout=inner, stderr=inner, env=environment, start_new_session=True
        )
        os.close(inner)
        self.seen = b""
        self._ends: list[tuple[int, float]] = []  # how much was there when
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65_536)
            except OSError:  # it has ended
                return
            if not data:
                return
            now = time.time()
            self.seen += data
            self._ends.append((len(self.seen), now))

    def type(self, keys: str) -> None:
        """Press keys, all at once."""
        os.write(self._master, keys.encode())

    def shows(self, text: str, since: int = 0) -> float:
        """Wait until it is drawn; when it was."""
        deadline = time.monotonic() + _WITHIN
        while (when := self.when(text, since)) is None:
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit(f"the console does not show {text!r}: {self.seen[-2000:]!r}")
            time.sleep(_LOOKS_EVERY)  # when it came stands beside each byte, however late one looks
        return when

    def when(self, text: str, since: int = 0) -> float | None:
        """When a text was drawn first."""
        place = self.seen.find(text.encode(), since)
        if place < 0:
            return None
        end = place + len(text.encode())
        return next((moment for size, moment in list(self._ends) if size >= end), None)

    def close(self) -> None:
        """End it, and take the terminal away."""
        self.process.terminate()
        self.process.wait(_WITHIN)
        self._reader.join(_WITHIN)
        os.close(self._master)


@contextmanager
def console(socket: Path, home: Path, program: Sequence[str] = ()) -> Iterator[Drawn]:
    """A console of the engine at a socket, or a `program` that is one, ended afterwards."""
    installed = (str(Path(sys.executable).with_name("hoopterm")),)
    drawn = Drawn([*(program or installed), "--engine", str(socket), "console"], home)
    try:
        yield drawn
    finally:
        drawn.close()
