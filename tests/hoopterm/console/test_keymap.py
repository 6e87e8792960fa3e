"""The keys of a user's own: read from a file, shown wherever keys are shown, and mistakes told by their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hoopterm.console.actions import ACTIONS, rebound
from hoopterm.console.keymap import parse, read, text, usual
from hoopterm.console.screens.approvals import Approvals
from hoopterm.console.screens.confirm import Confirm
from hoopterm.console.screens.sessions import Sessions
from hoopterm.errors import Misused
from tests.hoopterm.console.scenes import FakeEngine
from tests.hoopterm.console.stage import picture, running, until


def problem(text: str) -> str:
    keymap, problems = parse(text)
    assert problems, keymap
    return "; ".join(f"{line}: {told}" for line, told in problems)


def test_the_printed_keymap_is_a_keymap_of_the_defaults() -> None:
    keymap, problems = parse(text())
    assert problems == []
    assert keymap == {action.name: action.keys for action in ACTIONS}


def test_keys_are_written_by_name_or_as_their_characters() -> None:
    keymap, problems = parse("replay.step: \"; ^f\"  # forward\napp.help: f2 ctrl+g\n\n# nothing\nmove.top: 'T'\n")
    assert problems == []
    assert keymap == {"replay.step": ("semicolon", "ctrl+f"), "app.help": ("f2", "ctrl+g"), "move.top": ("T",)}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\napprovals.aprove: a\n", "2: there is no action 'approvals.aprove'"),
        ("approvals.approve: z\napprovals.approve: y\n", "2: approvals.approve has its keys on line 1 already"),
        ("approvals.approve:\n", "1: this is no `action: keys` line"),
        ('approvals.approve: ""\n', "1: approvals.approve has no key"),
        ("approvals.approve: hyper+a\n", "1: there is no key 'hyper+a'"),
        ("- approve\n", "1: this is no"),
        ("approvals.approve: d\n", "1: d is both approvals.approve and approvals.deny"),
        ("approvals.approve: j\n", "1: j is both approvals.approve and move.down"),
        ("app.help: x\n", "x is both sessions.terminate and app.help"),
        ("approvals.approve: z\napprovals.deny: z\n", "2: z is both approvals.approve and approvals.deny"),
    ],
)
def test_a_mistake_is_told_by_its_line(text: str, told: str) -> None:
    assert told in problem(text)


def test_keys_can_change_places() -> None:
    assert parse("approvals.approve: d\napprovals.deny: a\n")[1] == []


def test_a_file_that_does_not_hold_is_refused_whole(tmp_path: Path) -> None:
    file = tmp_path / "keymap.yaml"
    file.write_text("approvals.approve: z\nnonsense\nno.such: x\n")
    with pytest.raises(Misused) as caught:
        read(file)
    assert f"{file}:2: " in caught.value.message
    assert f"{file}:3: there is no action 'no.such'" in caught.value.message
    with pytest.raises(Misused, match="cannot be read"):
        read(tmp_path)


def test_the_usual_place_is_xdgs() -> None:
    assert usual({"XDG_CONFIG_HOME": "/x"}) == Path("/x/hoopterm/keymap.yaml")
    assert usual({"HOME": "/home/bob"}) == Path("/home/bob/.config/hoopterm/keymap.yaml")


async def test_own_keys_work_and_footer_and_help_show_them_and_the_old_do_nothing() -> None:
    with rebound({"approvals.approve": ("Z",), "app.sessions": ("ctrl+t",), "move.down": ("n",)}):
        async with running(FakeEngine()) as pilot:
            await until(pilot, lambda: "Z approve…" in picture(pilot))
            await pilot.press("a")
            assert isinstance(pilot.app.screen, Approvals)
            await pilot.press("Z")
            assert isinstance(pilot.app.screen, Confirm)
            await pilot.press("escape", "question_mark", *"live and past")
            await until(pilot, lambda: "^t" in picture(pilot))
            await pilot.press("escape", "2")
            assert isinstance(pilot.app.screen, Approvals)
            before = pilot.app.screen.table.cursor
            await pilot.press("n")
            assert pilot.app.screen.table.cursor != before
            await pilot.press("ctrl+t")
            await until(pilot, lambda: isinstance(pilot.app.screen, Sessions))
    async with running(FakeEngine()) as pilot:
        await until(pilot, lambda: "a approve…" in picture(pilot))
