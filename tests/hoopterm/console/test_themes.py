"""Every role has its look in every theme."""

from __future__ import annotations

import pytest

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
