"""The process that keeps the index: `python -m engine.search.indexer STATE`.

It has an interpreter of its own and is nice, so that the relay never waits for it. Each line of its input is `SIZE`,
how many entries of the log are published, and so how far it may go on; or `renew`. It answers each with a line: its
position, and whether it waits for recordings; or `failed` and why. It ends when its input does.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from pathlib import Path

from engine.process import NICENESS
from engine.search.indexing import Indexing


class Indexer:
    """What one process does with the lines it is told."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._index: Indexing | None = None

    def hear(self, line: str) -> str:
        """Do what a line says; the answer. What fails is tried again with the next line, from where it was."""
        try:
            return self._do(line.strip())
        except (sqlite3.Error, OSError, ValueError, LookupError) as error:
            index, self._index = self._index, None  # it is opened, and so looked at, anew
            if index is not None:
                index.close()
            return f"failed {type(error).__name__}: {error}".replace("\n", " ")

    def _do(self, line: str) -> str:
        if line == "renew":
            self._opened(0).renew()
            return self._told()
        size = int(line)
        index = self._opened(size)
        index.step(size)
        if index.has_waiting:
            index.look_again()
        return self._told()

    def _opened(self, size: int) -> Indexing:
        if self._index is None:
            self._index = Indexing(self._state, size)
        return self._index

    def _told(self) -> str:
        assert self._index is not None
        return f"{self._index.position} {int(self._index.has_waiting)}"


def main() -> None:
    """Serve the lines of standard input."""
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the engine, which ends our input
    indexer = Indexer(Path(sys.argv[1]))
    for line in sys.stdin:
        print(indexer.hear(line), flush=True)


if __name__ == "__main__":
    main()
