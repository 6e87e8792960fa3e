"""Keys one after the other."""

from __future__ import annotations

from textual import events
from textual.keys import _character_to_key
from textual.widgets import Input

from hoopterm.console.app import Console
from hoopterm.console.widgets.prompt import Prompt
from hoopterm.console.widgets.yaml_editor import YamlEditor
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import app_of, picture, running, until


def burst(app: Console, keys: str) -> None:
    """Keys as they come when a terminal sends them in one write."""
    for key in keys:
        name = {"\n": "enter", "\x1b": "escape"}.get(key) or _character_to_key(key)
        app.post_message(events.Key(name, key))


async def test_every_key_of_a_burst_is_in_the_filter_that_its_first_key_opened() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("3")
        burst(app_of(pilot), "/report bot jkqgad")
        entry = pilot.app.screen.query_one(Prompt).query_one(Input)
        await until(pilot, lambda: entry.value == "report bot jkqgad")


async def test_every_key_of_a_burst_is_in_the_policy_that_its_first_key_began_to_edit() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: "as in force" in picture(pilot))
        before = pilot.app.screen.query_one(YamlEditor).text
        burst(app_of(pilot), "i# quick, jkqgad\n# and more")
        editor = pilot.app.screen.query_one(YamlEditor)
        await until(pilot, lambda: editor.text == "# quick, jkqgad\n# and more" + before)


async def test_a_key_that_closes_what_it_was_typed_into_does_not_hold_up_the_next_one() -> None:
    async with running(FakeEngine()) as pilot:
        await pilot.press("3")
        burst(app_of(pilot), "?\x1b/x")
        await until(
            pilot,
            lambda: [entry.value for entry in app_of(pilot).screen.query("#prompt Input").results(Input)] == ["x"],
        )
