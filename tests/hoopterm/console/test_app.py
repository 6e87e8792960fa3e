"""Modes and wiring, and the pictures of every screen."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hoopterm.console.app import Console
from hoopterm.console.screens.approvals import Approvals
from hoopterm.console.screens.recordings import Recordings
from hoopterm.console.screens.sessions import Sessions
from hoopterm.console.screens.watch import Watch
from hoopterm.console.store import LinkState
from hoopterm.console.themes import LOOKS
from tests.hoopterm.console import shell, talk
from tests.hoopterm.console.scenes import FakeEngine, sessions
from tests.hoopterm.console.stage import LARGE, SMALL, app_of, console, picture, running, still, toasts, until

Compare = Callable[..., bool]


async def test_number_keys_change_the_mode_and_each_keeps_its_place() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("2", "enter")
        assert isinstance(pilot.app.screen, Watch)
        await pilot.press("3")
        assert isinstance(pilot.app.screen, Approvals)
        await pilot.press("6")
        assert isinstance(pilot.app.screen, Recordings)
        await pilot.press("2")
        assert isinstance(pilot.app.screen, Watch)
        await pilot.press("2")
        assert isinstance(pilot.app.screen, Sessions)


async def test_an_engine_that_is_not_there_is_a_picture_and_not_a_traceback() -> None:
    engine = FakeEngine()
    engine.away = True
    async with running(engine) as pilot:
        await until(pilot, lambda: "The engine cannot be reached" in picture(pilot))
        for key in ("a", "d", "enter", "w", "y", "2", "x", "enter", "6", "enter", "question_mark", "escape", "3"):
            await pilot.press(key)
        engine.away = False
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app_of(pilot).store.link is LinkState.LIVE)
        await until(pilot, lambda: "DELETE FROM orders" in picture(pilot))


async def test_what_only_an_engine_can_do_says_so_when_a_file_is_open(tmp_path: Path) -> None:
    async with running(None, recording=talk.write(tmp_path)) as pilot:
        await until(pilot, lambda: "8 statements" in picture(pilot))
        app_of(pilot).decide("rv_1", "approve", "")
        await until(pilot, lambda: any("only a file is open" in told for told in toasts(pilot)))
        await pilot.press("3", "2", "6", "ctrl+r")


async def test_a_fetched_recording_is_gone_when_the_console_is() -> None:
    engine = FakeEngine()
    engine.files[sessions()[2].id] = talk.recording()
    async with running(engine) as pilot:
        path = await app_of(pilot).fetch("se_2b11")
        assert path.exists()
    assert not path.parent.exists()


async def test_toasts_show_markup_and_escapes_and_do_not_obey_them() -> None:
    async with running(FakeEngine()) as pilot:
        app_of(pilot).say("[red]\x1b[2J")
        await pilot.pause()
        assert toasts(pilot) == ["[red]␛[2J"]
        await until(pilot, lambda: "[red]␛[2J" in picture(pilot))


async def test_a_session_leads_to_its_review() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("2")
        app_of(pilot).open_review("rv_2")
        await pilot.pause()
        screen = pilot.app.screen
        assert isinstance(screen, Approvals)
        assert screen.table.cursor == "rv_2"


@pytest.mark.parametrize("theme", LOOKS)
async def test_every_theme_paints_every_screen(theme: str) -> None:
    app = console(FakeEngine(), theme=theme)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.store.link is LinkState.LIVE)
        await pilot.press("a", "escape", "2", "x", "escape", "6", "question_mark")


async def test_no_color_paints_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = console(FakeEngine(), theme="hoopterm-ansi")
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.store.link is LinkState.LIVE)
        assert app.no_color
        assert "▲ waiting" in picture(pilot)
        assert "▌" in picture(pilot)


def test_the_console_starts_without_the_engine_and_without_what_only_screens_need() -> None:
    code = (
        "import sys, hoopterm.console.app as a; "
        "print([m for m in sys.modules if m.split('.')[0] in ('aiohttp', 'pygments', 'sqlalchemy', 'uvloop')"
        " or m in ('engine.gateway', 'hoopterm.console.screens.replay')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def _approvals(pilot: Pilot[None]) -> None:
    await _live(pilot)


async def _confirm(pilot: Pilot[None]) -> None:
    await _live(pilot)
    await pilot.press("a")
    await pilot.pause()


async def _sessions(pilot: Pilot[None]) -> None:
    await _live(pilot)
    await pilot.press("2")
    await pilot.pause()


async def _watch(pilot: Pilot[None]) -> None:
    await _live(pilot)
    await pilot.press("2", "enter")
    await until(pilot, lambda: "8 statements · following" in picture(pilot))


async def _replay(pilot: Pilot[None]) -> None:
    await _live(pilot)
    await pilot.press("6")
    await until(pilot, lambda: "1 recording" in picture(pilot))
    await pilot.press("enter")
    await until(pilot, lambda: "8 statements" in picture(pilot))
    await pilot.press(*["right_square_bracket"] * 2)
    await pilot.pause()
    await until(pilot, lambda: "asking the log" not in picture(pilot))


async def _policy(pilot: Pilot[None]) -> None:
    await _live(pilot)
    await pilot.press("4")
    await until(pilot, lambda: "✓ holds" in picture(pilot))
    await pilot.press("G", "i", *"  - name: no-ddl", "enter", *"decide: deny", "enter", *"what: {effects: [schema]")
    await pilot.press("escape")
    await until(pilot, lambda: "✗ 1 problem" in picture(pilot))
    await pilot.press("right_square_bracket")
    await still(pilot)


async def _policy_words(pilot: Pilot[None]) -> None:
    await _live(pilot)
    await pilot.press("4")
    await until(pilot, lambda: "✓ holds" in picture(pilot))
    await pilot.press("G", "i", *"  - name: no-ddl", "enter", *"decide: deny", "enter", *"wh")
    await until(pilot, lambda: "where" in picture(pilot) and "✗ 1 problem" in picture(pilot))
    await still(pilot)


async def _watch_shell(pilot: Pilot[None]) -> None:
    await _live(pilot)
    await pilot.press("2", "enter")
    await until(pilot, lambda: "sudo systemctl" in picture(pilot))


async def _replay_shell(pilot: Pilot[None]) -> None:
    await _live(pilot)
    await pilot.press("6")
    await until(pilot, lambda: "1 recording" in picture(pilot))
    await pilot.press("enter")
    await until(pilot, lambda: "80 × 24" in picture(pilot))
    await pilot.press("t", *"12", "enter")
    await until(pilot, lambda: "is_enabled" in picture(pilot))
    await until(pilot, lambda: "asking the log" not in picture(pilot))


async def _live(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: app_of(pilot).store.link is LinkState.LIVE)
    await until(pilot, lambda: "3 waiting" in picture(pilot))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "160x50"])
@pytest.mark.parametrize("scene", [_approvals, _confirm, _sessions, _policy, _policy_words, _watch, _replay])
def test_the_picture_is_as_it_was(
    snap_compare: Compare, scene: Callable[[Pilot[None]], Awaitable[None]], size: tuple[int, int]
) -> None:
    engine = FakeEngine()
    for view in talk.views()[:-1]:
        engine.frames.put_nowait(view)
    engine.files["se_2b11"] = talk.recording()
    app: Console = console(engine)
    assert snap_compare(app, run_before=scene, terminal_size=size)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "160x50"])
@pytest.mark.parametrize("scene", [_watch_shell, _replay_shell])
def test_the_picture_of_a_shell_is_as_it_was(
    snap_compare: Compare, scene: Callable[[Pilot[None]], Awaitable[None]], size: tuple[int, int]
) -> None:
    engine = FakeEngine()
    held = next(place for place, frame in enumerate(shell.frames()) if frame.code == "w")
    for view in talk.as_views(shell.frames()[: held + 1]):
        engine.frames.put_nowait(view)
    engine.files["se_2b11"] = shell.recording()
    assert snap_compare(console(engine), run_before=scene, terminal_size=size)
