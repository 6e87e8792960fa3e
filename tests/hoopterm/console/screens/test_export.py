"""Writing a recording to a file: chosen, told, never over another unasked, never on the bastion."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hoopterm.console.screens.export import Export
from tests.hoopterm.console import shell, talk
from tests.hoopterm.console.stage import app_of, picture, running, toasts, until


async def test_the_chosen_form_is_written_for_its_owner_alone_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with running(None, recording=talk.write(tmp_path)) as pilot:
        await until(pilot, lambda: "8 statements" in picture(pilot))
        await pilot.press("e")
        assert isinstance(pilot.app.screen, Export)
        await pilot.press("j", "j", "enter")
        await until(pilot, lambda: "✓ wrote" in picture(pilot))
        file = tmp_path / "se_7f3a.txt"
        assert "DROP TABLE orders" in file.read_text()
        assert file.stat().st_mode & 0o777 == 0o600


async def test_a_file_that_is_there_is_replaced_only_when_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_text("precious")
    async with running(None, recording=talk.write(tmp_path)) as pilot:
        await until(pilot, lambda: "8 statements" in picture(pilot))
        await pilot.press("e", "j", "j", "j", "j", "tab", "ctrl+u", *"mine.csv", "enter")
        await until(pilot, lambda: "is there already" in " ".join(picture(pilot).split()))
        assert (tmp_path / "mine.csv").read_text() == "precious"
        await pilot.press("enter")
        await until(pilot, lambda: "✓ replaced" in picture(pilot))
        assert "Ada Lovelace" in (tmp_path / "mine.csv").read_text()


async def test_a_picture_is_of_the_frame_one_is_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with running(None, recording=shell.write(tmp_path)) as pilot:
        await until(pilot, lambda: "80 × 24" in picture(pilot))
        await pilot.press("t", *"12", "enter", "e", *"jjjjj", "enter")
        await until(pilot, lambda: "✓ wrote" in picture(pilot))
    pictures = [each for each in os.listdir(tmp_path) if each.endswith(".svg")]
    assert len(pictures) == 1
    assert "is_enabled" in (tmp_path / pictures[0]).read_text()


async def test_a_console_on_the_bastion_writes_nothing_and_gives_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SECURITY promise 3: what is evidence stays where it is kept."""
    monkeypatch.chdir(tmp_path)
    recording = talk.write(tmp_path)
    before = os.listdir(tmp_path)
    async with running(None, recording=recording) as pilot:
        app_of(pilot).has_files = False
        await until(pilot, lambda: "8 statements" in picture(pilot))
        await pilot.press("e")
        assert "nothing is written here" in " ".join(picture(pilot).split())
        assert "--export asciicast" in picture(pilot)
        await pilot.press("enter", "tab", "enter")
        await until(pilot, lambda: any("copied the command" in told for told in toasts(pilot)))
        assert os.listdir(tmp_path) == before
