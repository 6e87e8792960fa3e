"""Stepping, playing and jumping through what happened."""

from __future__ import annotations

from pathlib import Path

from hoopterm.console.screens.reader import Reader
from hoopterm.console.screens.recordings import Recordings
from hoopterm.console.screens.replay import Replay
from tests.hoopterm.console import shell, talk
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import LARGE, picture, running, toasts, until


async def test_a_file_is_replayed_without_an_engine(tmp_path: Path) -> None:
    async with running(None, recording=talk.write(tmp_path)) as pilot:
        await until(pilot, lambda: "8 statements" in picture(pilot))
        assert "se_7f3a.hoop  file" in picture(pilot)
        await pilot.press("o")
        assert any("only this file" in told for told in toasts(pilot))


async def test_steps_show_frame_by_frame(tmp_path: Path) -> None:
    async with running(None, recording=talk.write(tmp_path)) as pilot:
        await until(pilot, lambda: "8 statements" in picture(pilot))
        await until(pilot, lambda: "LIMIT 4" in picture(pilot))
        assert "Ada" not in picture(pilot)
        await pilot.press("full_stop")
        assert "Ada Lovelace" in picture(pilot)
        assert "▒▒▒▒▒▒" in picture(pilot)
        await pilot.press("comma")
        assert "Ada" not in picture(pilot)


async def test_brackets_jump_between_markers(tmp_path: Path) -> None:
    async with running(None, recording=talk.write(tmp_path)) as pilot:
        await until(pilot, lambda: "8 statements" in picture(pilot))
        await pilot.press(*["right_square_bracket"] * 3)
        assert "denied by no-ddl" in picture(pilot)
        await pilot.press(*["right_square_bracket"] * 3)
        assert "▲ held" in picture(pilot)
        await pilot.press("right_square_bracket")
        await pilot.press("right_square_bracket")
        assert any("no marker after" in told for told in toasts(pilot))
        await pilot.press(*["left_square_bracket"] * 4)
        assert "denied by no-ddl" in picture(pilot)


async def test_the_list_jumps_to_a_statement_and_its_end(tmp_path: Path) -> None:
    async with running(None, LARGE, recording=talk.write(tmp_path)) as pilot:
        await until(pilot, lambda: "8 statements" in picture(pilot))
        await pilot.press("G")
        assert "New York" in picture(pilot)
        await pilot.press("k")
        assert "412 changed" in picture(pilot)
        assert "checked OPS-114" in picture(pilot)
        await pilot.press("g")
        assert "LIMIT 4" in picture(pilot)


async def test_playing_moves_the_clock_and_stops_at_the_end(tmp_path: Path) -> None:
    async with running(None, recording=talk.write(tmp_path)) as pilot:
        await until(pilot, lambda: "8 statements" in picture(pilot))
        await pilot.press(*["greater_than_sign"] * 6, "space")
        await until(pilot, lambda: "02:00 ├" in picture(pilot))
        assert "16×" in picture(pilot)
        await pilot.press("less_than_sign")
        assert "8×" in picture(pilot)
        await pilot.press("space")
        await until(pilot, lambda: "02:00 ├" not in picture(pilot))


async def test_a_time_and_words_are_gone_to(tmp_path: Path) -> None:
    async with running(None, recording=talk.write(tmp_path)) as pilot:
        await until(pilot, lambda: "8 statements" in picture(pilot))
        await pilot.press("t", *"1:00", "enter")
        assert "01:00 ├" in picture(pilot)
        await pilot.press("t", *"soon", "enter")
        assert any("soon is no time" in told for told in toasts(pilot))
        await pilot.press("slash", *"custommers", "enter")
        assert "does not exist" in picture(pilot)
        await pilot.press("slash", *"zzz", "enter")
        assert any("no statement has: zzz" in told for told in toasts(pilot))


async def test_a_recording_of_the_engine_is_fetched(tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.files["se_2b11"] = talk.recording()
    async with running(engine) as pilot:
        await pilot.press("6")
        await until(pilot, lambda: "1 recording" in picture(pilot))
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, Replay)
        await until(pilot, lambda: "8 statements" in picture(pilot))
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, Reader)
        await pilot.press("q", "o")
        assert isinstance(pilot.app.screen, Recordings)


async def test_what_is_no_recording_is_an_error_with_its_cause(tmp_path: Path) -> None:
    path = tmp_path / "noise.hoop"
    path.write_bytes(b"this is not a recording at all")
    async with running(None, recording=path) as pilot:
        await until(pilot, lambda: "cannot be replayed" in picture(pilot))
        await pilot.press("space", "full_stop", "right_square_bracket", "t", "escape", "y")


async def test_a_session_without_statements_says_so(tmp_path: Path) -> None:
    from replay.format import Frame, encode_block, encode_header

    path = tmp_path / "quiet.hoop"
    path.write_bytes(encode_header({"session": "s"}) + encode_block([Frame(0.0, "s", {"state": "opened"})]))
    async with running(None, recording=path) as pilot:
        await until(pilot, lambda: "No statement in this recording" in picture(pilot))


async def test_a_shell_is_replayed_on_the_grid_with_its_typed_lines_beside(tmp_path: Path) -> None:
    async with running(None, LARGE, recording=shell.write(tmp_path)) as pilot:
        await until(pilot, lambda: "5 statements" in picture(pilot))
        await pilot.press("t", *"12", "enter")
        shown = picture(pilot)
        assert "def is_enabled(feature: str) -> bool:" in shown
        assert "LINE" in shown
        assert "f]i" in shown
        await pilot.press(*["right_square_bracket"] * 2)
        assert "waiting · restarts" in picture(pilot)


async def test_a_terminal_larger_than_the_pane_is_cut_honestly_and_panned(tmp_path: Path) -> None:
    async with running(None, recording=shell.write(tmp_path)) as pilot:
        await until(pilot, lambda: "80 × 24" in picture(pilot))
        await pilot.press("t", *"12", "enter")
        assert "showing rows 5–24 of 24" in picture(pilot)
        assert '"""Settings' not in picture(pilot)
        await pilot.press("up", "up", "up")
        assert "showing rows 1–20 of 24" in picture(pilot)
        assert '"""Settings' in picture(pilot)


async def test_v_changes_between_the_terminal_and_the_list(tmp_path: Path) -> None:
    async with running(None, recording=shell.write(tmp_path)) as pilot:
        await until(pilot, lambda: "80 × 24" in picture(pilot))
        await pilot.press("t", *"12", "enter", "v")
        assert "LINE vim" in picture(pilot)
        assert "is_enabled" not in picture(pilot)
        await pilot.press("v")
        assert "is_enabled" in picture(pilot)


async def test_words_are_found_where_they_came_up_on_the_terminal(tmp_path: Path) -> None:
    async with running(None, recording=shell.write(tmp_path)) as pilot:
        await until(pilot, lambda: "80 × 24" in picture(pilot))
        await pilot.press("slash", *"restarted", "enter")
        await until(pilot, lambda: "api.service: restarted" in picture(pilot))
        assert "00:55 ├" in picture(pilot)


async def test_a_recording_without_terminals_says_so(tmp_path: Path) -> None:
    async with running(None, recording=talk.write(tmp_path)) as pilot:
        await until(pilot, lambda: "8 statements" in picture(pilot))
        await pilot.press("v")
        assert any("there is no terminal" in told for told in toasts(pilot))
