from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.protocols.ssh.keyboard import Keyboard, Kind, is_quick, parts, pasted_lines, starred

TEXT, ENTER, PASTE = Kind


def after(*keys: bytes) -> str | None:
    keyboard = Keyboard()
    for each in keys:
        keyboard.press(each)
    return keyboard.text


@given(st.binary(max_size=60), st.booleans())
def test_the_parts_are_the_input_and_each_enter_key_is_one(data: bytes, takes_pastes: bool) -> None:
    found = list(parts(data, takes_pastes=takes_pastes))
    assert b"".join(part for _, part in found) == data
    assert all(is_quick(part) for kind, part in found if kind is TEXT)


def test_a_paste_is_one_part_only_where_the_shell_takes_pastes() -> None:
    data = b"a\x1b[200~one\rtwo\x1b[201~\r"
    assert list(parts(data, takes_pastes=True)) == [
        (TEXT, b"a"),
        (PASTE, b"\x1b[200~one\rtwo\x1b[201~"),
        (ENTER, b"\r"),
    ]
    assert [kind for kind, _ in parts(data, takes_pastes=False)] == [TEXT, ENTER, TEXT, ENTER]


def test_the_first_line_of_a_paste_goes_on_from_what_was_typed() -> None:
    assert pasted_lines(b"\x1b[200~one\r\ntwo\nrest\x1b[201~", "sudo ") == (["sudo one", "two"], "rest")


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ([b"ls ", b"-l"], "ls -l"),
        ([b"lx\x7fs"], "ls"),
        (["né\x7fe".encode()], "ne"),
        ([b"rm x\x15ls"], "ls"),
        ([b"rm x", b"\x03", b"ls"], "ls"),
        ([b"\x1b[A"], None),
        ([b"l\t"], None),
        ([b"\x1b[A\x03ls"], "ls"),
    ],
)
def test_a_line_is_known_as_long_as_keys_are_what_they_show(keys: list[bytes], text: str | None) -> None:
    assert after(*keys) == text


def test_a_line_is_over_with_enter_and_unknown_after_the_key_that_fetches_the_next() -> None:
    keyboard = Keyboard()
    keyboard.press(b"\x1b[A")
    keyboard.enter(b"\r")
    assert keyboard.text == ""
    keyboard.enter(b"\x0f")
    assert keyboard.text is None


def test_stars_stand_for_characters_and_arrows_stay() -> None:
    assert starred("pä\x1b[A\x1bOBß\r".encode()) == b"**\x1b[A\x1bOB*\r"
