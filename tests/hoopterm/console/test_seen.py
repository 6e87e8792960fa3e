"""How far a person has looked."""

from __future__ import annotations

from pathlib import Path

import pytest

from hoopterm.console.seen import Mark, Seen


def test_a_mark_is_there_for_the_next_console(tmp_path: Path) -> None:
    seen = Seen.of({"XDG_STATE_HOME": str(tmp_path)}, has_files=True)
    assert seen.get("bob prod") is None
    seen.put("bob prod", Mark(48_113, "2026-11-22T21:00:00Z"))
    seen.put("bob staging", Mark(7, "2026-11-22T21:00:00Z"))
    again = Seen.of({"XDG_STATE_HOME": str(tmp_path)}, has_files=True)
    assert again.get("bob prod") == Mark(48_113, "2026-11-22T21:00:00Z")
    assert again.get("alice prod") is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"bob": 7}', '{"bob": ["x", "y"]}', "\x00"])
def test_a_file_that_does_not_read_says_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "seen.json").write_text(content)
    seen = Seen(tmp_path / "seen.json")
    assert seen.get("bob") is None
    seen.put("bob", Mark(1, ""))
    assert seen.get("bob") == Mark(1, "")


def test_where_nothing_can_be_written_it_is_kept_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for seen in (Seen(tmp_path / "file" / "seen.json"), Seen.of({"HOME": str(tmp_path)}, has_files=False)):
        seen.put("bob", Mark(1, ""))
        assert seen.get("bob") == Mark(1, "")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_file_does_not_grow_without_end(tmp_path: Path) -> None:
    seen = Seen(tmp_path / "seen.json")
    for number in range(120):
        seen.put(f"engine-{number}", Mark(number, ""))
    assert seen.get("engine-0") is None
    assert seen.get("engine-119") == Mark(119, "")
    assert len((tmp_path / "seen.json").read_text()) < 5000
