"""A session that works all the while something else is at fault, and says how long it ever had to wait."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

import psycopg

from tests.servers.engine import RunningEngine

_EVERY = 0.005  # seconds


class Witness:
    """Runs a statement every few milliseconds on one session. `longest` is its longest wait in seconds."""

    def __init__(self, engine: RunningEngine, **parameters: str) -> None:
        self.longest = 0.0
        self.statements = 0
        self.failure: Exception | None = None
        self._connection = psycopg.connect(**engine.dsn(**parameters), autocommit=True)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join(60)
        self._connection.close()
        if error is None:
            assert not self._thread.is_alive(), "the witness hangs"
            assert self.failure is None, f"another session suffered: {self.failure}"
            assert self.statements > 0, "the witness never had an answer"

    def _run(self) -> None:
        try:
            while not self._stopping.wait(_EVERY):
                began = time.monotonic()
                self._connection.execute("select 1")
                self.longest = max(self.longest, time.monotonic() - began)
                self.statements += 1
        except psycopg.Error as error:
            self.failure = error
