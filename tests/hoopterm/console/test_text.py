"""Hostile text is neutralised in one place."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoopterm.console.text import clean, clean_block, cut, take, width


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J\x1b]52;c;aGk=\x07", "␛[2J␛]52;c;aGk=␇"),
        ("a\x00b\x7f", "a␀b␡"),
        ("\x9b31m", "⟨009B⟩31m"),
        ("user\u202egnp.exe", "user⟨202E⟩gnp.exe"),
        ("zero\u200bwidth", "zero⟨200B⟩width"),
        ("line\u2028break", "line⟨2028⟩break"),
        ("two\nlines\ttabbed", "two↵lines␉tabbed"),
        ("no\u00a0break", "no␣break"),
        ("\U0001f1e9\U0001f1ea", "⟨1F1E9⟩⟨1F1EA⟩"),
        ("hangul\u3164filler", "hangul⟨3164⟩filler"),
        ("lone\ud800", "lone⟨D800⟩"),
        ("\u0301alone", "◌\u0301alone"),
        ("z" + "\u0301" * 50, "z\u0301\u0301"),
        ("plain [bold]markup[/bold]", "plain [bold]markup[/bold]"),
        ("日本 naïve", "日本 naïve"),
    ],
)
def test_what_would_move_hide_or_reorder_is_shown_by_name(hostile: str, shown: str) -> None:
    assert clean(hostile) == shown


@given(st.text(alphabet=st.characters(), max_size=200))
def test_clean_is_idempotent_and_leaves_nothing_that_acts(value: str) -> None:
    shown = clean(value)
    assert clean(shown) == shown
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def test_of_a_long_text_only_the_beginning_is_looked_at() -> None:
    assert clean("x" * 1_000_000, 10) == "x" * 10 + "…"


def test_a_block_keeps_its_lines_and_its_indentation() -> None:
    assert clean_block("a\n\tb\r\nc\x1b") == ["a", "    b␍", "c␛"]


@given(st.text(max_size=60), st.integers(0, 40))
def test_a_cut_never_takes_more_cells_than_it_may(value: str, cells: int) -> None:
    safe = clean(value)
    assert width(cut(safe, cells)) <= cells
    assert safe.startswith(take(safe, cells))
    assert width(take(safe, cells)) <= cells
