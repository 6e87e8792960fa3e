"""Masked values are visibly masked, never blank."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hoopterm.console.lines import measure, plain
from hoopterm.console.text import clean
from hoopterm.console.views.cells import cell, grid


def columns(*names: str, masked: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    return [{"name": name, "type": "int4" if name == "id" else "text", "masked": name in masked} for name in names]


def test_a_redacted_value_is_shaded_in_its_length() -> None:
    assert plain(cell("*******", is_masked=True)) == "▒" * 7


def test_a_masked_null_and_a_masked_empty_text_are_not_blank() -> None:
    assert plain(cell(None, is_masked=True)) == "▒▒▒▒"
    assert plain(cell("", is_masked=True)) == "▒▒▒▒"


def test_a_replacement_is_marked_as_masked() -> None:
    shown = cell("tok_8fa2", is_masked=True)
    assert plain(shown) == "▒ tok_8fa2"
    assert {span.role for span in shown} == {"mask"}


def test_what_a_detector_found_inside_a_text_is_shaded() -> None:
    assert plain(cell("card **************** ok", is_masked=False)) == "card " + "▒" * 16 + " ok"


def test_null_is_not_the_text_null() -> None:
    assert cell(None, is_masked=False)[0].role == "faint"
    assert cell("NULL", is_masked=False)[0].role == ""


def test_numbers_go_to_the_right() -> None:
    lines = [plain(spans) for spans in grid(columns("id", "name"), [["7", "Ada"], ["1024", "Grace"]], 40)]
    assert lines[0].startswith("  id  name")
    assert lines[1].startswith("   7  Ada")
    assert lines[2].startswith("1024  Grace")


def test_columns_that_do_not_fit_are_counted() -> None:
    wide = [f"column_{n}" for n in range(30)]
    lines = grid(columns(*wide), [["value"] * 30], 60)
    assert "+" in plain(lines[0])
    assert all(measure(spans) <= 60 for spans in lines)


def test_rows_longer_than_their_columns_and_none_at_all_do_not_fail() -> None:
    assert grid([], [], 40) == []
    assert plain(grid([], [["a", "b"]], 40)[0]) == "a  b"
    assert plain(grid(columns("id"), [["1", "extra"]], 40)[1]).startswith(" 1  extra")


@given(
    st.lists(st.lists(st.one_of(st.none(), st.text(max_size=80)), max_size=8), max_size=6),
    st.integers(10, 120),
)
def test_a_table_of_anything_fits_and_is_safe(rows: list[list[str | None]], cells: int) -> None:
    for spans in grid(columns("id", "a", "b", masked=("b",)), rows, cells):
        assert measure(spans) <= cells
        assert clean(plain(spans)) == plain(spans)
