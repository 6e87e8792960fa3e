"""Recordings after a crash: cut, sealed, and the gap told."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from engine.audit.events import EventName
from engine.audit.log import Log
from engine.audit.recovery import recover_recordings
from replay.format import Frame, encode_block, encode_header, read
from replay.verify import verify

HEADER = encode_header({"session": "s-1", "timestamp": 1_772_000_000})
BLOCKS = [
    encode_block([Frame(1.0, "q", {"operation": "o-1", "text": "select 1"})]),
    encode_block([Frame(2.0, "e", {"operation": "o-1", "status": "completed"})], 1.0),
]
WHOLE = HEADER + b"".join(BLOCKS)


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    (tmp_path / "recordings").mkdir()
    return tmp_path / "recordings"


def crash(log: Log, recordings: Path, stored: bytes, sealed: int, *, final: bool = False, session: str = "s-1") -> Path:
    """What an engine leaves that ended in the middle: a file, and seals for a part of it."""
    path = recordings / f"{session}.hoop"
    path.write_bytes(stored)
    log.append(EventName.SESSION_OPENED, session=session)
    log.append(EventName.OPERATION_INTENDED, session=session, operation="o-1")
    if sealed:
        digest = hashlib.sha256(WHOLE[:sealed]).hexdigest()
        data = {"recording": path.name, "offset": 0, "length": sealed, "sha256": digest, "final": final}
        log.append(EventName.RECORDING_SEGMENT, session=session, data=data)
    return path


def gaps(log: Log) -> list[tuple[str, int]]:
    found = [entry["data"] for entry in log.read() if entry["event"] == "answer.gap"]
    return [(data["why"], data["dropped"]) for data in found]


@pytest.mark.parametrize("sealed", [0, len(HEADER), len(HEADER + BLOCKS[0])])
async def test_an_unsealed_end_is_sealed_and_told(log: Log, recordings: Path, tmp_path: Path, sealed: int) -> None:
    path = crash(log, recordings, WHOLE, sealed)
    assert await recover_recordings(recordings, log) == [path]
    assert gaps(log) == [("the engine ended without closing it", 0)]
    assert path.read_bytes() == WHOLE
    assert path.stat().st_mode & 0o222 == 0
    await log.close()
    report = verify(tmp_path)
    assert (report.ok, report.unsealed, report.in_flight) == (True, {}, []), report.problems
    assert [gap.session for gap in report.gaps] == ["s-1"]


async def test_a_recording_torn_at_any_byte_is_cut_to_whole_blocks(log: Log, recordings: Path, tmp_path: Path) -> None:
    ends = [len(HEADER), len(HEADER + BLOCKS[0])]
    for cut in {*range(len(HEADER) + 1, len(WHOLE), 7), len(WHOLE) - 1}:
        path = crash(log, recordings, WHOLE[:cut], len(HEADER), session=f"s-{cut}")
        await recover_recordings(recordings, log)
        whole = max(end for end in ends if end <= cut)
        assert path.read_bytes() == WHOLE[:whole]
        assert gaps(log)[-1][1] == cut - whole
        with path.open("rb") as file:
            assert len(list(read(file))) == ends.index(whole)


async def test_a_torn_recording_leaves_its_operation_in_flight(log: Log, recordings: Path, tmp_path: Path) -> None:
    crash(log, recordings, WHOLE[:-4], len(HEADER))
    await recover_recordings(recordings, log)
    await log.close()
    report = verify(tmp_path)
    assert report.ok, report.problems
    assert [each.operation for each in report.in_flight] == ["o-1"]


async def test_a_recording_that_was_closed_gets_no_gap(log: Log, recordings: Path) -> None:
    path = crash(log, recordings, WHOLE, len(WHOLE), final=True)
    await recover_recordings(recordings, log)
    assert gaps(log) == []
    assert path.stat().st_mode & 0o222 == 0


async def test_it_happens_once(log: Log, recordings: Path) -> None:
    crash(log, recordings, WHOLE, len(HEADER))
    await recover_recordings(recordings, log)
    assert await recover_recordings(recordings, log) == []
    assert len(gaps(log)) == 1


async def test_damage_that_no_crash_explains_is_left_as_it_is(log: Log, recordings: Path) -> None:
    altered = bytearray(WHOLE)
    altered[len(HEADER) + 50] ^= 1
    path = crash(log, recordings, bytes(altered), len(HEADER))
    await recover_recordings(recordings, log)
    assert path.read_bytes() == altered
    ((why, dropped),) = gaps(log)
    assert "a block's bytes were altered" in why
    assert dropped == len(WHOLE) - len(HEADER)


async def test_a_recording_shorter_than_its_seals_is_told(log: Log, recordings: Path, tmp_path: Path) -> None:
    crash(log, recordings, WHOLE[: len(HEADER)], len(WHOLE))
    await recover_recordings(recordings, log)
    ((why, _),) = gaps(log)
    assert why == f"it has {len(HEADER)} bytes, {len(WHOLE)} were sealed"
    await log.close()
    assert not verify(tmp_path).ok


async def test_an_empty_file_and_a_foreign_one_do_not_stop_the_engine(log: Log, recordings: Path) -> None:
    (recordings / "s-2.hoop").touch()
    (recordings / "s-3.hoop").write_text("not a recording")
    await recover_recordings(recordings, log)
    assert len(gaps(log)) == 2


async def test_seals_are_found_however_far_back_they_are(log: Log, recordings: Path) -> None:
    crash(log, recordings, WHOLE, len(WHOLE), final=True)
    for _ in range(1500):
        log.append(EventName.POLICY_APPLIED)
    await recover_recordings(recordings, log)
    assert gaps(log) == []


async def test_seals_are_found_though_the_clock_was_set_back_since(log: Log, recordings: Path, tmp_path: Path) -> None:
    """SECURITY: promise 1, a clock jump. Sealed a second time, the log would contradict itself."""
    header = encode_header({"session": "s-1", "timestamp": 4_000_000_000})  # begun when the clock was far ahead
    path = crash(log, recordings, WHOLE, len(HEADER))
    path.write_bytes(header + b"".join(BLOCKS))
    for _ in range(1500):
        log.append(EventName.POLICY_APPLIED)
    await recover_recordings(recordings, log)
    segments = [entry["data"] for entry in log.read() if entry["event"] == "recording.segment"]
    assert [segment["offset"] for segment in segments] == [0, len(HEADER)]


async def test_a_recording_that_storage_does_not_give_back_keeps_nobody_out(log: Log, recordings: Path) -> None:
    """SECURITY: promise 8. It is told, and looked at again at the next start."""
    path = crash(log, recordings, WHOLE, len(HEADER))
    good = crash(log, recordings, WHOLE, len(HEADER), session="s-2")
    aside = path.rename(path.with_name("aside"))
    path.symlink_to("/proc/self/mem")
    assert await recover_recordings(recordings, log) == [good]
    assert next(why for why, _ in gaps(log)).startswith("it does not read: ")
    path.unlink()
    aside.rename(path)
    assert await recover_recordings(recordings, log) == [path]
    assert [why for why, _ in gaps(log)][2:] == ["the engine ended without closing it"]


async def test_a_directory_without_recordings_is_fine(log: Log, tmp_path: Path) -> None:
    assert await recover_recordings(tmp_path / "none", log) == []


async def test_a_session_of_which_no_recording_had_begun_is_told_once(log: Log, recordings: Path) -> None:
    log.append(EventName.SESSION_OPENED, session="s-before")
    log.append(EventName.ENGINE_STOPPED)
    log.append(EventName.ENGINE_STARTED)
    log.append(EventName.SESSION_OPENED, session="s-silent")
    log.append(EventName.SESSION_OPENED, session="s-closed")
    log.append(EventName.SESSION_CLOSED, session="s-closed")
    crash(log, recordings, WHOLE, len(HEADER), session="s-1")
    for _ in range(1500):  # more than are read at once
        log.append(EventName.OPERATION_INTENDED, session="s-1", operation="o-1")
    for _ in range(2):
        await recover_recordings(recordings, log)
        told = [entry["session"] for entry in log.read() if entry["event"] == "answer.gap"]
        assert sorted(told) == ["s-1", "s-silent"]
