from __future__ import annotations

from tests.hoopterm.cli.conftest import Command


def test_without_a_terminal_the_console_says_so(hoopterm: Command) -> None:
    done = hoopterm("console")
    assert done.status == 2
    assert "needs a terminal" in done.err
