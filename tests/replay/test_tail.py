"""Walking the journal: the unsigned tail, and what it shares with the tiles."""

from __future__ import annotations

from pathlib import Path

import pytest

from replay.note import SigningKey
from replay.report import Report
from replay.tail import Tail
from tests.replay.builder import entries, write_journal, write_log

KEY = SigningKey.generate("node/0")
WRITTEN = entries(40, KEY)
SIGNED = 30


@pytest.fixture
def log(tmp_path: Path) -> Path:
    write_log(tmp_path, WRITTEN[:SIGNED], KEY, tail=WRITTEN[SIGNED:])
    return tmp_path


def tail(log: Path) -> tuple[list[int], Report]:
    report = Report()
    return [sequence for sequence, _ in Tail(log, SIGNED, report).entries()], report


def test_entries_behind_the_checkpoint_are_the_unsigned_tail(log: Path) -> None:
    found, report = tail(log)
    assert found == list(range(SIGNED, 40))
    assert (report.unsigned_tail, report.problems, report.torn_tail) == (10, [], "")


def test_a_journal_that_says_otherwise_than_the_tiles_is_named(log: Path) -> None:
    write_journal(log, [*WRITTEN[:7], b"other", *WRITTEN[8:]])
    problems = [str(problem) for problem in tail(log)[1].problems]
    assert len(problems) == 1
    assert problems[0].startswith("journal/0000000000000000.journal, entry 7, offset ")
    assert problems[0].endswith("the journal's entry is not the one in the tiles")


def test_a_torn_end_is_told_but_is_no_problem(log: Path) -> None:
    path = write_journal(log, WRITTEN)
    data = path.read_bytes().rstrip(b"\0")
    path.write_bytes(data[:-5])
    found, report = tail(log)
    assert found == list(range(SIGNED, 39))
    assert report.problems == []
    assert "a frame is torn" in report.torn_tail


def test_a_bad_frame_in_the_middle_is_a_problem(log: Path) -> None:
    path = write_journal(log, WRITTEN)
    data = bytearray(path.read_bytes())
    place = data.index(b'"number": 35')
    data[place] ^= 1
    path.write_bytes(data)
    found, report = tail(log)
    assert found == [30, 31, 32]
    assert "but a frame follows at" in str(report.problems[0])


def test_a_segment_that_is_gone_is_a_gap(log: Path) -> None:
    (log / "journal/0000000000000000.journal").unlink()
    write_journal(log, WRITTEN[:33])
    write_journal(log, WRITTEN[36:], 36)
    found, report = tail(log)
    assert found == [30, 31, 32, 36, 37, 38, 39]
    assert [str(problem) for problem in report.problems] == [
        "journal/0000000000000036.journal, entry 33: entries 33 to 35 are missing before it"
    ]


def test_a_journal_shorter_than_what_was_signed_is_a_problem(log: Path) -> None:
    write_journal(log, WRITTEN[:20])
    assert "the journal ends before entry 20, 30 are signed" in str(tail(log)[1].problems[0])


def test_a_journal_that_begins_after_the_tiles_end_is_a_problem(log: Path) -> None:
    (log / "journal/0000000000000000.journal").unlink()
    write_journal(log, WRITTEN[35:], 35)
    assert "entries 30 to 34 are missing" in str(tail(log)[1].problems[0])


def test_a_batch_that_was_written_again_after_a_failure_counts_once(log: Path) -> None:
    """The write failed though its bytes reached the disk: the next segment repeats them."""
    write_journal(log, WRITTEN[:36])
    write_journal(log, WRITTEN[33:], 33)
    found, report = tail(log)
    assert found == list(range(SIGNED, 40))
    assert report.problems == []


def test_a_published_copy_without_journal_is_fine(log: Path) -> None:
    (log / "journal/0000000000000000.journal").unlink()
    (log / "journal").rmdir()
    found, report = tail(log)
    assert (found, report.problems) == ([], [])
