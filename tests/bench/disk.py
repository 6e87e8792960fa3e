"""How long this disk takes to make a small write durable."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

_BLOCK = bytes(512)
_SIZE = 1 << 20


def latency(directory: Path, writes: int, *, preallocated: bool) -> float:
    """Median seconds of a 512-byte write with its fdatasync: appended to a file, or into one of written zeros."""
    path = directory / "disk.probe"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        if preallocated:
            os.write(descriptor, bytes(_SIZE))
            os.fsync(descriptor)
        took = []
        for number in range(writes):
            started = time.perf_counter()
            os.pwrite(descriptor, _BLOCK, number * len(_BLOCK) % _SIZE)
            os.fdatasync(descriptor)
            took.append(time.perf_counter() - started)
        return statistics.median(took)
    finally:
        os.close(descriptor)
        path.unlink()
