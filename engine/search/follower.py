"""The process that keeps the index, as the engine sees it: started, told how far it may go, started again."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import structlog

from engine.process import STARTED_WITH

_PAUSE: Final = 0.5  # seconds between two looks at the log
_AGAIN: Final = 5.0  # … after a failure
_PATIENCE: Final = 5.0  # … that it has for ending by itself
_LINE: Final = 8192

logger = structlog.get_logger()


class Follower:
    """Has the index follow the log while `run` does. `position` is how many entries are in it."""

    def __init__(
        self,
        state: Path,
        *,
        published: Callable[[], int],
        may_write: Callable[[], bool] = lambda: True,
        command: Sequence[str] = (sys.executable, "-m", "engine.search.indexer"),
    ) -> None:
        """`may_write` says no while the disk is kept for the record."""
        self._state = state
        self._published = published
        self._may_write = may_write
        self._command = command
        self._is_to_renew = False
        self._renewals = 0
        self._advanced = asyncio.Event()
        self.position = 0
        self.trouble = ""
        self.pid = 0

    def __repr__(self) -> str:
        return f"<Follower pid {self.pid} at {self.position}>"

    async def run(self) -> None:
        """Keep the process there, until cancelled. It comes a moment after everything else."""
        await asyncio.sleep(_PAUSE)
        while True:
            try:
                await self._once()
            except OSError as error:
                self._fail(str(error))
            await asyncio.sleep(_AGAIN)

    async def renew(self) -> None:
        """Have the index made anew; returns once it is empty, or that has failed."""
        wanted = self._renewals + 1
        self._is_to_renew = True
        while self._renewals < wanted and not self.trouble:
            await self.news()

    async def news(self) -> None:
        """Return when the index has next gone on, or failed to."""
        await self._advanced.wait()

    async def _once(self) -> None:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self._command, str(self._state), stdin=pipe, stdout=pipe, env=STARTED_WITH, limit=_LINE
        )
        self.pid = process.pid
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            await self._feed(process.stdin, process.stdout)
        finally:
            process.stdin.close()
            await _end(process)
            self.pid = 0

    async def _feed(self, to: asyncio.StreamWriter, back: asyncio.StreamReader) -> None:
        """Tell it, one line at a time, and hear its answer."""
        is_waiting = True  # it may have been left so
        while True:
            size = self._published()
            if not self._is_to_renew and ((size <= self.position and not is_waiting) or not self._may_write()):
                await asyncio.sleep(_PAUSE)
                continue
            renews, self._is_to_renew = self._is_to_renew, False
            to.write(b"renew\n" if renews else b"%d\n" % size)
            answer = (await back.readline()).decode().split()
            if not answer:
                self._fail("its process ended")
                return
            if answer[0] == "failed":
                self._fail(" ".join(answer[1:]))
                await asyncio.sleep(_AGAIN)
                continue
            self._advance(int(answer[0]), renews)
            is_waiting = answer[1] == "1"
            if self.position >= size:
                await asyncio.sleep(_PAUSE)

    def _advance(self, position: int, renews: bool) -> None:
        self.position, self.trouble = position, ""
        self._renewals += renews
        self._tell()

    def _fail(self, why: str) -> None:
        if self.trouble != why:
            logger.error("the search index does not follow the log", why=why)
        self.trouble = why
        self._tell()

    def _tell(self) -> None:
        advanced, self._advanced = self._advanced, asyncio.Event()
        advanced.set()


async def _end(process: asyncio.subprocess.Process) -> None:
    """End it; one that is stopped or stuck does not keep the engine from its own end."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _PATIENCE)
    except TimeoutError:
        process.kill()
        await process.wait()
