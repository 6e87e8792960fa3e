"""The screen: what it shows, that it can be left and taken up anywhere, and that a stranger's bytes cost little."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replay.screen import MOST_COLUMNS, MOST_ROWS, Cursor, Run, Screen, Style

_SEQUENCES = [
    "\x1b[2;3H", "\x1b[5C", "\x1b[A", "\x1b[1;31m", "\x1b[38;2;1;2;3;48;5;99m", "\x1b[0m", "\x1b[7;4;3m", "\x1b[K",
    "\x1b[2J", "\x1b[2;4r", "\x1b[?1049h", "\x1b[?1049l", "\x1b[?25l", "\x1b[?7l", "\x1b[?6h", "\x1b[4h", "\x1b[3b",
    "\x1b[99b", "\x1bM", "\x1bD", "\x1b7", "\x1b8", "\x1b(0", "\x1b(B", "\x1b[3S", "\x1b[2L", "\x1b[2M", "\x1b[3@",
    "\x1b[2P", "\x1b]0;a title\x07", "\x1bPq~\x1b\\", "\x1bc", "\t", "\b", "\r\n", "x", "word ", "日本", "e\u0301",
    "─", "\u009b5D",
]  # fmt: skip
OUTPUT = st.lists(st.sampled_from(_SEQUENCES), max_size=40).map(lambda parts: "".join(parts).encode())


def fed(*pieces: bytes | str, columns: int = 20, rows: int = 5) -> Screen:
    screen = Screen(columns, rows)
    for piece in pieces:
        screen.feed(piece)
    return screen


def seen(screen: Screen) -> tuple[object, ...]:
    return screen.lines, screen.cursor, screen.is_alternate


def test_a_line_is_runs_of_one_style_that_fill_its_width() -> None:
    screen = fed("ab\x1b[1;3;4;9;31;48;2;1;2;3mcd\x1b[0;2;5;7;38;5;200me", columns=8)
    assert screen.lines[0] == (
        Run("ab", Style()),
        Run("cd", Style(1, (1, 2, 3), bold=True, italic=True, underline=True, strikethrough=True)),
        Run("e", Style(200, faint=True, blink=True, inverse=True)),
        Run("   ", Style()),
    )
    assert screen.cursor == Cursor(0, 5, True)


def test_wide_characters_take_two_cells_each() -> None:
    row = fed("a日本b", columns=8).lines[0]
    assert row == (Run("a", Style()), Run("日本", Style(), wide=True), Run("b  ", Style()))
    assert [run.cells for run in row] == [1, 4, 3]


@settings(deadline=None)
@given(OUTPUT)
def test_every_row_fills_the_width_whatever_was_sent(output: bytes) -> None:
    for row in fed(output).lines:
        assert sum(run.cells for run in row) == 20


def test_a_character_cut_between_two_reads_is_whole() -> None:
    data = "日✓é".encode()
    assert fed(*(data[at : at + 1] for at in range(len(data)))).text[0] == "日✓é"


def test_bytes_that_are_no_utf_8_are_shown_as_replacement_characters() -> None:
    assert fed(b"a\xff\xfeb\xe6\x97").text[0] == "a\ufffd\ufffdb"


def test_a_mark_is_composed_with_its_letter_and_takes_no_cell() -> None:
    assert fed("e\u0301\u200d\ufe0f|").text[0] == "é|"


def test_the_alternate_buffer_gives_back_what_it_covered() -> None:
    screen = fed("shell", "\x1b[?1049h\x1b[Hvim")
    assert (screen.text[0], screen.is_alternate) == ("vim", True)
    screen.feed("\x1b[?1049l")
    assert (screen.text[0], screen.is_alternate) == ("shell", False)


def test_a_resize_folds_lines_anew() -> None:
    screen = fed("ab\r\n0123456789", columns=20, rows=4)
    screen.resize(5, 4)
    assert (screen.columns, screen.rows, screen.text) == (5, 4, ["01234", "56789", "", ""])


def test_a_size_nobody_has_is_cut() -> None:
    """SECURITY 6: the client chooses the size, so it may not choose what a screen costs."""
    huge, none = Screen(100_000, 100_000), Screen(0, -3)
    assert (huge.columns, huge.rows) == (MOST_COLUMNS, MOST_ROWS)
    assert (none.columns, none.rows) == (1, 1)


def test_what_scrolls_off_is_told_once_and_not_kept() -> None:
    gone: list[str] = []
    screen = Screen(20, 3, on_scroll=gone.append)
    for number in range(6):
        screen.feed(f"line {number}\r\n")
    assert gone == ["line 0", "line 1", "line 2", "line 3"]
    assert screen.text == ["line 4", "line 5", ""]


@settings(deadline=None)
@given(OUTPUT, st.data())
def test_output_cut_anywhere_leaves_the_same_screen(output: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(output)), max_size=6)))
    pieces = [output[start:end] for start, end in zip([0, *cuts], [*cuts, len(output)], strict=True)]
    if "\u0301".encode() not in output:  # a mark sent apart from its letter is left out
        assert seen(fed(*pieces)) == seen(fed(output))


@settings(deadline=None)
@given(OUTPUT, OUTPUT, st.integers(0, 3))
def test_a_screen_restored_from_a_snapshot_goes_on_as_the_screen_itself(before: bytes, after: bytes, cut: int) -> None:
    kept = before[: len(before) - cut]  # inside of sequences and characters too
    screen = fed(kept)
    again = Screen.restore(screen.snapshot())
    assert seen(again) == seen(screen)
    if not after.startswith(b"\x1b[3b") and not after.startswith(b"\x1b[99b"):
        screen.feed(after)
        again.feed(after)
        assert seen(again) == seen(screen)


def test_a_repeated_character_keeps_its_width_and_its_cursor() -> None:
    assert fed("日\x1b[3b|").text[0] == "日日日日|"
    screen = fed("x\x1b[99999999b|", columns=10, rows=3)
    assert screen.text[:2] == ["xxxxxxxxxx", "xxxxxxxxxx"]


_HOSTILE = """
import resource
from replay.screen import Screen
for sequence in ("a\\x1b[65535b", "日\\x1b[65535b", "\\x1b[9999S", "\\x1b[9999999999999999999A", "\\x1b#8", "\\r\\n"):
    screen = Screen(200, 60)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    screen.feed(sequence * 4000)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_no_sequence_costs_memory_by_what_it_claims() -> None:
    """SECURITY 6: some of these ask for a hundred thousand lines each."""
    done = subprocess.run([sys.executable, "-c", _HOSTILE], capture_output=True, text=True, check=True)
    megabytes = [int(line) for line in done.stdout.split()]
    assert len(megabytes) == 6
    assert max(megabytes) < 100


def test_a_terminal_cannot_be_resized_from_inside() -> None:
    screen = fed("\x1b[8;999;999t")
    assert (screen.columns, screen.rows) == (20, 5)


@pytest.mark.parametrize("beginning", ["\x1b]0;", "\x1b[", "\x1bP", "\x1b_", "\x1b[1;"])
def test_a_sequence_without_an_end_is_not_kept(beginning: str) -> None:
    """SECURITY 6: a title, or a number, of any length."""
    screen = fed(beginning)
    for _ in range(100):
        screen.feed("1" * 10_000)
    assert screen.snapshot().size < 2000
    screen.feed("\x1b\\\x1b[mabc")
    assert screen.text[0] == "abc"


def test_a_number_of_any_length_before_a_repetition_repeats_at_most_a_screenful() -> None:
    """SECURITY 6: cut into pieces so small that none is recognised."""
    screen = fed("x\x1b[")
    for _ in range(3000):
        screen.feed("9")
    screen.feed("b|")
    assert screen.text[0][:1] == "x"
