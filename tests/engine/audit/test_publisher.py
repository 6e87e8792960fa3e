"""Tiles, bundles and checkpoints as they are derived, against files written by the specification alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.audit.publisher import MAX_BACKLOG, Publisher
from replay.note import Checkpoint, SigningKey
from replay.tlog import Tree
from tests.replay.builder import entry, leaf_of, root_of, write_log

SIZE = 1 << 17
Make = Callable[..., Publisher]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "log/journal").mkdir(parents=True)
    return tmp_path / "log"


@pytest.fixture
def make(log: Path, key: SigningKey) -> Make:
    def make(copies: tuple[Path, ...] = ()) -> Publisher:
        told = {"segment_size": SIZE, "told": lambda error, failures: None}
        return Publisher(log, Tree(), [], key=key, origin="node/0", copies=copies, **told)  # type: ignore[arg-type]

    return make


def files(directory: Path) -> dict[str, bytes]:
    paths = [path for path in directory.rglob("*") if path.is_file() and "journal" not in path.parts]
    return {str(path.relative_to(directory)): path.read_bytes() for path in paths}


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 700])
def test_the_files_are_those_of_the_specification(
    log: Path, make: Make, key: SigningKey, tmp_path: Path, size: int
) -> None:
    written = [entry(number) for number in range(size)]
    publisher = make()
    publisher.offer(written)
    publisher.publish()
    write_log(tmp_path / "expected", written, key)
    assert files(log) == files(tmp_path / "expected")


def test_partial_tiles_stay_for_every_checkpoint_until_the_full_one_is_there(log: Path, make: Make) -> None:
    publisher = make()
    for count in (100, 50, 106):
        publisher.offer([entry(number) for number in range(count)])
        publisher.publish()
        parts = sorted(path.name for path in (log / "tile/entries").glob("000.p/*"))
        assert parts == {100: ["100"], 50: ["100", "150"], 106: []}[count]
    assert [path.name for path in (log / "tile/0").iterdir()] == ["000"]


def test_every_checkpoint_is_signed_and_covers_what_was_offered(log: Path, make: Make, key: SigningKey) -> None:
    publisher = make()
    written: list[bytes] = []
    for number in range(5):
        batch = [entry(number)] * 100
        written += batch
        publisher.offer(batch)
        publisher.publish()
        checkpoint = Checkpoint.open((log / "checkpoint").read_bytes(), key.verifier)
        assert checkpoint == Checkpoint("node/0", len(written), root_of([leaf_of(each) for each in written]))


def test_copies_of_the_checkpoint_are_kept_elsewhere_and_failures_told(log: Path, make: Make, tmp_path: Path) -> None:
    elsewhere, broken = tmp_path / "elsewhere", tmp_path / "broken"
    broken.write_text("a file where a directory should be")
    publisher = make(copies=(elsewhere, broken))
    publisher.offer([entry(0)])
    failures = publisher.publish()
    assert list(failures) == [broken]
    assert (elsewhere / "node_0.checkpoint").read_bytes() == (log / "checkpoint").read_bytes()


def test_nothing_is_forgotten_before_it_is_signed(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = make()
    publisher.offer([b"a", b"b"])
    publisher.integrate()
    assert publisher.unpublished() == [(0, b"a"), (1, b"b")]
    publisher.publish()
    assert publisher.unpublished() == []


def test_a_failure_in_the_middle_is_made_good_by_the_next_attempt(
    log: Path, make: Make, key: SigningKey, tmp_path: Path
) -> None:
    written = [entry(number) for number in range(600)]
    (log / "tile").write_text("in the way")
    publisher = make()
    publisher.offer(written)
    with pytest.raises(OSError, match="tile"):
        publisher.publish()
    assert len(publisher.unpublished()) == 600
    (log / "tile").unlink()
    publisher.publish()
    write_log(tmp_path / "expected", written, key)
    assert files(log) == files(tmp_path / "expected")


def test_segments_go_once_all_they_have_lies_in_full_tiles(log: Path, make: Make) -> None:
    for first in (0, 200, 300):
        (log / f"journal/{first:016}.journal").touch()
    publisher = make()

    def segments() -> list[int]:
        return sorted(int(path.stem) for path in (log / "journal").glob("*.journal"))

    publisher.offer([entry(number) for number in range(255)])
    publisher.publish()
    assert segments() == [0, 200, 300]
    publisher.offer([entry(255)])
    publisher.publish()
    assert segments() == [200, 300]
    publisher.offer([entry(number) for number in range(600)])
    publisher.publish()
    assert segments() == [300]  # the newest is being written to


def test_a_backlog_that_storage_refuses_is_told(make: Make) -> None:
    publisher = make()
    publisher.offer([b""] * MAX_BACKLOG)
    assert not publisher.is_behind
    publisher.offer([b""])
    assert publisher.is_behind
