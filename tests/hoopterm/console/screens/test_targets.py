"""Targets, agents, tokens and locks: looked at, and stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import pytest
from textual.pilot import Pilot

from engine.api.schema import TargetDetailView
from hoopterm.console.screens.audit import Audit
from hoopterm.console.screens.confirm import Confirm
from hoopterm.console.screens.reader import Reader
from hoopterm.console.screens.sessions import Sessions
from hoopterm.console.screens.targets import Targets
from hoopterm.console.store import LinkState
from hoopterm.errors import Refused
from tests.hoopterm.console.outlook import busy
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import LARGE, SMALL, app_of, console, picture, running, toasts, until

Compare = Callable[..., bool]


class Silent(FakeEngine):
    """It is there, and does not tell its targets yet."""

    async def targets(self) -> list[TargetDetailView]:
        await asyncio.Event().wait()
        return self.reached


async def opened(pilot: Pilot[None], *keys: str) -> Targets:
    """The screen with its first list, after these keys."""
    await pilot.press("7")
    screen = pilot.app.screen
    assert isinstance(screen, Targets)
    await until(pilot, lambda: bool(screen.key))
    await pilot.press(*keys)
    return screen


async def test_each_list_is_a_key_away_and_keeps_its_cursor() -> None:
    async with running(FakeEngine()) as pilot:
        screen = await opened(pilot, "j")
        assert "✗ unreachable  warehouse" in picture(pilot)
        assert screen.key == "web1"
        await pilot.press("tab")
        assert "▲ ends soon  etl-bot" in picture(pilot)
        await pilot.press("l")
        assert "k3vq7x2m" in picture(pilot)
        await pilot.press("tab")
        assert "disk is being" in picture(pilot)
        await pilot.press("tab")
        assert screen.key == "web1"
        await pilot.press("shift+tab", "left")
        assert "k3vq7x2m" in picture(pilot)


async def test_a_click_on_a_name_picks_its_list() -> None:
    async with running(FakeEngine()) as pilot:
        await opened(pilot)
        await pilot.click("#tabs", offset=(46, 0))
        await until(pilot, lambda: "disk is being" in picture(pilot))


async def test_the_cursor_stays_on_its_row_when_the_list_is_asked_for_again() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        screen = await opened(pilot, "G")
        assert screen.key == "web2"
        engine.reached = [msgspec.structs.replace(engine.reached[3], name=f"app{n}") for n in range(3)] + engine.reached
        screen.refetch()
        await until(pilot, lambda: "targets 7" in picture(pilot))
        assert screen.key == "web2"


async def test_enter_shows_all_of_an_entry_and_a_wide_terminal_shows_it_beside() -> None:
    async with running(FakeEngine()) as pilot:
        await opened(pilot, "j", "enter")
        assert isinstance(pilot.app.screen, Reader)
        assert "SHA256:mVPwve" in picture(pilot)
    async with running(FakeEngine(), LARGE) as pilot:
        await opened(pilot, "j")
        assert "SHA256:mVPwve" in picture(pilot)


async def test_locking_a_target_asks_first_with_cancel_under_the_finger() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await opened(pilot, "j", "j", "L")
        assert isinstance(pilot.app.screen, Confirm)
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "cancel"
        for words in ("Lock target shop?", "2 live sessions", "hoopterm unlock"):
            assert words in picture(pilot)
        await pilot.press("enter")
        assert engine.calls == []
        await pilot.press("L", *"INC-7", "enter", "enter")
        await until(pilot, lambda: engine.calls == [("lock", "shop", "INC-7")])
        await until(pilot, lambda: "locked shop: 1 session ended" in toasts(pilot))
        await until(pilot, lambda: "locks 3" in picture(pilot))


async def test_an_agent_and_whom_a_token_lets_in_are_locked_as_identities() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await opened(pilot, "tab", "j", "L", *"x", "enter", "enter")
        await until(pilot, lambda: ("lock", "etl-bot", "x") in engine.calls)
        await until(pilot, lambda: "locks 3" in picture(pilot))
        await pilot.press("tab", "j", "j", "L", *"y", "enter", "enter")
        await until(pilot, lambda: ("lock", "report-bot", "y") in engine.calls)


async def test_unlocking_says_who_locked_it_and_why_wherever_it_is_asked() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await opened(pilot, "j", "U")
        assert "OPS-120" in picture(pilot)
        await pilot.press("escape", "tab", "tab", "tab", "U", *"over", "enter", "enter")
        await until(pilot, lambda: engine.calls == [("unlock", "scrape-bot", "over")])
        await until(pilot, lambda: "locks 1" in picture(pilot))


async def test_revoking_a_token_asks_for_no_reason_and_names_whose_it_is() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await opened(pilot, "tab", "tab", "x")
        assert "Revoke token p9d2w4ha of etl-bot?" in picture(pilot)
        assert "reason" not in picture(pilot)
        await pilot.press("enter")
        assert engine.calls == []
        await pilot.press("x", "tab", "enter")
        await until(pilot, lambda: engine.calls == [("revoke", "p9d2w4ha")])
        await until(pilot, lambda: picture(pilot).count("✗ revoked") == 2)


async def test_what_the_engine_refuses_is_told_with_its_reason() -> None:
    engine = FakeEngine()
    engine.verdict = Refused("forbidden", "bob may not lock", "ask an operator")
    async with running(engine) as pilot:
        await opened(pilot, "G", "L", *"x", "enter", "enter")
        await until(pilot, lambda: any("bob may not lock; ask an operator" in told for told in toasts(pilot)))


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        (("j", "L"), "web1 is locked already"),
        (("U",), "no lock is on warehouse itself"),
        (("x",), "tokens are revoked in the list of tokens"),
        (("tab", "tab", "G", "x"), "lets nobody in any more"),
    ],
)
async def test_what_cannot_be_done_says_why(keys: tuple[str, ...], why: str) -> None:
    async with running(FakeEngine()) as pilot:
        await opened(pilot, *keys)
        assert isinstance(pilot.app.screen, Targets)
        assert any(why in told for told in toasts(pilot))


async def test_its_sessions_and_its_record_are_a_key_away() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await opened(pilot, "tab", "j", "s")
        await until(pilot, lambda: isinstance(pilot.app.screen, Sessions) and "filter: etl-bot" in picture(pilot))
        await pilot.press("7", "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, Audit))
        await until(pilot, lambda: ("search", "identity:etl-bot", "None", "None") in engine.calls)


async def test_a_filter_keeps_and_leaves_out_and_is_of_its_list_alone() -> None:
    async with running(FakeEngine()) as pilot:
        await opened(pilot, "slash", *"ssh !locked", "enter")
        assert "filter: ssh !locked (1 kept)" in picture(pilot)
        await pilot.press("tab")
        assert "filter" not in picture(pilot).split("\n")[-2]
        await pilot.press("slash", *"zzz", "enter")
        assert "No agent matches the filter" in picture(pilot)


async def test_a_person_without_the_permission_is_told_so_and_sees_the_rest() -> None:
    engine = FakeEngine()
    engine.forbidden = {"tokens": "bob may not see tokens"}
    async with running(engine) as pilot:
        await opened(pilot, "tab", "tab")
        assert "bob may not see tokens" in picture(pilot)
        await pilot.press("tab")
        assert "disk is being" in picture(pilot)


async def test_an_overview_leads_to_the_target_that_fails() -> None:
    engine = FakeEngine()
    engine.kept, engine.view = {}, busy()
    async with running(engine) as pilot:
        await until(pilot, lambda: "failing" in picture(pilot))
        await pilot.press("G", "enter")
        await until(pilot, lambda: app_of(pilot).current_mode == "targets")


async def test_nothing_is_stopped_on_an_old_picture() -> None:
    engine = FakeEngine()
    async with running(engine) as pilot:
        await opened(pilot)
        engine.away = True
        engine.feed.put_nowait(None)
        await until(pilot, lambda: app_of(pilot).store.link is LinkState.LOST)
        await until(pilot, lambda: "as it was" in picture(pilot))
        await pilot.press("L")
        assert isinstance(pilot.app.screen, Targets)
        assert any("the engine is away" in told for told in toasts(pilot))


@pytest.mark.parametrize("size", [(60, 20), SMALL, LARGE])
async def test_hostile_data_moves_nothing(size: tuple[int, int]) -> None:
    engine = FakeEngine()
    evil = "\x1b[2J\u202e[bold red]x\n漢字" + "y" * 100_000
    shape = msgspec.structs.replace
    engine.reached = [shape(each, name=evil + each.name, address=evil, trouble=evil) for each in engine.reached]
    engine.known = [shape(each, name=evil + each.name, sponsor=evil, purpose=evil) for each in engine.known]
    engine.minted = [shape(each, id=evil + each.id, subject=evil, minted_by=evil) for each in engine.minted]
    engine.locked = [shape(each, name=evil, reason=evil, by=evil, covers=[evil]) for each in engine.locked]
    async with running(engine, size) as pilot:
        await opened(pilot)
        for key in ("L", "escape", "enter", "q", "tab", "tab", "x", "escape", "tab", "U", "escape"):
            await pilot.press(key)
            shown = picture(pilot)
            assert "\x1b" not in shown
            assert "\u202e" not in shown
            assert len(shown.split("\n")) == size[1]


async def _targets(pilot: Pilot[None]) -> None:
    await pilot.press("7")
    await until(pilot, lambda: "warehouse" in picture(pilot))


async def _agents(pilot: Pilot[None]) -> None:
    await _targets(pilot)
    await pilot.press("tab")
    await until(pilot, lambda: "ends soon" in picture(pilot))


async def _empty(pilot: Pilot[None]) -> None:
    await pilot.press("7")
    await until(pilot, lambda: "No target yet" in picture(pilot))


async def _loading(pilot: Pilot[None]) -> None:
    await pilot.press("7")
    await until(pilot, lambda: "asking the engine for its targets" in picture(pilot))


async def _broken(pilot: Pilot[None]) -> None:
    await pilot.press("7")
    await until(pilot, lambda: "cannot be listed" in picture(pilot))


async def _stale(pilot: Pilot[None]) -> None:
    await _targets(pilot)
    store = app_of(pilot).store
    store.touch = lambda: None  # type: ignore[method-assign]
    store.heard = 940.0
    await until(pilot, lambda: "as it was 1m ago" in picture(pilot))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "160x50"])
@pytest.mark.parametrize("scene", [_targets, _agents, _empty, _loading, _broken, _stale])
def test_the_picture_of_the_screen_is_as_it_was(
    snap_compare: Compare, scene: Callable[[Pilot[None]], object], size: tuple[int, int]
) -> None:
    engine = Silent() if scene is _loading else FakeEngine()
    if scene is _empty:
        engine.reached = []
    elif scene is _broken:
        engine.broken = Refused("error", "the store does not answer", "look at the engine's log")
    assert snap_compare(console(engine), run_before=scene, terminal_size=size)
