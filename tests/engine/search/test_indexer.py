"""The process that keeps the index, line by line."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from engine.search.indexer import Indexer
from tests.engine.search.conftest import Record


def tell(record: Record, lines: str) -> str:
    command = [sys.executable, "-m", "engine.search.indexer", str(record.state)]
    return subprocess.run(command, input=lines, capture_output=True, text=True, check=True).stdout


async def test_each_line_is_answered_with_how_far_it_has_come(record: Record) -> None:
    await record.intend("o-1", "SELECT one")
    size = await record.publish()
    told = await asyncio.to_thread(tell, record, f"{size}\nrenew\n{size}\n")
    assert told.split("\n") == [f"{size} 0", "0 0", f"{size} 0", ""]
    assert len(record.found("one")) == 1


async def test_a_failure_is_told_and_tried_again_from_where_it_was(record: Record) -> None:
    await record.intend("o-1", "SELECT one")
    size = await record.publish()
    indexer = Indexer(record.state)
    log = record.state / "log"
    log.rename(record.state / "away")
    assert indexer.hear(f"{size}").startswith("failed LayoutError")
    (record.state / "away").rename(log)
    assert indexer.hear(f"{size}") == f"{size} 0"
    assert len(record.found("one")) == 1


async def test_an_index_that_was_torn_is_made_anew_by_the_next_line(record: Record) -> None:
    await record.intend("o-1", "SELECT one")
    size = await record.publish()
    record.index().close()
    (record.state / "search.db").write_bytes(b"torn" * 5000)
    assert Indexer(record.state).hear(f"{size}") == f"{size} 0"
    assert len(record.found("one")) == 1


def test_it_loads_nothing_that_it_does_not_need() -> None:
    told = "import sys, engine.search.indexer; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout.split()
    assert {"asyncio", "aiohttp", "sqlalchemy", "pydantic", "hyperscan", "textual"} & set(loaded) == set()
