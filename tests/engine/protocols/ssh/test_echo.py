"""The line that is shown again below a notice."""

from __future__ import annotations

import pytest

from engine.protocols.ssh.echo import Echo


def of(*pieces: bytes) -> Echo:
    echo = Echo()
    for piece in pieces:
        echo.sent(piece)
    return echo


def test_the_line_is_all_that_was_sent_since_the_last_line_feed_however_it_was_cut() -> None:
    whole = b"one\r\ntwo\r\n\x1b[1mready>\x1b[0m mkdri\b\bir made"
    assert of(whole).again() == of(*(bytes([byte]) for byte in whole)).again() == whole.rpartition(b"\n")[2]
    assert of(whole, b"\r\n").again() == b""


@pytest.mark.parametrize("raising", [b"\x1b[A", b"\x1b[2A", b"\x1b[H", b"\x1b[3;4H", b"\x1bM", b"\x1bc", b"\x1b8"])
def test_a_line_that_was_drawn_from_above_it_is_not_drawn_again(raising: bytes) -> None:
    assert of(b"ready> ", raising, b"touch made").again() == b""


def test_of_a_line_without_an_end_nothing_is_kept() -> None:
    echo = of(*[b"a" * 1000] * 100)
    assert repr(echo) == "<Echo of 0 bytes>"
    echo.sent(b"a")
    assert echo.again() == b""
    echo.sent(b"\nready> ")
    assert echo.again() == b"ready> "
