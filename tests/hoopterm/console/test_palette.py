"""Whatever the engine has is found by some letters of its name."""

from __future__ import annotations

from hoopterm.console.palette import MOST, PROVIDERS, Entry, agents, rank, recordings, reviews, rules, sessions, targets
from hoopterm.console.screens.help import Help
from hoopterm.console.screens.watch import Watch
from hoopterm.console.store import Store
from tests.hoopterm.console import scenes
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import app_of, picture, running, until


def loaded() -> Store:
    store = Store(clock=lambda: 100.0)
    store.load(scenes.status(targets=[scenes.SHOP]), scenes.queue(), scenes.sessions())
    return store


def entry(label: str, help: str = "") -> Entry:
    return Entry("session", label, help, lambda console: None)


def test_each_provider_tells_of_its_kind() -> None:
    store = loaded()
    assert [found.kind for found in reviews(store)] == ["review"] * 5
    assert [found.label for found in sessions(store)] == ["report-bot → shop", "etl-bot → shop"]
    assert [found.label for found in recordings(store)] == ["etl-bot → warehouse", "report-bot → shop"]
    assert [found.label for found in targets(store)] == ["shop"]
    assert [found.label for found in agents(store)] == ["etl-bot", "report-bot"]
    assert [found.label for found in rules(store)] == ["deletes-need-a-human"]


def test_without_an_engine_there_is_nothing_to_provide() -> None:
    assert [found for provider in PROVIDERS for found in provider(Store())] == []


def test_every_word_has_to_be_there_and_the_label_comes_first() -> None:
    entries = [entry("web1", "of shop"), entry("shop", "sold"), entry("the shop"), entry("warehouse")]
    assert rank("shop", entries) == [1, 2, 0]
    assert rank("SHOP sold", entries) == [1]


def test_letters_in_order_are_enough_where_no_word_is_found() -> None:
    entries = [entry("replay"), entry("report-bot → shop"), entry("deny")]
    assert rank("rbsh", entries) == [1]
    assert rank("zzz", entries) == []
    assert rank("[.*(", entries) == []


def test_nothing_typed_shows_what_comes_first_and_no_more_than_can_be_read() -> None:
    entries = [entry(f"s{number}") for number in range(10_000)]
    assert rank("", entries) == list(range(MOST))
    assert len(rank("s", entries)) == MOST


async def test_a_session_is_found_and_watched() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("colon", *"watch etl", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Watch))


async def test_enter_runs_the_best_match_whatever_the_cursor_was_on() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("colon", *"e", "down", "down", *"tl", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Watch))


async def test_a_rule_leads_to_what_it_held_and_a_target_and_an_agent_to_themselves() -> None:
    engine = FakeEngine()
    engine.view = scenes.status(targets=[scenes.SHOP])
    async with running(engine) as pilot:
        await pilot.press("colon", *"how it answers shop", "enter")
        await until(pilot, lambda: app_of(pilot).current_mode == "targets" and "▌✓ reachable    shop" in picture(pilot))
        await pilot.press("colon", *"who answers etl", "enter")
        await until(pilot, lambda: "▌▲ ends soon  etl-bot" in picture(pilot))
        await pilot.press("colon", *"what it held", "enter")
        await until(pilot, lambda: app_of(pilot).current_mode == "approvals")
        await until(pilot, lambda: "filter: deletes-need-a-human" in picture(pilot))


async def test_the_box_keeps_its_size_and_shows_hostile_names_harmlessly() -> None:
    engine = FakeEngine()
    hostile = scenes.held("rv_9", verb="DELETE", target="[red]\x1b[2J\u202eevil" + "x" * 5000)
    engine.kept[hostile.id] = hostile
    async with running(engine) as pilot:
        await pilot.press("colon")
        await pilot.pause()
        size = pilot.app.screen.query_one("#help").size
        await pilot.press(*"evil")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Help)
        assert pilot.app.screen.query_one("#help").size == size
        seen = picture(pilot)
        assert "[red]␛[2J" in seen
        assert "\x1b[2J" not in seen
        assert "\u202e" not in seen
