"""What entries claim of recordings and operations, held against the files."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import pytest

from replay.claims import Claims
from replay.format import Frame, encode_block, encode_header
from replay.report import Report
from tests.replay.builder import entry


class Scene:
    """A recordings directory and the log's entries about it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.report = Report()
        self.count = 0

    @cached_property
    def claims(self) -> Claims:
        return Claims(self.directory, self.report)

    def says(self, event: str, **fields: object) -> None:
        self.claims.take(self.count, entry(self.count, event, **fields))
        self.count += 1

    def recording(self, session: str, *frames: Frame) -> bytes:
        stored = encode_header({"session": session}) + (encode_block(frames) if frames else b"")
        (self.directory / f"{session}.hoop").write_bytes(stored)
        return stored

    def seals(self, session: str, stored: bytes, *, offset: int = 0, final: bool = True) -> None:
        data = {
            "recording": f"{session}.hoop",
            "offset": offset,
            "length": len(stored),
            "sha256": hashlib.sha256(stored).hexdigest(),
            "final": final,
        }
        self.says("recording.segment", session=session, data=data)

    def intends(self, operation: str, session: str = "s-1") -> None:
        self.says("operation.intended", session=session, operation=operation)

    def finish(self) -> list[str]:
        self.claims.finish()
        return [str(problem) for problem in self.report.problems]

    @property
    def in_flight(self) -> list[str]:
        return [each.operation for each in self.report.in_flight]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def ended(operation: str) -> Frame:
    return Frame(1.0, "e", {"operation": operation, "status": "completed"})


def test_a_sealed_recording_holds(scene: Scene) -> None:
    scene.says("session.opened", session="s-1")
    stored = scene.recording("s-1", ended("o-1"))
    scene.seals("s-1", stored)
    assert scene.finish() == []
    assert (scene.report.recordings, scene.report.recorded_bytes, scene.report.sessions) == (1, len(stored), 1)


def test_a_recording_sealed_in_parts_holds(scene: Scene) -> None:
    stored = scene.recording("s-1", ended("o-1"))
    scene.seals("s-1", stored[:100], final=False)
    scene.seals("s-1", stored[100:], offset=100)
    assert scene.finish() == []


def test_an_altered_byte_is_found_in_its_segment(scene: Scene) -> None:
    stored = scene.recording("s-1", ended("o-1"))
    (scene.directory / "s-1.hoop").write_bytes(stored[:-1] + bytes([stored[-1] ^ 1]))
    scene.seals("s-1", stored[:100], final=False)
    scene.seals("s-1", stored[100:], offset=100)
    what = f"the {len(stored) - 100} bytes from here are not those that were sealed"
    assert scene.finish() == [f"recordings/s-1.hoop, entry 1, offset 100: {what}"]


def test_a_shortened_a_lengthened_and_a_deleted_recording_are_found(scene: Scene) -> None:
    stored = scene.recording("s-1")
    for session in ("s-1", "s-2", "s-3"):
        scene.seals(session, stored)
    (scene.directory / "s-1.hoop").write_bytes(stored[:-7])
    (scene.directory / "s-2.hoop").write_bytes(stored)
    scene = _again(scene, stored)
    assert scene.finish() == [
        f"recordings/s-1.hoop, entry 0, offset {len(stored) - 7}: the recording ends 7 bytes before its seal does",
        "recordings/s-3.hoop, entry 2: No such file or directory",
        f"recordings/s-2.hoop, offset {len(stored)}: 4 bytes follow its last seal",
    ]


def _again(scene: Scene, stored: bytes) -> Scene:
    fresh = Scene(scene.directory)
    (scene.directory / "s-2.hoop").write_bytes(stored + b"more")
    for session in ("s-1", "s-2", "s-3"):
        fresh.seals(session, stored)
    return fresh


def test_a_part_that_no_seal_covers_is_a_problem(scene: Scene) -> None:
    stored = scene.recording("s-1", ended("o-1"))
    scene.seals("s-1", stored[100:], offset=100)
    assert "the segment begins at 100, the one before it ended at 0" in scene.finish()[0]


def test_a_recording_the_log_does_not_know_is_a_problem(scene: Scene) -> None:
    scene.recording("s-forged")
    assert scene.finish() == ["recordings/s-forged.hoop: the log does not know this recording"]


def test_a_planted_recording_is_a_problem_whenever_it_says_it_began(scene: Scene) -> None:
    began = datetime(2126, 3, 1, tzinfo=UTC).timestamp()
    (scene.directory / "s-new.hoop").write_bytes(encode_header({"session": "s-new", "timestamp": began}))
    scene = Scene(scene.directory)
    scene.says("policy.applied")
    assert scene.finish() == ["recordings/s-new.hoop: the log does not know this recording"]


def test_the_end_of_a_live_recording_is_unsealed_and_no_problem(scene: Scene) -> None:
    stored = scene.recording("s-1")
    scene.recording("s-2")
    scene.says("session.opened", session="s-1")
    scene.says("session.opened", session="s-2")
    scene.seals("s-1", stored[:60], final=False)
    assert scene.finish() == []
    assert scene.report.unsealed == {"s-1.hoop": len(stored) - 60, "s-2.hoop": len(stored)}


@pytest.mark.parametrize("name", ["../log/checkpoint", "/etc/passwd", "a/b.hoop", "", "x.txt", ".hoop"])
def test_a_segment_cannot_point_outside_the_recordings(scene: Scene, name: str) -> None:
    data = {"recording": name, "offset": 0, "length": 1, "sha256": "00", "final": True}
    scene.says("recording.segment", session="s-1", data=data)
    assert scene.finish() == ["entry 0: the segment names no part of a recording"]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"recording": "s-1.hoop"},
        {"recording": 4},
        {"recording": "s.hoop", "offset": "0", "length": 1, "sha256": ""},
    ],
)
def test_a_segment_that_does_not_read_is_a_problem(scene: Scene, data: dict[str, object]) -> None:
    scene.says("recording.segment", session="s-1", data=data)
    assert "entry 0: the segment does not read" in scene.finish()[0]


@pytest.mark.parametrize("offset", [-1, 1 << 70])
def test_a_segment_at_an_impossible_place_is_a_problem(scene: Scene, offset: int) -> None:
    scene.recording("s-1")
    data = {"recording": "s-1.hoop", "offset": offset, "length": 1, "sha256": "00", "final": True}
    scene.says("recording.segment", session="s-1", data=data)
    assert scene.finish()


@pytest.mark.parametrize("encoded", [b"", b"null", b"[1]", b'{"event": 3}', b"\xff\xff", b"[" * 5000])
def test_an_entry_that_does_not_read_is_a_problem(scene: Scene, encoded: bytes) -> None:
    scene.claims.take(7, encoded)
    assert "entry 7: the entry does not read" in scene.finish()[0]


def test_operations_without_an_outcome_are_in_flight(scene: Scene) -> None:
    for operation in ("o-1", "o-2", "o-3", "o-4"):
        scene.intends(operation)
    scene.says("operation.completed", session="s-1", operation="o-1")
    scene.says("operation.failed", session="s-1", operation="o-2")
    scene.says("operation.denied", session="s-1", operation="o-3")
    scene.says("operation.completed", session="s-2", operation="o-4")
    scene.finish()
    assert scene.in_flight == ["o-4"]


def test_the_outcome_of_a_read_is_found_in_its_recording(scene: Scene) -> None:
    scene.intends("o-1")
    scene.intends("o-2")
    stored = scene.recording("s-1", Frame(0.5, "q", {"operation": "o-2"}), ended("o-1"))
    scene.seals("s-1", stored)
    scene.says("session.closed", session="s-1")
    scene.finish()
    assert scene.in_flight == ["o-2"]


def test_an_outcome_that_is_not_sealed_proves_nothing(scene: Scene) -> None:
    scene.says("session.opened", session="s-1")
    scene.intends("o-1")
    stored = scene.recording("s-1", ended("o-1"))
    scene.seals("s-1", stored[:-1], final=False)
    scene.finish()
    assert scene.in_flight == ["o-1"]


def test_intents_refused_while_the_record_failed_are_not_in_flight(scene: Scene) -> None:
    scene.intends("o-1")
    scene.intends("o-2")
    scene.says("answer.gap", data={"why": "No space left on device", "first": 1, "last": 1})
    scene.finish()
    assert scene.in_flight == ["o-1"]
    assert [(gap.entry, gap.why) for gap in scene.report.gaps] == [(2, "No space left on device")]
