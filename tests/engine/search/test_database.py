"""The index belongs to one log, and is made anew where it does not."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from engine.search.database import FILE, hash_at, new_index, open_index, position, reading
from tests.engine.search.conftest import Record


async def test_an_index_of_another_version_is_made_anew(record: Record) -> None:
    await record.intend("o-1")
    await record.publish()
    record.index().close()
    with sqlite3.connect(record.state / FILE) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    opened = open_index(record.state, record.size)
    assert position(opened) == 0
    opened.close()


async def test_an_index_that_fits_is_kept(record: Record) -> None:
    await record.intend("o-1")
    size = await record.publish()
    record.index().close()
    opened = open_index(record.state, size)
    assert position(opened) == size
    opened.close()


@pytest.mark.parametrize("change", ["another", "shorter"])
async def test_an_index_of_another_log_is_made_anew(record: Record, change: str) -> None:
    for number in range(4):
        await record.intend(f"o-{number}")
    await record.publish()
    record.index().close()
    if change == "shorter":
        record.size -= 1
    else:
        shutil.rmtree(record.state / "log")
        for number in range(9):
            await record.intend(f"p-{number}")
        await record.publish()
    opened = open_index(record.state, record.size)
    assert position(opened) == 0
    opened.close()


async def test_a_file_that_is_no_database_is_made_anew(record: Record) -> None:
    sequence = await record.intend("o-1", "SELECT one")
    await record.publish()
    (record.state / FILE).write_bytes(b"no database at all" * 1000)
    record.index().close()
    assert record.found("one") == [sequence]


async def test_nobody_else_can_read_the_index(record: Record) -> None:
    await record.intend("o-1")
    await record.publish()
    indexing = record.index()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in record.state.glob(f"{FILE}*")}
    indexing.close()
    assert modes == {0o600}


async def test_who_reads_can_change_nothing(record: Record) -> None:
    await record.intend("o-1")
    await record.publish()
    record.index().close()
    with reading(record.state) as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("DELETE FROM entries")


async def test_entries_that_differ_have_other_hashes(record: Record) -> None:
    await record.intend("o-1")
    size = await record.publish()
    assert hash_at(record.state / "log", 0, size) != hash_at(record.state / "log", 1, size)


def test_the_state_may_be_named_from_where_one_stands(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    open_index(record.state, 0).close()
    monkeypatch.chdir(record.state.parent)
    with reading(Path(record.state.name)) as connection:
        assert position(connection) == 0


def test_an_index_made_anew_can_be_read_at_every_moment(record: Record) -> None:
    open_index(record.state, 0).close()
    is_over, trouble = threading.Event(), list[str]()

    def read() -> None:
        while not is_over.is_set():
            try:
                with reading(record.state) as connection:
                    position(connection)
            except sqlite3.Error as error:
                trouble.append(str(error))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(60):
        new_index(record.state).close()
    is_over.set()
    for reader in readers:
        reader.join()
    assert trouble == []
