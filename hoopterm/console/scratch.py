"""Where recordings of the engine are kept while they are replayed: nothing of the evidence is left behind."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from hoopterm.errors import Refused

MOST_IN_MEMORY = 48 << 20


class Scratch(Protocol):
    """A place for files of ours."""

    async def keep(self, chunks: AsyncIterator[bytes]) -> Path:
        """All of it, as a file that can be read; raises Problem."""

    def cleanup(self) -> None:
        """Forget everything."""


class Directory:
    """A directory for temporary files."""

    def __init__(self) -> None:
        self._directory = TemporaryDirectory(prefix="hoopterm-")
        self._kept = 0

    async def keep(self, chunks: AsyncIterator[bytes]) -> Path:
        """All of it, as a file that can be read."""
        path = Path(self._directory.name) / f"{self._kept}.hoop"
        self._kept += 1
        with path.open("wb") as file:
            async for chunk in chunks:
                file.write(chunk)
        return path

    def cleanup(self) -> None:
        """Forget everything."""
        self._directory.cleanup()


class Memory:
    """Memory of this process, for a console that may write no file: one recording at a time."""

    def __init__(self) -> None:
        self._kept: int | None = None

    async def keep(self, chunks: AsyncIterator[bytes]) -> Path:
        """All of it, as a file that can be read; raises Refused where it is too large."""
        self.cleanup()
        self._kept = os.memfd_create("recording")
        size = 0
        async for chunk in chunks:
            size += len(chunk)
            if size > MOST_IN_MEMORY:
                self.cleanup()
                why = f"the recording is over {MOST_IN_MEMORY >> 20} MB, and a console over SSH keeps it in memory"
                raise Refused("too_large", why, "hoopterm replay SESSION, where the engine's socket is")
            os.write(self._kept, chunk)
        return Path(f"/proc/self/fd/{self._kept}")

    def cleanup(self) -> None:
        """Forget everything."""
        if self._kept is not None:
            os.close(self._kept)
            self._kept = None
