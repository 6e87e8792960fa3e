"""The process that judges the past, as the engine sees it: started for one task, read, ended with its reader."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Final

import msgspec

from engine.errors import Conflict, HooptermError
from engine.hindsight.worker import Task
from engine.process import STARTED_WITH

_LINE: Final = 64 << 20
_COMMAND: Final = (sys.executable, "-m", "engine.hindsight.worker")


class Hindsight:
    """One state directory's past. At most `at_once` processes judge it at a time, so that nobody fills the node."""

    def __init__(self, state: Path, *, at_once: int = 2, command: Sequence[str] = _COMMAND) -> None:
        self._state = state
        self._free = at_once
        self._command = command

    async def answers(self, task: Task) -> AsyncGenerator[bytes, None]:
        """The lines that a process answers; closing this ends it. Raises Conflict where too many run already."""
        if self._free == 0:
            raise Conflict("others are looking at the past already", hint="try again in a moment")
        self._free -= 1
        try:
            async with aclosing(self._lines(task)) as lines:
                async for line in lines:
                    yield line
        finally:
            self._free += 1

    async def _lines(self, task: Task) -> AsyncGenerator[bytes, None]:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self._command, str(self._state.resolve()), stdin=pipe, stdout=pipe, env=STARTED_WITH, limit=_LINE
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(msgspec.json.encode(task))
            process.stdin.close()
            async for line in process.stdout:
                yield line
            if await process.wait() != 0:
                raise HooptermError("the process that looks at the past ended early", hint="see the engine's log")
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
