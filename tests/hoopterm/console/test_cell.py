"""What of a client's words is believed. More of a cell is seen on real consoles: `tests/e2e/test_ssh_console.py`."""

from __future__ import annotations

import pytest

from hoopterm.console.cell import environment_of


def test_what_a_terminal_says_of_itself_is_kept() -> None:
    said = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "de_DE.UTF-8", "TZ": "Europe/Berlin"}
    assert environment_of(said) == said


def test_a_terminal_that_says_nothing_is_a_plain_one() -> None:
    assert environment_of({}) == {"TERM": "xterm", "LANG": "C.UTF-8"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TERM", "../../../etc/passwd"),
        ("TERM", "xterm\n"),
        ("TERM", "x" * 65),
        ("LANG", "/tmp/evil"),
        ("LC_ALL", "C;id"),
        ("TZ", "/etc/shadow"),
        ("TZ", ":/etc/shadow"),
        ("TZ", "../../etc/shadow"),
        ("NO_COLOR", "\x1b[2J"),
        ("LD_PRELOAD", "evil"),
        ("PYTHONPATH", "evil"),
        ("TEXTUAL", "devtools"),
        ("PATH", "evil"),
    ],
)
def test_what_leads_elsewhere_is_not_believed(name: str, value: str) -> None:
    """SECURITY 5: what is unknown is refused."""
    assert value not in environment_of({name: value}).values()
