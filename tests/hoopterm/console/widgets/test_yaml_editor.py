"""The editor of YAML."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from hoopterm.console import themes
from hoopterm.console.diagnostics import Diagnostic
from hoopterm.console.widgets.choices import Choices
from hoopterm.console.widgets.yaml_editor import YamlEditor, indentation


class Desk(App[None]):
    """An editor alone."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        for look in themes.LOOKS.values():
            self.register_theme(look.theme)
        self.theme = themes.DEFAULT
        self.choices = Choices()

    def compose(self) -> ComposeResult:
        yield YamlEditor(self.choices, id="editor")
        yield self.choices

    def on_mount(self) -> None:
        self.editor.show(self._text)
        self.editor.focus()

    @property
    def editor(self) -> YamlEditor:
        return self.query_one(YamlEditor)


async def test_keys_are_text_only_while_typing() -> None:
    async with Desk("a: 1\nb: 2\n").run_test() as pilot:
        editor = pilot.app.query_one(YamlEditor)
        await pilot.press("j", "x")
        assert (editor.text, editor.cursor_location) == ("a: 1\nb: 2\n", (1, 0))
        editor.action_type()
        await pilot.press("j", "k", "G", "home", "tab", "escape", "g", "g")
        assert editor.text == "a: 1\n  jkGb: 2\n"
        assert editor.cursor_location == (0, 0)
        assert not editor.is_typing


async def test_indentation_is_kept_on_enter() -> None:
    async with Desk("").run_test() as pilot:
        editor = pilot.app.query_one(YamlEditor)
        editor.action_type()
        await pilot.press(*"rules:", "enter", *"- name: a", "enter", *"who:", "enter", *"x: 1", "enter", *"y: 2")
        assert editor.text == "rules:\n  - name: a\n    who:\n      x: 1\n      y: 2"
        await pilot.press(*["ctrl+z"] * 40)
        assert editor.text == ""


@pytest.mark.parametrize(
    ("before", "expected"),
    [("", 0), ("  a: 1", 2), ("  a:", 4), ("- a: 1", 2), ("  - - b", 6), ("when: >-", 2), ("  - a:", 6)],
)
def test_a_broken_line_begins_where_its_siblings_do(before: str, expected: int) -> None:
    assert indentation(before) == expected


async def test_a_problem_is_underlined_and_marked_in_the_gutter() -> None:
    async with Desk("a: bad\nb: 2\n").run_test() as pilot:
        editor = pilot.app.query_one(YamlEditor)
        editor.mark([Diagnostic("", 1, 4, "no"), Diagnostic("", 2, 1, "hm", True), Diagnostic("", 99, 1, "gone")])
        await pilot.pause()
        assert "✗" in editor.render_line(0).text
        assert "▲" in editor.render_line(1).text
        underlined = [segment.text for segment in editor.render_line(0) if segment.style and segment.style.underline]
        assert "".join(underlined) == "bad"
        editor.mark([])
        assert "✗" not in editor.render_line(0).text


async def test_nothing_in_a_text_reaches_the_terminal_raw() -> None:
    """SECURITY: escape sequences in a policy never reach the terminal, and none reorders what is read."""
    async with Desk("a: \x1b[31m\u202e\x9b1mx\tye\u0301\n").run_test() as pilot:
        shown = pilot.app.query_one(YamlEditor).render_line(0).text
        assert all(character.isprintable() for character in shown)
        assert "\u202e" not in shown


async def test_no_line_wraps_however_long() -> None:
    async with Desk("a: " + "x" * 100_000 + "\nb: 2\n").run_test(size=(60, 20)) as pilot:
        assert "b: 2" in pilot.app.query_one(YamlEditor).render_line(1).text


@pytest.mark.parametrize("theme", themes.LOOKS)
async def test_every_theme_paints_it(theme: str) -> None:
    async with Desk("rules:\n  - name: a  # why\n").run_test() as pilot:
        pilot.app.theme = theme
        await pilot.pause()
        assert "rules:" in pilot.app.query_one(YamlEditor).render_line(0).text
