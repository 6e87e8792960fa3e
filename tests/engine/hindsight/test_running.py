"""The process that judges the past, as the engine sees it."""

from __future__ import annotations

import os
import sys
from contextlib import aclosing
from pathlib import Path

import pytest

from engine.errors import Conflict, HooptermError
from engine.hindsight.running import Hindsight
from engine.hindsight.worker import Task

TASK = Task("backtest", {}, 1, False)
ENDLESS = "import os, sys\nprint(os.getpid(), flush=True)\nwhile True: print('.', flush=True)"


async def test_who_reads_no_further_ends_the_process(tmp_path: Path) -> None:
    hindsight = Hindsight(tmp_path, at_once=1, command=(sys.executable, "-c", ENDLESS))
    async with aclosing(hindsight.answers(TASK)) as answers:
        pid = int(await anext(answers))
        with pytest.raises(Conflict):
            await anext(hindsight.answers(TASK))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    async with aclosing(hindsight.answers(TASK)) as answers:
        assert await anext(answers)


async def test_a_process_that_fails_is_told(tmp_path: Path) -> None:
    hindsight = Hindsight(tmp_path, command=(sys.executable, "-c", "raise SystemExit(1)"))
    with pytest.raises(HooptermError, match="ended early"):
        await anext(hindsight.answers(TASK))
