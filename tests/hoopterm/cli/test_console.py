from __future__ import annotations

from tests.hoopterm.cli.conftest import Command


def test_without_a_terminal_the_console_says_so(hoopterm: Command) -> None:
    done = hoopterm("console")
    assert done.status == 2
    assert "needs a terminal" in done.err


def test_the_keys_are_printed_without_a_terminal(hoopterm: Command) -> None:
    done = hoopterm("console", "--print-keymap")
    assert done.status == 0
    assert "approvals.approve: a " in done.out
