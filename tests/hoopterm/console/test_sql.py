"""Statements are shown exactly as they were sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoopterm.console.lines import measure, plain
from hoopterm.console.sql import highlight, wrapped
from hoopterm.console.text import clean


@pytest.mark.parametrize(
    ("text", "word", "role"),
    [
        ("DELETE FROM orders", "DELETE", "keyword"),
        ("SELECT name FROM t", "name", ""),
        ("SELECT 'it''s'", "it", "string"),
        ("SELECT $1", "$1", "parameter"),
        ("SELECT 42", "42", "number"),
        ("SELECT 1 -- why", "-- why", "comment"),
    ],
)
def test_words_have_their_roles(text: str, word: str, role: str) -> None:
    assert any(span.text.startswith(word) and span.role == role for spans in highlight(text) for span in spans)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=120))
def test_highlighting_changes_no_character(text: str) -> None:
    # a mark that begins a token gets a circle to stand on
    shown = "\n".join(plain(spans) for spans in highlight(text)).replace("◌", "")
    assert shown == "\n".join(clean(part.replace("\t", "    ")) for part in text.split("\n")).replace("◌", "")


def test_folded_lines_fit_and_are_marked() -> None:
    lines = wrapped("SELECT " + ", ".join(f"column_{n}" for n in range(40)), 40, indent="  ")
    assert all(measure(spans) <= 40 for spans in lines)
    assert all(plain(spans).startswith("  ↪ ") for spans in lines[1:])


def test_a_megabyte_in_one_line_is_shown_without_a_lexer() -> None:
    lines = wrapped("SELECT '" + "x" * 1_000_000 + "'", 80)
    assert len(lines) > 1000
    assert all(measure(spans) <= 80 for spans in lines)


def test_control_characters_in_a_statement_are_named() -> None:
    assert plain(highlight("SELECT '\x1b[2J'\u202e")[0]) == "SELECT '␛[2J'⟨202E⟩"
