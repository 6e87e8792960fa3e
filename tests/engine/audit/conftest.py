"""A log in a temporary directory, and a storage that can be made to fail."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from engine.audit.events import EventName
from engine.audit.log import Log
from replay.note import SigningKey

ORIGIN = "node/0"
SEGMENT_SIZE = 1 << 18

OpenLog = Callable[..., Any]


@pytest.fixture(scope="session")
def key() -> SigningKey:
    return SigningKey.generate(ORIGIN)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
async def open_log(directory: Path, key: SigningKey) -> AsyncIterator[OpenLog]:
    """Opens the log, as often as asked; what is still open at the end is closed."""
    opened: list[Log] = []

    async def open_one(**options: Any) -> Log:
        log = await Log.open(directory, key=key, origin=ORIGIN, **{"segment_size": SEGMENT_SIZE, **options})
        opened.append(log)
        return log

    yield open_one
    for log in opened:
        if not log.is_closed:
            await log.close()


@pytest.fixture
async def log(open_log: OpenLog) -> Log:
    """A new log, open."""
    opened = await open_log()
    assert isinstance(opened, Log)
    return opened


def write(log: Log, count: int, **fields: Any) -> int:
    """Append that many entries; returns the last one's sequence."""
    sequence = -1
    for number in range(count):
        sequence = log.append(EventName.POLICY_APPLIED, data={"number": number}, **fields)
    return sequence


class Storage:
    """The system calls that make things durable, failing on demand."""

    def __init__(self) -> None:
        self.error: OSError | None = None
        self.calls = 0

    def fail(self, number: int) -> None:
        self.error = OSError(number, os.strerror(number))

    def heal(self) -> None:
        self.error = None

    def wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self.calls += 1
            if self.error is not None:
                raise OSError(self.error.errno, self.error.strerror)
            return function(*arguments, **options)

        return call


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Storage:
    """Every durable write of the journal and of recordings goes through it."""
    storage = Storage()
    for name in ("pwritev", "pwrite", "fdatasync"):
        monkeypatch.setattr(os, name, storage.wrap(getattr(os, name)))
    monkeypatch.setattr("engine.audit.journal.os.write", storage.wrap(os.write))
    return storage
