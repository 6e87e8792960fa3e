"""Faults that a test switches on: files in a directory are the switches.

`fail` makes every durable write of the record raise EIO, `full` ENOSPC, `fsync` every sync EIO; `short` writes half of
what it is given and says so; `slow` takes its time over every durable write and sync; `stall` lets them wait until the
file is gone, `lag` does that to recordings alone. `clock` holds how many seconds the clock is ahead.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_ERRORS = {"fail": errno.EIO, "full": errno.ENOSPC}
_SLOW = 0.05  # seconds


def install(switches: Path) -> None:
    """Patch this process."""

    def is_on(name: str) -> bool:
        return (switches / name).exists()

    def unreliable(function: Callable[..., Any], *stalls: str, errors: Sequence[str] = tuple(_ERRORS)) -> Any:
        def call(*arguments: Any) -> Any:
            while any(map(is_on, stalls)):
                time.sleep(0.01)  # the thread that stores, never the loop
            if is_on("slow"):
                time.sleep(_SLOW)
            for name in filter(is_on, errors):
                number = _ERRORS.get(name, errno.EIO)
                raise OSError(number, os.strerror(number))
            return function(*arguments)

        return call

    def pwritev(descriptor: int, buffers: list[bytes], *where: int) -> int:
        data = b"".join(buffers)
        return _pwritev(descriptor, [data[: len(data) // 2] if is_on("short") else data], *where)

    def pwrite(descriptor: int, data: bytes, position: int) -> int:
        return _pwrite(descriptor, data[: -(-len(data) // 2)] if is_on("short") else data, position)

    _pwritev, _pwrite = os.pwritev, os.pwrite
    os.pwritev = unreliable(pwritev, "stall")  # the journal
    os.pwrite = unreliable(pwrite, "stall", "lag")
    os.fdatasync = unreliable(os.fdatasync, "stall", "lag", errors=(*_ERRORS, "fsync"))
    os.fsync = unreliable(os.fsync, errors=("fsync",))


def clock(switches: Path) -> Callable[[], datetime]:
    """The time, as far ahead as `clock` says."""

    def now() -> datetime:
        try:
            ahead = float((switches / "clock").read_text() or 0)
        except FileNotFoundError:
            ahead = 0.0
        return datetime.now(UTC) + timedelta(seconds=ahead)

    return now
