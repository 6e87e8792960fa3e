"""Drafts that outlive the console."""

from __future__ import annotations

from pathlib import Path

from hoopterm.console.drafts import Draft, Drafts, usual

DRAFT = Draft("b2f0", {"a.yaml": "x"}, {"a.yaml": "y"})


def test_a_draft_is_there_again_for_its_engine_alone(tmp_path: Path) -> None:
    assert Drafts(tmp_path / "d").keep("prod", DRAFT)
    assert Drafts(tmp_path / "d").load("prod") == DRAFT
    assert Drafts(tmp_path / "d").load("other") is None
    assert Drafts(tmp_path / "d").keep("prod", None)
    assert Drafts(tmp_path / "d").load("prod") is None


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    Drafts(tmp_path / "d").keep("prod", DRAFT)
    (kept,) = (tmp_path / "d").iterdir()
    assert (kept.stat().st_mode & 0o777, (tmp_path / "d").stat().st_mode & 0o777) == (0o600, 0o700)


def test_what_lies_there_instead_is_as_if_there_were_none(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    drafts.keep("prod", DRAFT)
    (kept,) = tmp_path.iterdir()
    kept.write_text("{")
    assert drafts.load("prod") is None
    kept.unlink()
    (tmp_path / "elsewhere").write_text('{"revision": "", "base": {}, "files": {}}')
    kept.symlink_to(tmp_path / "elsewhere")
    assert drafts.load("prod") is None


def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not Drafts(tmp_path / "file" / "d").keep("prod", DRAFT)


def test_without_a_folder_a_draft_ends_with_the_console() -> None:
    drafts = Drafts(None)
    assert drafts.keep("prod", DRAFT)
    assert drafts.load("prod") == DRAFT
    assert Drafts(None).load("prod") is None


def test_the_usual_folder_is_the_persons_own() -> None:
    assert usual({"XDG_STATE_HOME": "/s", "HOME": "/h"}) == Path("/s/hoopterm/drafts")
    assert usual({"HOME": "/h"}) == Path("/h/.local/state/hoopterm/drafts")
    assert usual({}) is None
