"""The audit log on the screen: searched, scrolled, followed, opened, replayed, exported."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import msgspec
from textual.pilot import Pilot

from hoopterm.console.screens.audit import Audit
from hoopterm.console.screens.replay import Replay
from hoopterm.errors import Refused
from tests.hoopterm.console import talk
from tests.hoopterm.console.record import entries
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import LARGE, picture, running, toasts, until


def engine_with(count: int) -> FakeEngine:
    engine = FakeEngine()
    engine.entries = entries(count)
    return engine


def audit(pilot: Pilot[None]) -> Audit:
    assert isinstance(pilot.app.screen, Audit)
    return pilot.app.screen


async def loaded(pilot: Pilot[None]) -> Audit:
    await pilot.press("5")
    await until(pilot, lambda: isinstance(pilot.app.screen, Audit) and bool(audit(pilot).table.keys))
    return audit(pilot)


async def test_the_newest_entries_are_listed_with_what_was_decided() -> None:
    async with running(engine_with(3)) as pilot:
        screen = await loaded(pilot)
        assert list(screen.table.keys) == ["2", "1", "0"]
        shown = picture(pilot)
        for part in ("denied", "report-bot", "deny", "DELETE FROM orders", "3 of 3 entries"):
            assert part in shown


async def test_digests_of_recordings_are_hidden_until_they_are_wanted_and_the_screen_says_so() -> None:
    engine = engine_with(6)
    engine.entries[3] = msgspec.structs.replace(engine.entries[3], event="recording.segment")
    async with running(engine) as pilot:
        screen = await loaded(pilot)
        assert list(screen.table.keys) == ["5", "4", "2", "1", "0"]
        assert "v shows segments" in picture(pilot)
        await pilot.press("v")
        await until(pilot, lambda: list(screen.table.keys) == ["5", "4", "3", "2", "1", "0"])
        assert "v shows segments" not in picture(pilot)


async def test_a_query_is_sent_once_it_was_typed_and_not_before() -> None:
    engine = engine_with(6)
    async with running(engine) as pilot:
        screen = await loaded(pilot)
        asked = len(engine.calls)
        await pilot.press("slash", *"DELETE")
        await pilot.pause()
        assert len(engine.calls) == asked
        await pilot.press("enter")
        await until(pilot, lambda: list(screen.table.keys) == ["5", "2"])
        assert engine.calls[asked:] == [("search", "DELETE", "None", "None")]
        assert "/ DELETE" in picture(pilot)


async def test_a_field_that_was_begun_is_completed() -> None:
    async with running(engine_with(3)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("slash", *"ident")
        await until(pilot, lambda: "identity:" in picture(pilot))
        await pilot.press("right", "enter")
        await until(pilot, lambda: screen.query_one("#state").display)
        assert "searched for: identity:" in picture(pilot)


async def test_what_is_wrong_with_a_query_stands_where_the_entries_would() -> None:
    async with running(engine_with(3)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("slash", *"colour:red", "enter")
        await until(pilot, lambda: not screen.table.keys)
        assert "there is no field 'colour'" in picture(pilot)
        await pilot.press("slash", *["backspace"] * 10, "enter")
        await until(pilot, lambda: len(screen.table.keys) == 3)


async def test_the_list_is_read_page_by_page_and_keeps_its_place() -> None:
    engine = engine_with(5000)
    async with running(engine, LARGE) as pilot:
        screen = await loaded(pilot)
        assert len(screen.table.keys) < 1000
        while (before := int(screen.table.cursor or 0)) > 2600:
            await pilot.press(*["pagedown"] * 3)
            await pilot.pause()
            assert int(screen.table.cursor or 0) < before
        assert len(screen.table.keys) <= 2000
        assert screen.table.keys[0] != "4999"
        while screen.table.keys[0] != "4999":
            await pilot.press(*["pageup"] * 3)
            await pilot.pause()
        assert len(screen.table.keys) <= 2000


async def test_top_and_bottom_are_those_of_the_log_not_of_what_was_read() -> None:
    engine = engine_with(5000)
    async with running(engine) as pilot:
        screen = await loaded(pilot)
        await pilot.press("G")
        await until(pilot, lambda: screen.table.cursor == "0")
        await pilot.press("k")
        assert screen.table.cursor == "1"
        await pilot.press("g")
        await until(pilot, lambda: screen.table.cursor == "4999")
        assert sum(call == ("search", "", "None", "None") for call in engine.calls) == 1


async def test_what_comes_is_shown_while_it_is_followed() -> None:
    engine = engine_with(3)
    async with running(engine) as pilot:
        screen = await loaded(pilot)
        await pilot.press("f")
        await until(pilot, lambda: "following" in picture(pilot))
        for entry in entries(6)[3:]:
            engine.entries.append(entry)
            engine.news.put_nowait(entry)
        await until(pilot, lambda: len(screen.table.keys) == 6)
        assert screen.table.cursor == "5"
        await pilot.press("f")
        await until(pilot, lambda: "following" not in picture(pilot).replace("stop following", ""))


async def test_an_entry_is_opened_replayed_at_its_operation_and_copied() -> None:
    engine = engine_with(3)
    engine.files = {"se_2b11": talk.recording()}
    async with running(engine) as pilot:
        await loaded(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "proven here" in picture(pilot))
        await pilot.press("q", "y")
        assert any("the entry as JSON" in told for told in toasts(pilot))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(pilot.app.screen, Replay))


async def test_an_entry_of_no_session_is_not_replayed_and_says_so() -> None:
    engine = engine_with(1)
    engine.entries = [type(engine.entries[0])(0, engine.entries[0].time, "token.created")]
    async with running(engine) as pilot:
        await loaded(pilot)
        await pilot.press("r")
        assert any("nothing to replay" in told for told in toasts(pilot))


async def test_all_that_was_found_is_written_to_a_new_file_and_to_no_old_one(tmp_path: Path) -> None:
    engine = engine_with(2500)
    async with running(engine) as pilot:
        await loaded(pilot)
        for name in ("found.csv", "found.json", "found.csv"):
            await pilot.press("e")
            pilot.app.screen.query_one("#prompt-input").value = str(tmp_path / name)  # type: ignore[attr-defined]
            await pilot.press("enter")
            await until(pilot, lambda name=name: any(name in told for told in toasts(pilot)))  # type: ignore[misc]
        await until(pilot, lambda: any("is there already" in told for told in toasts(pilot)))
        rows = list(csv.DictReader(io.StringIO((tmp_path / "found.csv").read_text(), newline="")))
        assert [row["sequence"] for row in rows] == [str(number) for number in range(2499, -1, -1)]
        assert len(json.loads((tmp_path / "found.json").read_text())) == 2500
        assert (tmp_path / "found.csv").stat().st_mode & 0o777 == 0o600


async def test_who_may_not_read_the_record_is_told() -> None:
    engine = engine_with(3)
    async with running(engine) as pilot:
        engine.refusal = Refused("forbidden", "bob may not search the record", "ask for the permission auditor")
        await pilot.press("5")
        await until(pilot, lambda: "bob may not search the record" in picture(pilot))


async def test_without_an_entry_the_screen_says_why_and_what_is_next() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("5")
        await until(pilot, lambda: "Nothing to search yet" in picture(pilot))


async def test_an_engine_that_went_away_turns_off_what_asks_it() -> None:
    engine = engine_with(3)
    async with running(engine) as pilot:
        await loaded(pilot)
        engine.away = True
        engine.feed.put_nowait(None)
        await until(pilot, lambda: "trying again" in picture(pilot))
        await pilot.press("slash")
        assert any("the engine is away" in told for told in toasts(pilot))


async def test_on_a_wide_screen_the_entry_stands_beside_the_list() -> None:
    async with running(engine_with(3), LARGE) as pilot:
        await loaded(pilot)
        shown = picture(pilot)
        for part in ("sponsor", "alice", "delete  table:public.orders"):
            assert part in shown


async def test_hostile_text_is_shown_and_not_obeyed() -> None:
    engine = engine_with(1)
    evil = "\x1b[2J[bold red]\u202e" + "x" * 100_000
    engine.entries = [type(engine.entries[0])(0, engine.entries[0].time, evil, evil, evil, evil, evil, evil, evil,
                                              [evil], [evil], text=evil)]  # fmt: skip
    async with running(engine, LARGE) as pilot:
        await loaded(pilot)
        shown = picture(pilot)
        assert "\x1b" not in shown
        assert "[bold red]" in shown
