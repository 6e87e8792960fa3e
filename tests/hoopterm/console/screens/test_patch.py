"""A patch to be brought to git."""

from __future__ import annotations

from pathlib import Path

import pytest

from hoopterm.console.screens.patch import Patch
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import app_of, picture, running, toasts, until

TEXT = "--- a/a.yaml\n+++ b/a.yaml\n@@ -1 +1 @@\n-one\n+two\n"


async def test_it_is_saved_where_nothing_is_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with running(FakeEngine()) as pilot:
        await pilot.app.push_screen(Patch(TEXT, "why"))
        await until(pilot, lambda: "+two" in picture(pilot))
        await pilot.press("s", "enter")
        await until(pilot, lambda: any("git apply policy.patch" in told for told in toasts(pilot)))
        assert (tmp_path / "policy.patch").read_text() == TEXT
        await pilot.press("s", "enter")
        await until(pilot, lambda: any("not saved" in told for told in toasts(pilot)))


async def test_a_console_that_may_write_no_file_says_so() -> None:
    async with running(FakeEngine()) as pilot:
        app_of(pilot).has_files = False
        await pilot.app.push_screen(Patch(TEXT, "why"))
        await pilot.press("s")
        assert any("may write no file" in told for told in toasts(pilot))
