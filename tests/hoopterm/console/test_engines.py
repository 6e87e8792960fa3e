"""Several engines in one console: each with its own picture, and what a person does goes to the one in front."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine.api.schema import LiveView
from hoopterm.console.app import Console
from hoopterm.console.engines import roads
from hoopterm.console.link import Road
from hoopterm.console.screens.approvals import Approvals
from hoopterm.console.screens.watch import Watch
from hoopterm.console.store import LinkState, Store
from hoopterm.errors import Misused
from tests.hoopterm.console import scenes
from tests.hoopterm.console.scenes import NOW, FakeEngine
from tests.hoopterm.console.stage import app_of, picture, toasts, until


def staging() -> FakeEngine:
    engine = FakeEngine()
    engine.kept = {"rv_1": scenes.held(text="DELETE FROM staging_only", target="stage")}
    engine.open = {}
    return engine


@asynccontextmanager
async def both(front: FakeEngine, other: FakeEngine) -> AsyncIterator[Pilot[None]]:
    others: list[tuple[str, Road]] = [("staging", other.road)]
    store = Store(clock=lambda: 1000.0)
    app = Console(front.road, name="prod-eu", others=others, now=lambda: NOW, store=store)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: all(engine.store.link is LinkState.LIVE for engine in app.engines))
        yield pilot


async def bring(pilot: Pilot[None], name: str) -> None:
    await pilot.press("ctrl+e")
    await pilot.pause()
    await pilot.press(*name, "enter")
    await until(pilot, lambda: app_of(pilot).place.name == name and picture(pilot).startswith(f" hoopterm  {name}"))


async def test_the_header_says_which_is_in_front_and_what_waits_elsewhere() -> None:
    async with both(FakeEngine(), staging()) as pilot:
        await until(pilot, lambda: "prod-eu 1/2 ▲+1" in picture(pilot))
        await pilot.resize_terminal(120, 30)
        await until(pilot, lambda: "prod-eu 1/2 ▲ 1 elsewhere" in picture(pilot))
        await pilot.resize_terminal(80, 24)
        await bring(pilot, "staging")
        await until(pilot, lambda: "staging 2/2 ▲+3" in picture(pilot))


async def test_what_is_decided_goes_to_the_engine_in_front() -> None:
    front, other = FakeEngine(), staging()
    async with both(front, other) as pilot:
        await bring(pilot, "staging")
        await until(pilot, lambda: "staging_only" in picture(pilot))
        await pilot.press("a", *"agreed", "enter", "enter")
        await until(pilot, lambda: bool(other.calls))
        assert other.calls == [("approve", "rv_1", "agreed")]
        assert front.calls == []
        assert app_of(pilot).engines[0].store.reviews["rv_1"].state == "pending"


async def test_no_screen_keeps_what_another_engine_said() -> None:
    async with both(FakeEngine(), staging()) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Watch))
        await bring(pilot, "staging")
        assert not isinstance(pilot.app.screen, Watch)
        await until(pilot, lambda: "No session yet" in picture(pilot))
        await pilot.press("3")
        await until(pilot, lambda: isinstance(pilot.app.screen, Approvals) and "staging_only" in picture(pilot))
        assert "DELETE FROM orders" not in picture(pilot)
        await bring(pilot, "prod-eu")
        await until(pilot, lambda: "DELETE FROM orders" in picture(pilot))


async def test_an_engine_that_is_not_in_front_is_followed_and_found_again() -> None:
    other = staging()
    async with both(FakeEngine(), other) as pilot:
        other.feed.put_nowait(LiveView(review=scenes.held("rv_7")))
        await until(pilot, lambda: "▲+2" in picture(pilot))
        other.away = True
        other.feed.put_nowait(None)
        await until(pilot, lambda: app_of(pilot).engines[1].store.link is LinkState.LOST)
        assert "● live" in picture(pilot)
        await bring(pilot, "staging")
        await until(pilot, lambda: "✗ away" in picture(pilot))


async def test_one_engine_alone_says_how_to_have_more() -> None:
    app = Console(FakeEngine().road, name="prod-eu", now=lambda: NOW)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("ctrl+e")
        await until(pilot, lambda: any("--engine A --engine B" in told for told in toasts(pilot)))
        assert "1/1" not in picture(pilot)


def test_engines_are_called_by_their_hosts_or_where_their_sockets_are() -> None:
    assert [name for name, _ in roads(["/srv/prod/control.sock"])] == [socket.gethostname()]
    several = ["/srv/prod/c.sock", "ssh://bob@gw:2222", "/a/x/c.sock", "/b/x/c.sock"]
    assert [name for name, _ in roads(several)] == ["prod", "gw:2222", "/a/x/c.sock", "/b/x/c.sock"]


def test_what_cannot_be_an_address_is_said_before_there_is_a_screen(tmp_path: Path) -> None:
    with pytest.raises(Misused):
        roads([str(tmp_path), "ssh://"])
