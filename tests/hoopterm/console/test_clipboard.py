"""What is copied reaches a program where there is one, and what came of it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from hoopterm.console.clipboard import native, send
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import running, toasts, until


def program(directory: Path, name: str, script: str) -> dict[str, str]:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"PATH": f"{directory}:/usr/bin:/bin", "WAYLAND_DISPLAY": "wayland-0"}


def test_a_desktops_program_is_used_on_that_desktop_alone(tmp_path: Path) -> None:
    environ = program(tmp_path, "wl-copy", "true")
    assert native(environ) == ("wl-copy",)
    assert native({**environ, "SSH_TTY": "/dev/pts/1"}) == ()
    assert native({"PATH": environ["PATH"]}) == ()


async def test_a_program_that_fails_or_is_not_there_is_said(tmp_path: Path) -> None:
    program(tmp_path, "wl-copy", "exit 3")
    assert await send([str(tmp_path / "wl-copy")], "text") == f"{tmp_path / 'wl-copy'} ended with status 3"
    assert "No such file" in await send([str(tmp_path / "none")], "text")


async def test_the_outcome_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSH_TTY", "SSH_CONNECTION", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    async with running(FakeEngine()) as pilot:
        await pilot.press("y")
        await until(pilot, lambda: any("sent as OSC 52" in told for told in toasts(pilot)))
        for name, value in program(tmp_path, "wl-copy", f"cat > {tmp_path}/copied").items():
            monkeypatch.setenv(name, value)
        await pilot.press("y")
        await until(pilot, lambda: any("by wl-copy" in told for told in toasts(pilot)))
        assert "DELETE FROM orders" in (tmp_path / "copied").read_text()
        program(tmp_path, "wl-copy", "exit 3")
        await pilot.press("y")
        await until(pilot, lambda: any("status 3; " in told and "OSC 52" in told for told in toasts(pilot)))
