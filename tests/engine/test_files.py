import os
from pathlib import Path

import pytest

from engine.files import write_private


def test_a_file_is_private_and_what_was_there_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["log.key"]


def test_a_file_that_could_not_be_stored_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.key"
    write_private(path, b"old")

    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_private(path, b"new")
    assert path.read_bytes() == b"old"


def test_what_an_earlier_crash_left_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "log.key.new").write_bytes(b"half")
    write_private(tmp_path / "log.key", b"whole")
    assert (tmp_path / "log.key").read_bytes() == b"whole"
