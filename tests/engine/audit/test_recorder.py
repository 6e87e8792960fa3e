"""A session's recording from the engine's side to a verified file."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.audit import recorder as recorder_module
from engine.audit.events import EventName
from engine.audit.log import Log
from engine.audit.recorder import MAX_PIECE, Recorder
from engine.bus import Bus
from engine.errors import RecordError
from replay.cells import Rows
from replay.format import Frame, RowBatch, read, read_header
from replay.verify import verify
from tests.engine.audit.conftest import Storage

Open = Callable[..., Recorder]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def open_recorder(log: Log, tmp_path: Path) -> Open:
    def open_recorder(session: str = "s-1", **options: Any) -> Recorder:
        return Recorder.open(
            tmp_path / "recordings",
            session,
            {"identity": "bot", "target": "shop"},
            log=log,
            now=lambda: datetime(2026, 3, 1, tzinfo=UTC),
            **options,
        )

    return open_recorder


def data_row(*cells: bytes) -> bytes:
    body = len(cells).to_bytes(2, "big") + b"".join(len(cell).to_bytes(4, "big") + cell for cell in cells)
    return b"D" + (len(body) + 4).to_bytes(4, "big") + body


def frames_of(recorder: Recorder) -> list[Frame]:
    with recorder.path.open("rb") as file:
        return list(read(file))


def batches_of(recorder: Recorder) -> list[RowBatch]:
    return [frame.data for frame in frames_of(recorder) if isinstance(frame.data, RowBatch)]


async def until(recorder: Recorder, claim: Callable[[], bool]) -> None:
    """Wait for news from storage until the claim holds."""
    while not claim():
        await recorder.news()


async def test_a_closed_recording_is_whole_sealed_and_read_only(open_recorder: Open, log: Log, tmp_path: Path) -> None:
    recorder = open_recorder()
    log.append(EventName.SESSION_OPENED, session="s-1")
    recorder.event("q", {"operation": "o-1", "text": "select 1"})
    recorder.rows("o-1", data_row(b"1") + data_row(b"2"), 2)
    recorder.rows("o-1", data_row(b"3"), 1)
    recorder.event("e", {"operation": "o-1", "status": "completed"})
    await recorder.close()
    assert [frame.code for frame in frames_of(recorder)] == ["q", "R", "R", "e"]
    assert [(batch.rows, batch.before) for batch in batches_of(recorder)] == [(2, 0), (1, 2)]
    with recorder.path.open("rb") as file:
        meta = read_header(file)["hoopterm"]
    assert (meta["session"], meta["identity"], meta["opened"]) == ("s-1", "bot", "2026-03-01T00:00:00+00:00")
    await log.close()
    assert recorder.path.stat().st_mode & 0o222 == 0
    report = verify(tmp_path)
    assert (report.ok, report.recordings, report.unsealed) == (True, 1, {}), report.problems


async def test_what_happened_is_on_disk_soon_without_anybody_closing(open_recorder: Open, log: Log) -> None:
    recorder = open_recorder()
    recorder.event("n", {"message": "x" * 1000})
    await until(recorder, lambda: recorder.backlog == 0)
    assert [frame.code for frame in frames_of(recorder)] == ["n"]
    await recorder.close()


async def test_times_are_seconds_since_the_session_opened(open_recorder: Open) -> None:
    times = iter([1000.0, 1000.5, 1002.25])
    recorder = open_recorder(clock=lambda: next(times))
    recorder.event("n", {})
    recorder.event("n", {})
    await recorder.close()
    assert [frame.at for frame in frames_of(recorder)] == [0.5, 2.25]


async def test_only_so_many_rows_are_kept_and_the_rest_is_a_gap(open_recorder: Open) -> None:
    recorder = open_recorder(keep=3)
    cells = b"".join(data_row(b"%d" % number) for number in range(10))
    recorder.event("q", {"operation": "o-1"})
    recorder.rows("o-1", cells[: len(cells) // 5], 2)
    recorder.rows("o-1", cells[len(cells) // 5 :], 8)
    recorder.event("e", {"operation": "o-1", "status": "completed"})
    await recorder.close()
    rows = Rows()
    assert [row for batch in batches_of(recorder) for row in rows.feed(batch.cells)] == [[b"0"], [b"1"], [b"2"]]
    gap, end = frames_of(recorder)[-2:]
    assert (gap.code, gap.data) == ("g", {"operation": "o-1", "why": "the target records answers: 3", "dropped": 7})
    assert isinstance(end.data, dict)
    assert end.data["digest"] == hashlib.sha256(cells).hexdigest()


async def test_with_digest_no_row_is_kept(open_recorder: Open) -> None:
    recorder = open_recorder(keep="digest")
    recorder.rows("o-1", data_row(b"secret"), 1)
    recorder.event("e", {"operation": "o-1"})
    await recorder.close()
    assert [frame.code for frame in frames_of(recorder)] == ["g", "e"]


async def test_copy_data_is_cut_at_lines(open_recorder: Open) -> None:
    recorder = open_recorder(keep=2)
    recorder.event("c", {"operation": "o-1", "columns": [{"name": "a", "format": 0}]})
    recorder.rows("o-1", b"1\tx\n2\ty\n3\tz\n", 3, kind="copy")
    recorder.event("c", {"operation": "o-2", "columns": [{"name": "a", "format": 1}]})
    recorder.rows("o-2", b"PGCOPY\n\xff\r\n\0" + b"\n" * 10, 3, kind="copy")
    await recorder.close()
    (batch,) = batches_of(recorder)
    assert (batch.kind, batch.rows, batch.cells) == ("copy", 2, b"1\tx\n2\ty\n")


async def test_an_enormous_message_is_kept_in_pieces(open_recorder: Open) -> None:
    recorder = open_recorder()
    cells = data_row(b"x" * (2 * MAX_PIECE))
    recorder.rows("o-1", cells, 1)
    await recorder.close()
    batches = batches_of(recorder)
    assert [(batch.rows, batch.continues) for batch in batches] == [(1, False), (0, True), (0, True)]
    assert b"".join(batch.cells for batch in batches) == cells


async def test_a_producer_is_told_to_pause_and_when_to_go_on(
    open_recorder: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "HIGH_WATER", 10_000)
    recorder = open_recorder()
    recorder.rows("o-1", data_row(b"x" * 20_000), 1)
    assert recorder.is_behind
    await recorder.drained()
    assert not recorder.is_behind
    await recorder.close()


async def test_rows_that_storage_cannot_keep_up_with_are_a_gap_never_silent(
    open_recorder: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "LIMIT", 10_000)
    recorder = open_recorder()
    for _ in range(3):
        recorder.rows("o-1", data_row(b"x" * 20_000), 1)
    recorder.event("e", {"operation": "o-1"})
    await recorder.close()
    assert [batch.rows for batch in batches_of(recorder)] == [1]
    assert frames_of(recorder)[1].data == {
        "operation": "o-1",
        "why": "storage did not keep up with the answer",
        "dropped": 2,
    }


async def test_watchers_see_frames_as_they_happen(open_recorder: Open) -> None:
    bus = Bus()
    recorder = open_recorder(bus=bus)
    recorder.event("n", {"message": "nobody watches"})
    watching = bus.subscribe("frames:s-1")
    recorder.rows("o-1", data_row(b"1"), 1)
    bus.close()
    ((_, frame),) = [item async for item in watching]
    assert frame.data == RowBatch("o-1", 1, data_row(b"1"))
    await recorder.close()


async def test_while_storage_fails_nothing_is_taken_and_then_nothing_is_missing(
    open_recorder: Open, storage: Storage
) -> None:
    recorder = open_recorder()
    storage.fail(errno.ENOSPC)
    recorder.event("n", {"message": "before it was known"})
    await until(recorder, lambda: recorder.failure is not None)
    with pytest.raises(RecordError, match="No space left"):
        recorder.event("n", {"message": "while it fails"})
    with pytest.raises(RecordError):
        recorder.rows("o-1", data_row(b"1"), 1)
    storage.heal()
    await until(recorder, lambda: recorder.failure is None)
    recorder.event("n", {"message": "after"})
    await recorder.close()
    messages = [frame.data["message"] for frame in frames_of(recorder) if isinstance(frame.data, dict)]
    assert messages == ["before it was known", "after"]


async def test_closing_while_storage_fails_says_so(open_recorder: Open, storage: Storage) -> None:
    recorder = open_recorder()
    storage.fail(errno.EIO)
    recorder.event("n", {})
    with pytest.raises(RecordError, match="Input/output error"):
        await recorder.close()
    storage.heal()


async def test_rows_do_not_show_in_a_repr(open_recorder: Open) -> None:
    recorder = open_recorder()
    recorder.rows("o-1", data_row(b"canary-value"), 1)
    await recorder.close()
    assert "canary" not in repr(frames_of(recorder))


async def test_a_session_that_never_began_leaves_no_recording(open_recorder: Open, log: Log, tmp_path: Path) -> None:
    """SECURITY: promise 1. Its opening could not be recorded, so the log would not know the file."""
    recorder = open_recorder()
    await recorder.close({"state": "closed"})
    await log.close()
    assert not recorder.path.exists()
    assert verify(tmp_path).ok


@pytest.mark.parametrize("kind", ["stdout", "input"])
async def test_of_a_stream_so_many_lines_are_kept(open_recorder: Open, kind: str) -> None:
    recorder = open_recorder(keep=2)
    for cells in (b"one\ntw", b"o\nthree\nfour", b"five"):
        recorder.rows("o-1", cells, cells.count(b"\n"), kind=kind)
    recorder.event("e", {"operation": "o-1"})
    await recorder.close()
    assert [(batch.kind, batch.cells) for batch in batches_of(recorder)] == [(kind, b"one\ntw"), (kind, b"o\n")]
    gap, end = frames_of(recorder)[-2:]
    assert isinstance(gap.data, dict)
    assert gap.data["dropped"] == 1
    assert isinstance(end.data, dict)
    assert end.data["digests"] == {kind: hashlib.sha256(b"one\ntwo\nthree\nfourfive").hexdigest()}


async def test_with_digest_no_byte_of_a_stream_is_kept_and_each_kind_has_its_own(open_recorder: Open) -> None:
    recorder = open_recorder(keep="digest")
    recorder.rows("o-1", b"secret without a line's end", 0, kind="stdout")
    recorder.rows("o-1", b"typed", 0, kind="input")
    recorder.event("e", {"operation": "o-1"})
    await recorder.close()
    gap, end = frames_of(recorder)
    assert gap.code == "g"
    assert isinstance(end.data, dict)
    assert end.data["digests"] == {
        "stdout": hashlib.sha256(b"secret without a line's end").hexdigest(),
        "input": hashlib.sha256(b"typed").hexdigest(),
    }
