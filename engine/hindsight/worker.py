"""The process that judges the past: `python -m engine.hindsight.worker STATE`, one task as JSON on its input.

It has an interpreter of its own and is nice, so that the relay never waits for it. Each line it writes is a view of the
control API, or `{"error": …}`. It ends when it is done, or when nobody reads.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from engine.api.schema import ErrorView
from engine.config.loading import load_sources
from engine.errors import HooptermError
from engine.hindsight.drafting import draft
from engine.hindsight.recall import Memory
from engine.hindsight.retrial import retry
from engine.process import NICENESS
from engine.search.operations import recorded_operations


class Task(msgspec.Struct, frozen=True):
    """What is to be done: `backtest` or `suggest`, with these files, over the newest `last` operations. `hides`: the
    masking in force may have left nothing in the place of a value."""

    do: str
    sources: dict[str, str]
    last: int
    hides: bool


def perform(state: Path, task: Task) -> Iterator[msgspec.Struct]:
    """The views that answer a task; raises HooptermError."""
    sources = {Path(path): text.encode() for path, text in task.sources.items()}
    memory = Memory(load_sources(sources), hides=task.hides)
    recorded = recorded_operations(state, task.last)
    if task.do == "suggest":
        yield draft(memory, recorded)
    else:
        yield from retry(memory, recorded, task.last)


def main() -> None:
    """Do the task of standard input."""
    os.nice(NICENESS)
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    with contextlib.suppress(BrokenPipeError):
        try:
            for view in perform(Path(sys.argv[1]), task):
                _say(view)
        except HooptermError as error:
            _say({"error": ErrorView(error.code, str(error), error.hint)})


def _say(view: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(view) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
