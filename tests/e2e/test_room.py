"""A real filesystem that fills up under live sessions: a warning, refusals before a record is lost, then service."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from engine.api.schema import SpaceView
from engine.protocols.postgres import requests as r
from replay.tiles import Tiles
from tests.e2e.shop import SCHEMA
from tests.servers.engine import WRITE_RULES, RunningEngine, StartEngine
from tests.servers.postgres import Database
from tests.servers.raw import errors

SIZE = 256 << 20
FLOOR = 64 << 20
WARN = 128 << 20
INSERT = "insert into notes (person, body) values (1, 'in a small room')"


@dataclass
class Small:
    """A folder whose filesystem has little room left, as far as the limits say."""

    folder: Path
    warn: int
    floor: int
    step: int

    @property
    def ballast(self) -> Path:
        return self.folder / "ballast"

    def leave(self, free: int) -> None:
        """Fill it until so much is free, with more than before."""
        with self.ballast.open("ab") as file:
            more = shutil.disk_usage(self.folder).free - free
            os.posix_fallocate(file.fileno(), file.tell(), more)

    def empty(self) -> None:
        self.ballast.unlink(missing_ok=True)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    """A tmpfs of its own where it may be mounted; elsewhere the limits are put just below what is free here."""
    folder = tmp_path / "engine-0"  # where the first engine of a test lives
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "hoopterm-test", str(folder)]
    if os.getuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0:
        try:
            yield Small(folder, WARN, FLOOR, 4 << 20)
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)
    else:
        step = 1 << 30  # others write here too: only large steps are ours for certain
        free = shutil.disk_usage(folder).free
        room = Small(folder, free - step, free - 3 * step, step)
        yield room
        room.empty()


@pytest.fixture
def engine(start_engine: StartEngine, database: Database, small: Small) -> RunningEngine:
    database.psql(SCHEMA)
    return start_engine(rules=WRITE_RULES, engine=f", free_space: {{warn: {small.warn}B, floor: {small.floor}B}}")


def space(engine: RunningEngine) -> SpaceView:
    async def ask() -> SpaceView:
        async with engine.client() as client:
            (space,) = (await client.status()).space
            return space

    return asyncio.run(ask())


def until(engine: RunningEngine, is_so: Callable[[SpaceView], bool]) -> SpaceView:
    """Ask for the status until it is so."""
    while not is_so(found := space(engine)):
        continue
    return found


def entries(engine: RunningEngine) -> list[dict[str, Any]]:
    size = engine.verified().size
    return [msgspec.json.decode(entry) for entry in Tiles(engine.state / "log", size).entries(0)]


def inserted(database: Database) -> int:
    return int(database.psql("select count(*) from notes where body = 'in a small room'"))


def test_below_the_floor_operations_are_refused_before_a_record_is_lost_and_resume_by_themselves(
    engine: RunningEngine, database: Database, small: Small
) -> None:
    """SECURITY: promise 1, a full disk."""
    with engine.raw() as client:
        for _ in range(3):  # it has become a habit: see the fast lane
            client.query("select 1")
        small.leave((small.warn + small.floor) // 2)
        assert until(engine, lambda space: space.level == "low").free < small.warn
        assert errors(client.query(INSERT)) == []
        small.leave(small.floor - small.step)
        until(engine, lambda space: space.level == "full")
        for text in ("select 1", INSERT, "drop table nothere", "begin; select 1; commit", "select * from nothere"):
            assert errors(client.query(text)) == ["58030"], text
        client.send(r.Parse("", INSERT), r.Bind("", ""), r.Execute(""), r.Sync())
        assert errors(client.until("Z")) == ["58030"]
        with pytest.raises(psycopg.OperationalError, match="no room left for the record"):
            psycopg.connect(**engine.dsn())
        assert inserted(database) == 1
        small.empty()
        until(engine, lambda space: space.level == "ample")
        assert errors(client.query(INSERT)) == []
    assert inserted(database) == 2
    engine.stop()
    report = engine.verified()
    assert report.ok, report.problems
    found = entries(engine)
    told = [entry["data"] for entry in found if entry["event"] == "space.low"]
    assert [data["level"] for data in told] == ["low", "full", "ample"]
    assert told[-1]["refused"]["operations"] == 6
    assert told[-1]["refused"]["sessions"] >= 1  # libpq tries again without TLS
    assert [entry for entry in found if entry["event"] == "answer.gap"] == []


def test_work_that_fills_the_disk_is_stopped_with_everything_recorded(
    engine: RunningEngine, database: Database, small: Small
) -> None:
    """SECURITY: promise 1, a full disk: filled by the record itself, statement by statement."""
    small.leave(small.floor + (2 << 20))
    text = "select string_agg(md5(n::text), '') from generate_series(1, 20000) as n"  # 640 kB that do not compress
    answered = 0
    with engine.raw() as client:
        while not errors(client.query(text)):
            answered += 1
        assert errors(client.query("select 1")) == ["58030"]
        small.empty()
        until(engine, lambda space: space.level == "ample")
        assert errors(client.query("select 1")) == []
    engine.stop()
    report = engine.verified()
    assert report.ok, report.problems
    found = entries(engine)
    assert [entry for entry in found if entry["event"] == "answer.gap"] == []
    intended = [entry for entry in found if entry["event"] == "operation.intended"]
    assert len(intended) == answered + 1
