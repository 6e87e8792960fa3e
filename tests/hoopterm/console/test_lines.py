"""Lines fit, fold and lose nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hoopterm.console.lines import Line, Span, ends, fit, joined, line, measure, plain, shorten, wrap
from hoopterm.console.text import clean

lines = st.lists(
    st.builds(Span, st.text(max_size=30).map(clean), st.sampled_from(["", "dim", "strong"])), max_size=6
).map(tuple)


@given(lines, st.integers(0, 60))
def test_a_fitted_line_takes_exactly_its_cells(spans: Line, cells: int) -> None:
    assert measure(fit(spans, cells)) == cells
    assert measure(fit(spans, cells, right=True)) == cells
    assert measure(shorten(spans, cells)) <= cells


@given(lines, st.integers(8, 40))
def test_a_folded_line_loses_no_character(spans: Line, cells: int) -> None:
    folded = wrap(spans, cells)
    assert "".join(plain(part) for part in folded) == plain(spans)
    assert all(measure(part) <= cells for part in folded)


def test_a_fold_falls_on_a_space_and_is_marked() -> None:
    folded = wrap(line("select one, two from somewhere"), 16, indent=line(("↪ ", "dim")))
    assert [plain(part) for part in folded] == ["select one, two ", "↪ from somewhere"]


def test_a_cut_says_so() -> None:
    assert plain(fit(line("abc", "defgh"), 6)) == "abcde…"
    assert plain(fit(line("abc", "d"), 3)) == "ab…"


def test_numbers_go_to_the_right_and_ends_to_both_ends() -> None:
    assert plain(fit(line("412"), 6, right=True)) == "   412"
    assert plain(ends(line("left"), line("right"), 12)) == "left   right"


def test_a_wide_character_that_does_not_fit_is_padded() -> None:
    assert measure(fit(line("日本語"), 4)) == 4


def test_phrases_join_without_the_empty_ones() -> None:
    assert plain(joined((line("a"), (), line("b")))) == "a · b"
