"""Disks and clocks that fail under clients at work; `make campaign` has the long run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.campaign import ledger, load, storage
from tests.servers import tmpfs
from tests.servers.engine import RunningEngine, StartEngine
from tests.servers.postgres import Database

_SMALL = 48  # megabytes: a journal segment, the one prepared after it, and little more


@pytest.fixture(scope="module")
def made(module_database: Database) -> Database:
    module_database.psql(ledger.SCHEMA)
    return module_database


@pytest.fixture(scope="module")
def engine(start_module_engine: StartEngine, made: Database) -> RunningEngine:
    return start_module_engine(rules=load.RULES)


@pytest.fixture
def on_a_small_disk(tmp_path: Path, start_engine: StartEngine, database: Database) -> Iterator[RunningEngine]:
    """An engine whose state has a disk of its own."""
    database.psql(ledger.SCHEMA)
    state = tmp_path / "engine-0" / "state"
    state.parent.mkdir()
    with tmpfs.mounted(state, _SMALL):
        engine = start_engine(rules=load.RULES)
        yield engine
        engine.stop()


def test_on_a_full_disk_operations_are_refused_sessions_stay_and_nothing_is_lost(
    on_a_small_disk: RunningEngine, database: Database
) -> None:
    """SECURITY: promise 1, a full disk to the last byte; and one on which the engine is killed and started again."""
    storage.fill(on_a_small_disk, database)
    storage.kill_while_full(on_a_small_disk)
    storage.fill(on_a_small_disk, database)


@pytest.mark.parametrize("how", storage.FAILING)
def test_when_storage_fails_under_work_every_client_hears_it_and_nothing_ran_without_a_record(
    engine: RunningEngine, made: Database, how: str
) -> None:
    """SECURITY: promise 1, a failing disk, one that stores half and one whose syncs fail."""
    storage.fail_at_work(engine, made, Random(how), how)
    ledger.verified(engine.state)


def test_on_a_slow_disk_everyone_is_served(engine: RunningEngine, made: Database) -> None:
    """SECURITY: promise 1, a slow fsync."""
    storage.slow_at_work(engine, made, Random(1))


def test_what_does_not_read_at_recovery_is_told_and_one_recording_keeps_nobody_out(
    engine: RunningEngine, made: Database
) -> None:
    """SECURITY: promise 8. Without its journal the log must not go on; a recording is only itself."""
    storage.unreadable_at_recovery(engine, made, Random(1))


@pytest.mark.parametrize("ahead", [-3 * 86_400, 3 * 86_400], ids=["back", "forward"])
def test_when_the_clock_jumps_the_record_stays_whole(engine: RunningEngine, made: Database, ahead: int) -> None:
    """SECURITY: promise 1, a clock jump; what has expired is ended, and a kill before it is right survived."""
    storage.jump_at_work(engine, made, Random(1), ahead)
