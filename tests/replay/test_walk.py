"""Walking the signed part: what is wrong is told by entry, file and offset."""

from __future__ import annotations

from pathlib import Path

import pytest

from replay.note import Checkpoint, Note, SigningKey
from replay.report import Report
from replay.walk import Walk
from tests.replay.builder import entries, write_log

KEY = SigningKey.generate("node/0")
WRITTEN = entries(600, KEY)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    write_log(tmp_path, WRITTEN, KEY)
    return tmp_path


def walk(log: Path) -> tuple[list[bytes], list[str]]:
    report = Report()
    head = Checkpoint.parse(Note.parse((log / "checkpoint").read_bytes()).text)
    found = [entry for _, entry in Walk(log, head, [], report).entries()]
    return found, [str(problem) for problem in report.problems]


def test_a_good_log_is_walked_whole_and_without_complaint(log: Path) -> None:
    assert walk(log) == (WRITTEN, [])


def test_an_edited_entry_is_named_with_its_offset(log: Path) -> None:
    path = log / "tile/entries/001"
    data = path.read_bytes()
    offset = data.index(b'"number": 300')
    path.write_bytes(data.replace(b'"number": 300', b'"number": 999'))
    problems = walk(log)[1]
    entry_start = data.rindex(b'{"v"', 0, offset)
    what = "the entry is not the one its tile has the hash of"
    assert problems == [f"tile/entries/001, entry 300, offset {entry_start}: {what}"]


def test_swapped_entries_are_both_named(log: Path) -> None:
    path = log / "tile/entries/000"
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"number": 20}', b'"number": xx}').replace(b'"number": 21}', b'"number": 20}')
                     .replace(b'"number": xx}', b'"number": 21}'))  # fmt: skip
    assert [problem.split(", ")[1] for problem in walk(log)[1]] == ["entry 20", "entry 21"]


def test_an_altered_upper_tile_names_the_entries_under_it(log: Path) -> None:
    path = log / "tile/1/000.p/2"
    path.write_bytes(path.read_bytes()[:32] + bytes(32))
    assert walk(log)[1] == ["tile/1/000.p/2, entry 256, offset 32: hash 1 is not that of entries 256 to 511"]


def test_entries_and_their_hashes_altered_together_show_above_them(log: Path) -> None:
    other = [*WRITTEN[:300], b'{"forged": true}', *WRITTEN[301:]]
    forged = log / "forged"
    write_log(forged, other, KEY)
    for name in ("tile/entries/001", "tile/0/001"):
        (log / name).write_bytes((forged / name).read_bytes())
    assert walk(log)[1] == [
        "checkpoint: the checkpoint of 600 entries has another root hash than these entries",
        "tile/1/000.p/2, entry 256, offset 32: hash 1 is not that of entries 256 to 511",
    ]


def test_a_missing_bundle_loses_its_entries_and_nothing_else(log: Path) -> None:
    (log / "tile/entries/001").unlink()
    found, problems = walk(log)
    assert found == [*WRITTEN[:256], *WRITTEN[512:]]
    assert problems == ["tile/entries/001, entry 256: is missing"]


def test_a_missing_tile_is_told_and_entries_still_reach_the_root(log: Path) -> None:
    (log / "tile/0/001").unlink()
    found, problems = walk(log)
    assert found == WRITTEN
    assert problems == ["tile/0/001, entry 256: is missing"]


def test_where_both_are_gone_the_rest_is_read_but_not_held_against_the_tree(log: Path) -> None:
    (log / "tile/0/001").unlink()
    (log / "tile/entries/001").unlink()
    found, problems = walk(log)
    assert found == [*WRITTEN[:256], *WRITTEN[512:]]
    assert len(problems) == 3
    assert problems[2] == "entry 256: what follows cannot be held against the tree: entries and hashes are gone"


def test_a_directory_in_a_tiles_place_is_a_problem_not_a_crash(log: Path) -> None:
    (log / "tile/0/001").unlink()
    (log / "tile/0/001").mkdir()
    assert walk(log)[1] == ["tile/0/001, entry 256: Is a directory"]
