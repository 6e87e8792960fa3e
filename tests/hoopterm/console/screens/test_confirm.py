"""The question before anything that cannot be taken back."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Button

from hoopterm.console.lines import Line, line
from hoopterm.console.screens.confirm import Confirm, Question
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import picture, running


def ask(pilot: Pilot[None], moot: list[str], answers: list[str | None], lines: int = 1) -> Confirm:
    def facts(cells: int) -> list[Line]:
        return [line(f"fact {n}") for n in range(lines)]

    screen = Confirm(Question("Sure [red]?", "Do [it]", facts, lambda: moot[0]))
    pilot.app.push_screen(screen, answers.append)
    return screen


async def test_escape_and_enter_both_leave_everything_as_it_is() -> None:
    async with running(FakeEngine()) as pilot:
        answers: list[str | None] = []
        for key in ("escape", "enter"):
            ask(pilot, [""], answers)
            await pilot.pause()
            await pilot.press(key)
        assert answers == [None, None]


async def test_enter_in_the_reason_goes_on_to_the_button_and_does_not_press_it() -> None:
    async with running(FakeEngine()) as pilot:
        answers: list[str | None] = []
        ask(pilot, [""], answers)
        await pilot.pause()
        await pilot.press("shift+tab", "w", "h", "y", "enter")
        assert answers == []
        await pilot.press("enter")
        assert answers == ["why"]


async def test_letters_typed_on_cancel_begin_the_reason() -> None:
    async with running(FakeEngine()) as pilot:
        answers: list[str | None] = []
        ask(pilot, [""], answers)
        await pilot.pause()
        assert "or type a reason" in picture(pilot)
        for key in "a ok":
            await pilot.press("space" if key == " " else key)
        assert "goes on" in picture(pilot)
        await pilot.press("tab", "tab")
        assert "does it" in picture(pilot)
        await pilot.press("enter")
        assert answers == ["a ok"]


async def test_titles_and_buttons_show_markup_and_do_not_obey_it() -> None:
    async with running(FakeEngine()) as pilot:
        ask(pilot, [""], [])
        await pilot.pause()
        assert "Sure [red]?" in picture(pilot)
        assert "Do [it]" in picture(pilot)


async def test_a_question_that_became_moot_can_only_be_left() -> None:
    async with running(FakeEngine()) as pilot:
        moot, answers = [""], list[str | None]()
        screen = ask(pilot, moot, answers)
        await pilot.pause()
        await pilot.press("tab")
        moot[0] = "already denied by dan"
        await pilot.press("enter")
        assert answers == [None]
        screen = ask(pilot, moot, answers)
        await pilot.pause()
        screen.tick()
        assert screen.query_one("#confirm", Button).disabled


async def test_many_facts_scroll_and_the_buttons_stay_in_sight() -> None:
    async with running(FakeEngine()) as pilot:
        ask(pilot, [""], [], lines=200)
        await pilot.pause()
        await pilot.pause()
        assert "Cancel" in picture(pilot)
        assert "Do [it]" in picture(pilot)
