"""A small disk that can be filled: a tmpfs, mounted by root."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

FILLER = "filler"
_BLOCK = bytes(1 << 16)


@contextlib.contextmanager
def mounted(directory: Path, megabytes: int) -> Iterator[None]:
    """Make the directory, and mount one there meanwhile."""
    if os.geteuid() != 0:
        pytest.fail("a full disk needs a file system of its own, which only root can mount: sudo make test")
    directory.mkdir()
    options = f"size={megabytes}m,mode=0711"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(directory)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


@contextlib.contextmanager
def filled(directory: Path) -> Iterator[None]:
    """Not a byte is left meanwhile."""
    filler = directory / FILLER
    try:
        with filler.open("wb", buffering=0) as file:
            for block in (_BLOCK, b"x"):
                with contextlib.suppress(OSError):
                    while file.write(block):
                        pass
        yield
    finally:
        filler.unlink()
