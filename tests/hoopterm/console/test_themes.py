"""Every role has its look in every theme."""

from __future__ import annotations

import pytest
from textual.color import Color

from hoopterm.console.themes import DEFAULT, LOOKS, chosen, cursor, style
from hoopterm.console.views import status


@pytest.mark.parametrize("name", LOOKS)
def test_a_theme_has_every_role(name: str) -> None:
    assert set(LOOKS[name].roles) == set(LOOKS[DEFAULT].roles)
    for role in LOOKS[name].roles:
        style(name, role)
    cursor(name)


def test_waiting_denied_and_running_never_look_alike() -> None:
    for look in LOOKS.values():
        assert len({look.roles["waiting"], look.roles["danger"], look.roles["running"], look.roles["dim"]}) == 4


def test_high_contrast_has_seven_to_one_for_every_text() -> None:
    look = LOOKS["hoopterm-contrast"]
    grounds = [Color.parse(look.theme.background or ""), Color.parse(look.theme.variables["cursor"])]
    for role in look.roles:
        found = style(look.theme.name, role)
        own = [Color.from_rich_color(found.bgcolor)] if found.bgcolor else grounds
        for ground in own:
            ratio = _luminance(Color.from_rich_color(found.color)), _luminance(ground)
            assert (max(ratio) + 0.05) / (min(ratio) + 0.05) >= 7, role


def _luminance(color: Color) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b)


def test_roles_join() -> None:
    assert style(DEFAULT, "strong red").color == style(DEFAULT, "red").color


def test_a_poor_terminal_and_no_color_get_the_terminals_own_colours() -> None:
    assert chosen({"COLORTERM": "truecolor"}) == DEFAULT
    assert chosen({"TERM": "xterm-256color"}) == DEFAULT
    assert chosen({"TERM": "linux"}) == "hoopterm-ansi"
    assert chosen({"COLORTERM": "truecolor", "NO_COLOR": "1"}) == "hoopterm-ansi"
    assert chosen({"HOOPTERM_THEME": "light"}) == "hoopterm-light"


def test_every_state_has_glyph_word_and_colour() -> None:
    for mark in (*status.REVIEWS.values(), *status.SESSIONS.values(), *status.OUTCOMES.values()):
        assert mark.glyph
        assert mark.word
        assert mark.role in LOOKS[DEFAULT].roles
